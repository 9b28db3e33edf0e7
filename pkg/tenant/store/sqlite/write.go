package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store/sqlstore"
)

// writer is the one writing connection.
type writer struct {
	connection
	conn *sql.Conn
	ids  *tenant.IDs
}

// Transact runs do in one transaction.
func (e *engine) Transact(ctx context.Context, do func(sqlstore.Tx) error) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting to write: %w", ctx.Err())
	case w := <-e.write:
		defer func() { e.write <- w }()
		return w.transact(context.WithoutCancel(ctx), do)
	}
}

func (w *writer) transact(ctx context.Context, do func(sqlstore.Tx) error) (err error) {
	if _, err := w.own.Exec(ctx, "BEGIN IMMEDIATE", nil); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, undo := w.own.Exec(ctx, "ROLLBACK", nil); undo != nil {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", undo))
		}
	}()
	if err := do(sqlstore.Tx{Conn: w.queries(), IDs: w.ids}); err != nil {
		return err
	}
	if _, err := w.own.Exec(ctx, "COMMIT", nil); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	committed = true
	return nil
}
