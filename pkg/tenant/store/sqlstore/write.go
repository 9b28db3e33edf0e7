package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// writer writes in a transaction.
type writer struct {
	session
	ids *tenant.IDs
	now func() time.Time
}

var _ store.Tx = (*writer)(nil)

// Attempt runs do within a savepoint. The statements of a transaction run to their end: ctx is not looked at here.
func (w *writer) Attempt(ctx context.Context, do func() error) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "SAVEPOINT attempt"); err != nil {
		return fmt.Errorf("setting a savepoint: %w", err)
	}
	err := do()
	if err != nil {
		if _, undo := w.exec(ctx, "ROLLBACK TO attempt"); undo != nil {
			return errors.Join(err, fmt.Errorf("returning to a savepoint: %w", undo))
		}
	}
	if _, release := w.exec(ctx, "RELEASE attempt"); release != nil {
		return errors.Join(err, fmt.Errorf("releasing a savepoint: %w", release))
	}
	return err
}

// NewID gives an id later than all before.
func (w *writer) NewID() tenant.ID { return w.ids.Next() }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// null keeps an empty string out of unique indexes.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
