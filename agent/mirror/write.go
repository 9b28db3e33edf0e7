package mirror

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// writer is one transaction of the mirror.
type writer struct {
	m   *Mirror
	ctx context.Context // of this transaction only
	tx  *sql.Tx
	// prepared once a transaction: preparing is a third of a small write's cost
	stmts map[string]*sql.Stmt
}

// update runs work in one transaction, then keeps the facts. When it fails, memory is read anew from the file. Work may be run twice.
func (m *Mirror) update(ctx context.Context, work func(*writer) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.stale {
		if err := m.reload(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	err := m.transact(ctx, work)
	if m.stale || !errors.Is(err, errUnindexed) {
		return err
	}
	if err := m.index(ctx); err != nil {
		return err
	}
	return m.transact(ctx, work)
}

func (m *Mirror) transact(ctx context.Context, work func(*writer) error) error {
	// A transaction is short and goes to its end: watching a context costs the driver a goroutine for each statement.
	ctx = context.WithoutCancel(ctx)
	tx, err := m.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("writing to the mirror: %w", explain(err))
	}
	facts, adopting := m.facts, m.adopting
	w := &writer{m: m, ctx: ctx, tx: tx, stmts: map[string]*sql.Stmt{}}
	err = work(w)
	if err == nil {
		err = m.facts.save(ctx, tx)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		// The transaction is over either way; a second error here would hide the first.
		_ = tx.Rollback()
		m.facts, m.adopting = facts, adopting
		return errors.Join(explain(err), m.reload(ctx))
	}
	return nil
}

func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if s, ok := w.stmts[text]; ok {
		return s, nil
	}
	s, err := w.tx.PrepareContext(w.ctx, text)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", text, err)
	}
	w.stmts[text] = s
	return s, nil
}

// exec runs a statement and gives the number of rows it touched.
func (w *writer) exec(text string, args ...any) (int64, error) {
	s, err := w.stmt(text)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(w.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("writing to the mirror: %w", err)
	}
	return result.RowsAffected()
}

// row loads one row, or says that there is none.
func (w *writer) row(where string, args ...any) (row, bool, error) {
	var r row
	s, err := w.stmt("SELECT " + columns + " FROM entries WHERE " + where)
	if err != nil {
		return r, false, err
	}
	switch err := r.scan(s.QueryRowContext(w.ctx, args...)); {
	case errors.Is(err, sql.ErrNoRows):
		return r, false, nil
	case err != nil:
		return r, false, fmt.Errorf("reading the mirror: %w", err)
	}
	return r, true, nil
}
