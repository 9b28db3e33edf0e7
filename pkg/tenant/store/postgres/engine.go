package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store/sqlstore"
)

// engine is an opened database.
type engine struct {
	reading, writing *sql.DB
	turn             chan struct{} // full while somebody in this process writes, or waits for the other replicas to have written
	life             time.Duration // of a transaction at most
	now              func() time.Time
}

var _ sqlstore.Engine = (*engine)(nil)

// Read is the readers' pool.
func (e *engine) Read() sqlstore.Conn { return conn(runner{on: e.reading}) }

// conn has no use for two runners: the driver itself forgets the statements that are used least.
func conn(r sqlstore.Runner) sqlstore.Conn { return sqlstore.Conn{Own: r, Shaped: r} }

// Transact runs do in one transaction.
func (e *engine) Transact(ctx context.Context, do func(sqlstore.Tx) error) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("waiting to write: %w", ctx.Err())
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), lockWait+e.life)
	defer end()
	tx, err := e.writing.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", told(err))
	}
	if err := e.transact(ctx, tx, do); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", told(undo)))
		}
		return err
	}
	return nil
}

func (e *engine) transact(ctx context.Context, tx *sql.Tx, do func(sqlstore.Tx) error) error {
	var last tenant.ID
	if err := tx.QueryRowContext(ctx, "SELECT last FROM last_id FOR UPDATE").Scan(&last); err != nil {
		return fmt.Errorf("waiting to write: %w", told(err))
	}
	ids := tenant.NewIDs(e.now, last)
	if err := do(sqlstore.Tx{Conn: conn(runner{on: tx, life: ctx}), IDs: ids}); err != nil {
		return err
	}
	if given := ids.Last(); given != last {
		if _, err := tx.ExecContext(ctx, "UPDATE last_id SET last = $1", int64(given)); err != nil {
			return fmt.Errorf("remembering the newest id: %w", told(err))
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", told(err))
	}
	return nil
}

// Close waits for the write under way and closes the connections.
func (e *engine) Close() error {
	e.turn <- struct{}{}
	return errors.Join(e.reading.Close(), e.writing.Close())
}
