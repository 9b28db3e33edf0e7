package postgres_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/tenant/store/sqlite"
)

// Both queries give a line for each column (table, name, kind, may be null) and each unique index (table, columns, condition). Truth
// is a number in SQLite, so the two are one kind.
const (
	ofSQLite = `SELECT t.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'number' ELSE lower(c.type) END ||
			CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN '' ELSE ' or null' END
		FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'audit_text%' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%'
		UNION ALL SELECT DISTINCT 'unique ' || t.name || ' (' || (SELECT group_concat(x.name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) x) || ')' ||
			CASE i.partial WHEN 1 THEN ' in part' ELSE '' END
		FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND i."unique" = 1 AND t.name NOT LIKE 'audit_text%' AND t.name NOT LIKE 'goose%'
		UNION ALL SELECT 'unique ' || t.name || ' (' || c.name || ')'
		FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' AND t.name NOT LIKE 'audit_text%' AND t.name NOT LIKE 'goose%'
			AND (SELECT max(pk) FROM pragma_table_info(t.name)) = 1 ORDER BY 1`
	ofPostgres = `SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bigint' THEN 'number' WHEN 'boolean' THEN 'number' WHEN 'bytea' THEN 'blob' ELSE data_type END ||
			CASE is_nullable WHEN 'NO' THEN '' ELSE ' or null' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('last_id', 'told', 'goose_db_version')
		UNION ALL SELECT 'unique ' || t.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum) || ')' || CASE WHEN i.indpred IS NULL THEN '' ELSE ' in part' END
		FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
		WHERE i.indisunique AND s.nspname = 'public' AND t.relname NOT IN ('last_id', 'told', 'goose_db_version') ORDER BY 1`
)

// TestSchemasAreTheSame fails where a migration was written for one engine only.
func TestSchemasAreTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.db")
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	address := postgrestest.Fresh(t)
	defer open(t, address, time.Now).Close()
	got, want := described(t, "pgx", address, ofPostgres), described(t, "sqlite", path, ofSQLite)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 100 {
		t.Errorf("PostgreSQL's schema is another than SQLite's (-SQLite +PostgreSQL), of %d lines:\n%s", len(want), diff)
	}
}

// TestTextsCompareByTheirBytes finds a column that was given the database's own collation.
func TestTextsCompareByTheirBytes(t *testing.T) {
	address := postgrestest.Fresh(t)
	defer open(t, address, time.Now).Close()
	if wrong := described(t, "pgx", address, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`); len(wrong) > 0 {
		t.Errorf(`without COLLATE "C": %s`, strings.Join(wrong, ", "))
	}
}

func described(t *testing.T, driver, address, query string) []string {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func raw(t *testing.T, address, statement string) error {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(t.Context()), statement)
	return err
}
