package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// Runner runs queries of one connection or pool.
type Runner interface {
	// Exec gives how many rows changed.
	Exec(ctx context.Context, query string, args []any) (int, error)
	// Query calls each for every row, until it fails.
	Query(ctx context.Context, query string, args []any, each func(Row) error) error
}

// Row is a row that can be scanned.
type Row interface{ Scan(into ...any) error }

type scanner = Row

// Each reads rows to their end and closes them: what is left to do of a Runner's Query.
func Each(rows *sql.Rows, each func(Row) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// session runs queries, outside of transactions or in one.
type session struct {
	Conn
	dialect *Dialect
}

// forQuery runs what is made from a store.Query.
func (s session) forQuery() session {
	return session{Conn: Conn{Own: s.Shaped, Shaped: s.Shaped}, dialect: s.dialect}
}

func (s session) exec(ctx context.Context, query string, args ...any) (int, error) {
	return s.Own.Exec(ctx, query, args)
}

var errOneRow = errors.New("one row is enough")

// one scans the first row of a query; sql.ErrNoRows when there is none.
func (s session) one(ctx context.Context, query string, args []any, into ...any) error {
	err := s.Own.Query(ctx, query, args, func(row Row) error {
		if err := row.Scan(into...); err != nil {
			return err
		}
		return errOneRow
	})
	if errors.Is(err, errOneRow) {
		return nil
	}
	if err == nil {
		return sql.ErrNoRows
	}
	return err
}

// list gathers the rows of a query.
func list[T any](ctx context.Context, s session, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	err := s.Own.Query(ctx, query, args, func(row Row) error {
		one, err := scan(row)
		if err == nil {
			all = append(all, one)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// duplicate reports whether err says that a unique key is in use.
func (s session) duplicate(err error) bool { return err != nil && s.dialect.Duplicate(err) }

// mayFail runs one statement whose failure the transaction goes on after.
func (w *writer) mayFail(ctx context.Context, do func() error) error {
	if !w.dialect.FailureEnds {
		return do()
	}
	return w.Attempt(ctx, do)
}
