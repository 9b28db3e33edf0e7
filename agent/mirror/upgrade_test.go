package mirror

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"passlysync/pkg/directory"
)

// TestAMirrorOfAnEarlierVersionIsBroughtUp: with all that it knows, and with decisions, which nothing else remembers.
func TestAMirrorOfAnEarlierVersionIsBroughtUp(t *testing.T) {
	for name, more := range map[string]string{
		"version 2": "",
		"version 1": `ALTER TABLE entries DROP COLUMN decision; ALTER TABLE members DROP COLUMN decision; ALTER TABLE facts DROP COLUMN compared;
			PRAGMA user_version = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mirror.db")
			make2(t, path, more)
			m, err := Open(t.Context(), path, "agent", time.Now)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			want := Item{Seq: 3, GUID: directory.GUID{15: 1}, Kind: directory.KindUser, Remote: "r1", Keep: true, Was: true, Name: "Ann Berg", Mail: "ann@acme.test", LogonName: "ann@example.test"}
			got, err := m.items(t.Context(), "seq = 3")
			if err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want)
			}
			if n, err := m.count(t.Context(), "SELECT count(*) FROM members m JOIN entries e ON e.guid = m.member WHERE m.team = 7"); err != nil || n != 1 {
				t.Errorf("%d members, %v", n, err)
			}
			if n, err := m.count(t.Context(), "SELECT count(*) FROM entries WHERE decision = 'rejected'"); err != nil || n == 1 != (name == "version 2") {
				t.Errorf("%d rejections, %v", n, err)
			}
			if !slices.Equal(indexes(t, m), indexes(t, fresh(t))) {
				t.Errorf("it has the indexes %v\na new one %v", indexes(t, m), indexes(t, fresh(t)))
			}
			if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
				t.Fatal(err)
			}
			next := directory.Entry{GUID: directory.GUID{15: 4}, Kind: directory.KindUser, Name: "Cy Dorn", Whole: true}
			if err := m.Apply(t.Context(), directory.Page{Entries: []directory.Entry{next}}); err != nil {
				t.Fatal(err)
			}
			if n, err := m.count(t.Context(), "SELECT seq FROM entries WHERE name = 'Cy Dorn'"); err != nil || n != 10 {
				t.Errorf("who comes next gets place %d (%v), want 10: none is given twice", n, err)
			}
		})
	}
}

func make2(t *testing.T, path, more string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/version2.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, 1, 1000, "MEMORY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), string(raw)+more); err != nil {
		t.Fatal(err)
	}
}

func fresh(t *testing.T) *Mirror {
	t.Helper()
	m, err := Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), "agent", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// indexes lists those of the tables, by name.
func indexes(t *testing.T, m *Mirror) []string {
	t.Helper()
	return texts(t, m, "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE type = 'index' ORDER BY name")
}

func texts(t *testing.T, m *Mirror, query string) []string {
	t.Helper()
	rows, err := m.read.QueryContext(t.Context(), query)
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
