package host

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestLookKnowsThisMachine(t *testing.T) {
	facts := Look()
	if want, _ := os.Hostname(); facts.Name != want {
		t.Errorf("name: got %q, want %q", facts.Name, want)
	}
	if facts.System == "" {
		t.Error("the system has no name")
	}
	if facts.OS != runtime.GOOS {
		t.Errorf("OS: got %q, want %q", facts.OS, runtime.GOOS)
	}
	if facts.OS != Windows && facts.Role != NotApplicable && facts.Role != DomainController {
		t.Errorf("role: got %q, want one that there is on %s", facts.Role, facts.OS)
	}
}

func TestPathsInTwoFoldersShareNothing(t *testing.T) {
	one, err := PathsIn(filepath.Join(t.TempDir(), "one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := PathsIn(filepath.Join(t.TempDir(), "two"))
	if err != nil {
		t.Fatal(err)
	}
	if one.Channel == two.Channel || one.Mirror == two.Mirror {
		t.Errorf("got shared paths: %+v and %+v", one, two)
	}
}

func TestPathsInARelativeFolderAreAbsolute(t *testing.T) {
	t.Chdir(t.TempDir())
	paths, err := PathsIn("state")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(paths.State) {
		t.Errorf("got %q, want an absolute path", paths.State)
	}
}
