package wine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"passlysync/pkg/needs"
)

// Installer builds the MSI of a version as “make dist” does, and gives its path. It is signed where environment says by whom.
func Installer(t testing.TB, version string, environment ...string) string {
	t.Helper()
	needs.Program(t, "mmdebstrap", "mmdebstrap")
	folder := t.TempDir()
	dist := exec.Command(filepath.Join(needs.Repository(t), ".ci", "dist"), version, folder)
	dist.Env = append(append(os.Environ(), "ONLY_WINDOWS=1"), environment...)
	if out, err := dist.CombinedOutput(); err != nil {
		t.Fatalf("building the installer: %v\n%s", err, out)
	}
	return filepath.Join(folder, "passly-sync-"+version+"-x64.msi")
}
