package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// writer is the one writing connection, and the transaction while one is under way.
type writer struct {
	session
	conn *sql.Conn
	ids  *tenant.IDs
	now  func() time.Time
}

var _ store.Tx = (*writer)(nil)

// Write runs do in one transaction.
func (s *Store) Write(ctx context.Context, do func(store.Tx) error) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting to write: %w", ctx.Err())
	case w := <-s.write:
		defer func() { s.write <- w }()
		return w.transact(context.WithoutCancel(ctx), do)
	}
}

func (w *writer) transact(ctx context.Context, do func(store.Tx) error) (err error) {
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, undo := w.exec(ctx, "ROLLBACK"); undo != nil {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", undo))
		}
	}()
	if err := do(w); err != nil {
		return err
	}
	if _, err := w.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	committed = true
	return nil
}

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
