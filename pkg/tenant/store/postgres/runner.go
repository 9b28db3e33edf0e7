package postgres

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"passlysync/pkg/tenant/store/sqlstore"
)

// runner runs queries on a pool or in a transaction.
type runner struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	life context.Context // the transaction's, whose statements have no other end; nil: each has its own
}

func (r runner) context(ctx context.Context) context.Context {
	if r.life != nil {
		return r.life
	}
	return ctx
}

// Exec runs a statement.
func (r runner) Exec(ctx context.Context, query string, args []any) (int, error) {
	result, err := r.on.ExecContext(r.context(ctx), sqlstore.Numbered(query), storable(args)...)
	if err != nil {
		return 0, told(err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Query reads rows.
func (r runner) Query(ctx context.Context, query string, args []any, each func(sqlstore.Row) error) error {
	rows, err := r.on.QueryContext(r.context(ctx), sqlstore.Numbered(query), storable(args)...)
	if err != nil {
		return told(err)
	}
	return told(sqlstore.Each(rows, each))
}

// storable replaces, in texts, what PostgreSQL refuses to keep or to compare with: the character 0 and bytes that are no
// UTF-8. Nobody has a name like that; who looks for one should find nothing, and not a fault.
func storable(args []any) []any {
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok || utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
			continue
		}
		args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	}
	return args
}
