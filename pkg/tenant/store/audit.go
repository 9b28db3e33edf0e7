package store

import (
	"context"

	"passlysync/pkg/tenant/audit"
)

// AuditReader reads the audit log.
type AuditReader interface {
	// Entries gives entries, newest first.
	Entries(ctx context.Context, q audit.Query) ([]audit.Entry, error)
}

// AuditWriter adds to the audit log. Nothing changes or removes an entry.
type AuditWriter interface {
	// Record adds an entry at the store's time. Who acts is the entry's actor or, where it has none, the context's.
	Record(ctx context.Context, e audit.Entry) error
}
