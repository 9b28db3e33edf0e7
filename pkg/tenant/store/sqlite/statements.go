package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"passlysync/pkg/tenant/store/sqlstore"
)

// preparer is what statements are prepared on: the readers' pool or the writer's connection.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements prepares each query once and keeps at most limit of them; more are prepared for one use.
type statements struct {
	on    preparer
	limit int
	mu    sync.Mutex
	known map[string]*sql.Stmt
}

// The program's own queries are few; those made from filters come in as many shapes as clients think of.
const (
	maxOwn    = 1000
	maxShaped = 100
)

func (s *statements) prepare(ctx context.Context, query string) (stmt *sql.Stmt, release func(), err error) {
	keep := func() {}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt, ok := s.known[query]; ok {
		return stmt, keep, nil
	}
	if stmt, err = s.on.PrepareContext(ctx, query); err != nil {
		return nil, keep, err
	}
	if len(s.known) < s.limit {
		s.known[query] = stmt
		return stmt, keep, nil
	}
	return stmt, func() { _ = stmt.Close() }, nil
}

func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, stmt := range s.known {
		err = errors.Join(err, stmt.Close())
	}
	clear(s.known)
	return err
}

// Exec runs a statement.
func (s *statements) Exec(ctx context.Context, query string, args []any) (int, error) {
	stmt, release, err := s.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	defer release()
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Query reads rows.
func (s *statements) Query(ctx context.Context, query string, args []any, each func(sqlstore.Row) error) error {
	stmt, release, err := s.prepare(ctx, query)
	if err != nil {
		return err
	}
	defer release()
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return sqlstore.Each(rows, each)
}

// connection runs queries, on the pool or inside the transaction.
type connection struct {
	own, shaped *statements
}

func newConnection(on preparer) connection {
	return connection{
		own:    &statements{on: on, limit: maxOwn, known: map[string]*sql.Stmt{}},
		shaped: &statements{on: on, limit: maxShaped, known: map[string]*sql.Stmt{}},
	}
}

func (c connection) queries() sqlstore.Conn { return sqlstore.Conn{Own: c.own, Shaped: c.shaped} }

func (c connection) close() error { return errors.Join(c.own.close(), c.shaped.close()) }
