package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/store/sqlstore"
)

// fillLife bounds the transaction that a whole tenant is copied in; fillBatch is how many rows an INSERT adds.
const (
	fillLife  = 12 * time.Hour
	fillBatch = 200
)

// Filled says what was copied of a table: as many rows, of the same content, are on both sides.
type Filled struct {
	Table string
	Rows  int
}

// Fill copies a whole tenant into an empty database, in one transaction: all of it or nothing. Rows go in bounded batches.
// Before the commit each table is read back, and its rows are counted and compared with what was read from the source. It tells
// of each table. Errors are problems; code Conflict: the database is not empty.
func Fill(ctx context.Context, a Address, from *sqlstore.Store, now func() time.Time, tell func(Filled)) error {
	if err := migrate(ctx, a.config.Copy()); err != nil {
		return openProblem(a, err)
	}
	target, err := openFor(ctx, a, now, fillLife)
	if err != nil {
		return openProblem(a, err)
	}
	defer target.Close()
	return from.Whole(ctx, func(source sqlstore.Conn) error {
		return target.Transact(ctx, func(to sqlstore.Tx) error {
			f := filling{from: source.Own, to: to.Own, tell: tell}
			return f.all(ctx, a)
		})
	})
}

// filling is a copy under way.
type filling struct {
	from, to sqlstore.Runner
	tell     func(Filled)
}

func (f filling) all(ctx context.Context, a Address) error {
	tables, err := f.tables(ctx)
	if err != nil {
		return fmt.Errorf("listing tables: %w", err)
	}
	for _, t := range tables {
		if err := f.empty(ctx, a, t); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := f.table(ctx, t); err != nil {
			return fmt.Errorf("copying %s: %w", t.name, err)
		}
	}
	return f.numbers(ctx, tables)
}

func (f filling) empty(ctx context.Context, a Address, t table) error {
	return f.to.Query(ctx, "SELECT 1 FROM "+t.name+" LIMIT 1", nil, func(sqlstore.Row) error {
		return &problem.Problem{
			Code: problem.Conflict, Title: "The database is not empty", Text: "There are rows in the table " + t.name + " of " + a.String() + ". Nothing was copied.",
			Hint: "Make another database and copy there.", Op: "copying a tenant",
		}
	})
}

func (f filling) table(ctx context.Context, t table) error {
	var (
		sent  digest
		batch []any
		rows  int
	)
	flush := func() error {
		if rows == 0 {
			return nil
		}
		row := ", (?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
		_, err := f.to.Exec(ctx, "INSERT INTO "+t.name+" ("+t.list()+") VALUES "+strings.Repeat(row, rows)[2:], batch)
		batch, rows = batch[:0], 0
		return err
	}
	err := f.from.Query(ctx, "SELECT "+t.list()+" FROM "+t.name, nil, func(row sqlstore.Row) error {
		values, err := t.scan(row)
		if err != nil {
			return err
		}
		values = storable(values)
		sent.add(values)
		batch, rows = append(batch, values...), rows+1
		if rows == fillBatch {
			return flush()
		}
		return ctx.Err()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return f.verify(ctx, t, sent)
}

// verify reads back what was written.
func (f filling) verify(ctx context.Context, t table, sent digest) error {
	var there digest
	if err := f.to.Query(ctx, "SELECT "+t.list()+" FROM "+t.name, nil, func(row sqlstore.Row) error {
		values, err := t.scan(row)
		if err == nil {
			there.add(values)
		}
		return err
	}); err != nil {
		return err
	}
	if there != sent {
		return fmt.Errorf("%d rows were read and %d are there, or their content differs", sent.rows, there.rows)
	}
	f.tell(Filled{Table: t.name, Rows: sent.rows})
	return nil
}

// numbers has what is added later numbered after what was copied.
func (f filling) numbers(ctx context.Context, tables []table) error {
	newest, err := sqlstore.NewestID(ctx, sqlstore.Conn{Own: f.to})
	if err != nil {
		return fmt.Errorf("finding the newest id: %w", err)
	}
	if _, err := f.to.Exec(ctx, "UPDATE last_id SET last = ?", []any{int64(newest)}); err != nil {
		return fmt.Errorf("remembering the newest id: %w", err)
	}
	for _, t := range tables {
		if t.identity == "" {
			continue
		}
		next := "SELECT setval(pg_get_serial_sequence('" + t.name + "', '" + t.identity + "'), greatest(1, (SELECT max(" + t.identity + ") FROM " + t.name + ")), EXISTS (SELECT 1 FROM " + t.name + "))"
		if err := f.to.Query(ctx, next, nil, func(sqlstore.Row) error { return nil }); err != nil {
			return fmt.Errorf("numbering %s: %w", t.name, err)
		}
	}
	return nil
}
