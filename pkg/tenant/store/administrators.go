package store

import (
	"context"
	"time"

	"passlysync/pkg/tenant"
)

// AdministratorReader reads administrators beyond what signing in needs.
type AdministratorReader interface {
	// Administrators gives all, oldest first.
	Administrators(ctx context.Context) ([]tenant.Administrator, error)
	// Sessions gives an administrator's sessions, newest first.
	Sessions(ctx context.Context, administrator tenant.ID) ([]tenant.Session, error)
	// CountAdministratorCodes counts the recovery codes that were not used.
	CountAdministratorCodes(ctx context.Context, administrator tenant.ID) (int, error)
	AdministratorInvitation(ctx context.Context, hash []byte) (tenant.AdministratorInvitation, error)
}

// AdministratorWriter writes them.
type AdministratorWriter interface {
	// RemoveAdministrator removes one with all that is kept for it.
	RemoveAdministrator(ctx context.Context, id tenant.ID) error
	SetAdministratorPassword(ctx context.Context, id tenant.ID, hash string) error
	// SignedIn remembers when an administrator signed in last.
	SignedIn(ctx context.Context, id tenant.ID, at time.Time) error
	// PutAdministratorCodes replaces the recovery codes; UseAdministratorCode reports whether one was there, and forgets it.
	PutAdministratorCodes(ctx context.Context, administrator tenant.ID, hashes [][]byte) error
	UseAdministratorCode(ctx context.Context, administrator tenant.ID, hash []byte) (bool, error)
	// PutAdministratorInvitation makes the one invitation that an administrator has; EndAdministratorInvitation ends it, once:
	// the second time it is tenant.NotFound.
	PutAdministratorInvitation(ctx context.Context, i tenant.AdministratorInvitation) error
	EndAdministratorInvitation(ctx context.Context, administrator tenant.ID) error
}
