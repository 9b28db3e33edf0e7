package main

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/handoff"
)

// checkIn bounds the check of the service account: somebody is waiting at the screen.
const checkIn = 30 * time.Second

// checkDirectory signs in to the directory with the service account and says what it found.
func checkDirectory(ctx context.Context, d handoff.Directory) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkIn)
	defer cancel()
	reader, err := ad.Open(ctx, ad.Settings{URL: d.URL, CA: []byte(d.CA), Account: d.Account, Password: d.Password})
	if err != nil {
		return "", fmt.Errorf("signing in to the directory: %w", err)
	}
	defer func() { _ = reader.Close() }()
	domain, err := reader.Domain(ctx)
	if err != nil {
		return "", fmt.Errorf("looking at the directory: %w", err)
	}
	return join(" at ", domain.Name, domain.Server), nil
}
