package agent

import (
	"context"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/handoff"
)

// openActiveDirectory is the directory unless Options say otherwise.
func openActiveDirectory(ctx context.Context, d handoff.Directory) (directory.Reader, error) {
	return ad.Open(ctx, ad.Settings{URL: d.URL, CA: []byte(d.CA), Account: d.Account, Password: d.Password})
}
