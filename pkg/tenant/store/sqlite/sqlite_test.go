package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/sqlite"
	"passlysync/pkg/tenant/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, path string, now func() time.Time) store.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path, now)
		if err != nil {
			t.Fatalf("opening: %v", err)
		}
		return s
	})
}

func TestDatabaseFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d.db")
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v (%v), want mode 0600", name, info, err)
		}
	}
}

func TestDamagedDatabaseIsSaidAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.db")
	rubbish := strings.Repeat("this is no database ", 500)
	if err := os.WriteFile(path, []byte(rubbish), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), path, time.Now)
	if p := problem.Of(err); p == nil || p.Title != "The tenant's database is damaged" {
		t.Errorf("got %v, want a problem that says damaged", err)
	}
	if after, _ := os.ReadFile(path); string(after) != rubbish {
		t.Error("the damaged file was changed")
	}
}
