package needs

import (
	"os"
	"path/filepath"
	"testing"
)

// Repository is the folder with go.mod, seen from the package that is tested.
func Repository(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the tested package")
		}
		folder = filepath.Dir(folder)
	}
}
