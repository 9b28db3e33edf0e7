package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/handoff"
)

// openActiveDirectory is the directory unless Options say otherwise.
func openActiveDirectory(ctx context.Context, d handoff.Directory) (directory.Reader, error) {
	return ad.Open(ctx, ad.Settings{URL: d.URL, CA: []byte(d.CA), Account: d.Account, Password: d.Password})
}

// patience bounds Examine: somebody is waiting at the screen.
const patience = 30 * time.Second

// Examine signs in to Active Directory with a service account and finds out what it may do.
func Examine(ctx context.Context, d handoff.Directory) (directory.Access, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	reader, err := openActiveDirectory(ctx, d)
	if err != nil {
		return directory.Access{}, fmt.Errorf("signing in to the directory: %w", err)
	}
	defer func() { _ = reader.Close() }()
	domain, err := reader.Domain(ctx)
	if err != nil {
		return directory.Access{}, fmt.Errorf("looking at the directory: %w", err)
	}
	return accessOf(domain, d.Account), nil
}

// described names a domain and, where it is known, the server that answered for it.
func described(d directory.Domain) string {
	return strings.TrimSuffix(d.Name+" at "+d.Server, " at ")
}
