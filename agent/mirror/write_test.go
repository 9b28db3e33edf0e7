package mirror

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/directory"
)

// TestWhatCouldNotBeReadAnewIsNotOverwritten: a write fails, and then the file cannot be read for a moment. What is kept in memory must
// not be nothing from then on, nor be written over what the file has.
func TestWhatCouldNotBeReadAnewIsNotOverwritten(t *testing.T) {
	m := fresh(t)
	if err := m.SetScope(t.Context(), []directory.GUID{someUnit(0)}); err != nil {
		t.Fatal(err)
	}
	if err := m.Adopt(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
		t.Fatal(err)
	}
	rename := func(statement string) {
		t.Helper()
		if _, err := m.write.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, broken := range []string{"facts", "scope"} {
		rename("ALTER TABLE " + broken + " RENAME TO away")
		if err := m.SetScope(t.Context(), []directory.GUID{someUnit(1)}); err == nil {
			t.Fatal("a scope was kept without its tables")
		}
		if err := m.Forget(t.Context()); err == nil {
			t.Error("it goes on though it does not know what the file has")
		}
		rename("ALTER TABLE away RENAME TO " + broken)
		if err := m.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !m.Matched() || m.facts.pass != 1 || !m.facts.full || !m.chose([]directory.GUID{someUnit(0)}) {
			t.Errorf("after %s could not be read: %+v, chosen %v", broken, m.facts, m.tree.chosen)
		}
		if kept, err := loadFacts(t.Context(), m.write); err != nil || !kept.matched || kept.pass != 1 {
			t.Errorf("after %s could not be read the file has %+v, %v", broken, kept, err)
		}
	}
}

// TestAMirrorWithDoubledRowsIsSetAside: it cannot be told which of them counts, and without the index that forbids them no agent
// can work with it.
func TestAMirrorWithDoubledRowsIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	m, err := Open(t.Context(), path, "agent", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.write.ExecContext(t.Context(), `DROP INDEX entries_guid;
		INSERT INTO entries (guid, kind, seen) VALUES (x'01', 'user', 1), (x'01', 'user', 1)`); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m, err = Open(t.Context(), path, "agent", time.Now)
	if damaged := (*ErrDamaged)(nil); !errors.As(err, &damaged) || m == nil {
		t.Fatalf("got %v, %v, want a new one beside a damaged one", m, err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}
