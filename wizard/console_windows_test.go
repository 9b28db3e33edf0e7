package wizard

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsNoConsoleIsNotDrawnOn(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if draws(file) || drawable(file) {
		t.Error("a file is taken for a console")
	}
}
