package agent

import (
	"context"
	"fmt"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/sasl"
	"passlysync/pkg/handoff"
)

// openActiveDirectory is the directory unless Options say otherwise.
func openActiveDirectory(ctx context.Context, d handoff.Directory) (directory.Reader, error) {
	return ad.Open(ctx, DirectorySettings(d))
}

// DirectorySettings are how Active Directory is opened with what was handed over.
func DirectorySettings(d handoff.Directory) ad.Settings {
	return ad.Settings{
		URL: d.URL, CA: []byte(d.CA), Account: d.Account, Password: d.Password, Keytab: d.Keytab,
		Own: sasl.OwnAccount && d.Account == "" && d.Password == "" && len(d.Keytab) == 0,
	}
}

// lookAt signs in to a directory and says what it is.
func lookAt(ctx context.Context, open opening, d handoff.Directory) (directory.Domain, error) {
	reader, err := open(ctx, d)
	if err != nil {
		return directory.Domain{}, fmt.Errorf("signing in to the directory: %w", err)
	}
	defer func() { _ = reader.Close() }()
	domain, err := reader.Domain(ctx)
	if err != nil {
		return domain, fmt.Errorf("looking at the directory: %w", err)
	}
	return domain, nil
}

// opening connects to a directory and signs in.
type opening = func(ctx context.Context, d handoff.Directory) (directory.Reader, error)
