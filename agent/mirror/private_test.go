package mirror

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/needs"
)

// People's names are in the mirror and in what stands beside it: whatever folder it is in, only its own account reads them.
func TestNobodyElseReadsTheMirror(t *testing.T) {
	needs.Modes.On(t)
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "mirror.db")
	for range 2 { // a new one, and the same again after somebody opened it up
		m, err := Open(t.Context(), path, "agent", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) < 2 {
			t.Fatalf("beside the mirror stand %v (%v), want its log as well", entries, err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: got mode %v (%v), want 0600", e.Name(), info.Mode(), err)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
