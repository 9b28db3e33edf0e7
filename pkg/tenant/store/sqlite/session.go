package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// session runs queries, on the pool or inside the transaction.
type session struct {
	statements *statements // the program's own queries
	shaped     *statements // those made from a store.Query
}

func newSession(on preparer) session {
	return session{
		statements: &statements{on: on, limit: maxOwn, known: map[string]*sql.Stmt{}},
		shaped:     &statements{on: on, limit: maxShaped, known: map[string]*sql.Stmt{}},
	}
}

func (s session) close() error { return errors.Join(s.statements.close(), s.shaped.close()) }

// forQuery runs what is made from a store.Query.
func (s session) forQuery() session { return session{statements: s.shaped, shaped: s.shaped} }

func (s session) exec(ctx context.Context, query string, args ...any) (int, error) {
	stmt, release, err := s.statements.prepare(ctx, query)
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

// one scans the single row of a query; sql.ErrNoRows when there is none.
func (s session) one(ctx context.Context, query string, args []any, into ...any) error {
	stmt, release, err := s.statements.prepare(ctx, query)
	if err != nil {
		return err
	}
	defer release()
	return stmt.QueryRowContext(ctx, args...).Scan(into...)
}

// scanner is a row that can be scanned.
type scanner interface{ Scan(into ...any) error }

// list gathers the rows of a query.
func list[T any](ctx context.Context, s session, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	stmt, release, err := s.statements.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	defer release()
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// duplicate reports whether err says that a unique key is in use.
func duplicate(err error) bool {
	var told *modernc.Error
	return errors.As(err, &told) &&
		(told.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || told.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
