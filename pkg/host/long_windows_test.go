package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"passlysync/pkg/problem"
)

// long gives a folder whose path has so many characters, with letters that no code page has all of.
func long(t *testing.T, characters int) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "Größe 密码 – ")
	return folder + strings.Repeat("x", characters-len(utf16.Encode([]rune(folder))))
}

func TestStateFolderMayHaveALongName(t *testing.T) {
	paths, err := PathsIn(long(t, longestState))
	if err != nil {
		t.Fatal(err)
	}
	if err := GiveState(paths.State, ""); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(paths.State, "agent.json")
	if err := WriteState(file, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "{}" {
		t.Errorf("got %q, %v", raw, err)
	}
	if free, err := Free(paths.State); err != nil || free == 0 {
		t.Errorf("free: got %d, %v", free, err)
	}
}

func TestStateFolderWithTooLongANameIsRefusedInWords(t *testing.T) {
	_, err := PathsIn(long(t, longestState+1))
	if p := problem.Of(err); err == nil || !strings.Contains(p.Title, "too long") || p.Hint == "" {
		t.Errorf("got %v", err)
	}
}
