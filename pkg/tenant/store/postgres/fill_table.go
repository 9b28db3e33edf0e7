package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"passlysync/pkg/tenant/store/sqlstore"
)

// table is one to copy.
type table struct {
	name     string
	identity string // the column that the database numbers; empty: none
	columns  []column
}

type column struct{ name, kind string }

func (t table) list() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// tables gives all tables of this engine, those that others refer to first.
func (f filling) tables(ctx context.Context) ([]table, error) {
	var all []table
	err := f.to.Query(ctx, `SELECT table_name, column_name, data_type, is_identity FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT IN ('last_id', 'told', 'goose_db_version') ORDER BY table_name, ordinal_position`, nil,
		func(row sqlstore.Row) error {
			var (
				name, identity string
				c              column
			)
			if err := row.Scan(&name, &c.name, &c.kind, &identity); err != nil {
				return err
			}
			if len(all) == 0 || all[len(all)-1].name != name {
				all = append(all, table{name: name})
			}
			t := &all[len(all)-1]
			t.columns = append(t.columns, c)
			if identity == "YES" {
				t.identity = c.name
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	refers, err := f.references(ctx)
	if err != nil {
		return nil, err
	}
	return ordered(all, refers)
}

// references gives the tables that each refers to.
func (f filling) references(ctx context.Context) (map[string][]string, error) {
	refers := map[string][]string{}
	err := f.to.Query(ctx, `SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
		WHERE c.contype = 'f' AND a.oid <> b.oid AND c.connamespace = current_schema()::regnamespace`, nil, func(row sqlstore.Row) error {
		var from, to string
		err := row.Scan(&from, &to)
		refers[from] = append(refers[from], to)
		return err
	})
	return refers, err
}

func ordered(all []table, refers map[string][]string) ([]table, error) {
	var done []table
	known := map[string]bool{}
	for len(done) < len(all) {
		before := len(done)
		for _, t := range all {
			if !known[t.name] && !slices.ContainsFunc(refers[t.name], func(other string) bool { return !known[other] }) {
				known[t.name] = true
				done = append(done, t)
			}
		}
		if len(done) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return done, nil
}

// scan reads a row of either engine as PostgreSQL's kinds.
func (t table) scan(row sqlstore.Row) ([]any, error) {
	values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := row.Scan(into...); err != nil {
		return nil, err
	}
	for i, v := range values {
		var err error
		if values[i], err = t.columns[i].converted(v); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (c column) converted(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		if c.kind == "boolean" {
			return v != 0, nil
		}
		if c.kind == "bigint" {
			return v, nil
		}
	case bool:
		if c.kind == "boolean" {
			return v, nil
		}
	case string:
		if c.kind == "bytea" {
			return []byte(v), nil
		}
		if c.kind == "text" {
			return v, nil
		}
	case []byte:
		if c.kind == "text" {
			return string(v), nil
		}
		if c.kind == "bytea" {
			return append([]byte{}, v...), nil // what is scanned may be overwritten
		}
	}
	return nil, fmt.Errorf("the column %s, of type %s, has a value of another type, %T", c.name, c.kind, v)
}

// digest is the content of a table, in whatever order its rows come: their hashes, added up.
type digest struct {
	rows int
	sum  [4]uint64
}

func (d *digest) add(values []any) {
	h := sha256.New()
	for _, v := range values {
		text := fmt.Sprint(v)
		if raw, ok := v.([]byte); ok {
			text = string(raw)
		}
		fmt.Fprintf(h, "%T %d %s\n", v, len(text), text)
	}
	sum := h.Sum(nil)
	for i := range d.sum {
		d.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	d.rows++
}
