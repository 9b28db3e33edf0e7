package passwords

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/control"
)

// TestALineThatWasTornTakesNoOther fills the disk in the middle of a line: what is begun later is known after a restart.
func TestALineThatWasTornTakesNoOther(t *testing.T) {
	folder := t.TempDir()
	j, err := openJournal(folder, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, journalFile)
	good, full := j.file, mustOpen(t, path)
	j.file = full // for reading only: each write fails
	if err := j.begin(control.Command{ID: "torn"}); err == nil {
		t.Fatal("a command was begun that could not be kept")
	}
	if err := os.WriteFile(path, []byte(`{"id":"torn","beg`), 0o600); err != nil {
		t.Fatal(err)
	}
	j.file = good
	if err := j.begin(control.Command{ID: "later"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(good.Close(), full.Close()); err != nil {
		t.Fatal(err)
	}
	if j, err = openJournal(folder, time.Now()); err != nil {
		t.Fatal(err)
	}
	defer j.close()
	if _, known := j.outcome("later"); !known {
		t.Error("the later one is not known")
	}
	if _, known := j.outcome("torn"); known {
		t.Error("the one that was not kept is known")
	}
}

func mustOpen(t *testing.T, path string) *os.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
