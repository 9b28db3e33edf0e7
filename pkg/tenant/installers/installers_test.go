package installers

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
)

func write(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

func TestListNamesPlatformsWindowsFirst(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "passly-sync_1.4.0_amd64.deb", "deb")
	write(t, folder, "passly-sync-1.4.0-x64.msi", "msi")
	write(t, folder, ".hidden", "no")
	if err := os.Mkdir(filepath.Join(folder, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := In(folder)
	all, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Changed = time.Time{}
	}
	want := []Installer{
		{Name: "passly-sync-1.4.0-x64.msi", Platform: "Windows Server, 64 bit", Version: "1.4.0", Size: 3, SHA256: sum("msi")},
		{Name: "passly-sync_1.4.0_amd64.deb", Platform: "Debian and Ubuntu, 64 bit", Version: "1.4.0", Size: 3, SHA256: sum("deb")},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	write(t, folder, "passly-sync-1.4.0-x64.msi", "rebuilt")
	if all, err = f.List(t.Context()); err != nil || all[0].SHA256 != sum("rebuilt") {
		t.Errorf("after a change: got %s, %v; want the new file's checksum", all[0].SHA256, err)
	}
}

// TestEveryFileThatIsHandedOutHasItsPlatform holds the names that make dist gives against the words for them.
func TestEveryFileThatIsHandedOutHasItsPlatform(t *testing.T) {
	for name, want := range map[string]string{
		"passly-sync-1.2.3-x64.msi":            "Windows Server, 64 bit",
		"passly-sync_1.2.3_amd64.deb":          "Debian and Ubuntu, 64 bit",
		"passly-sync_1.2.3_arm64.deb":          "Debian and Ubuntu, ARM 64 bit",
		"passly-sync-1.2.3-1.x86_64.rpm":       "Red Hat, SUSE and kin, 64 bit",
		"passly-sync-1.2.3-1.aarch64.rpm":      "Red Hat, SUSE and kin, ARM 64 bit",
		"passly-sync-1.2.3-linux-amd64.tar.gz": "Linux, as an archive, 64 bit",
		"passly-sync-1.2.3.cdx.json":           "Bill of materials (CycloneDX)",
		"SHA256SUMS":                           "Checksums",
	} {
		if got := platform(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestNoFolderMeansNoInstallers(t *testing.T) {
	if all, err := In(filepath.Join(t.TempDir(), "none")).List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("got %v, %v; want none", all, err)
	}
}

func TestANameCannotLeadOutOfTheFolder(t *testing.T) {
	folder := t.TempDir()
	inside := filepath.Join(folder, "installers")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, folder, "tenant.db", "secret")
	write(t, inside, "good.msi", "msi")
	write(t, inside, ".secret", "secret")
	if err := os.Symlink(filepath.Join(folder, "tenant.db"), filepath.Join(inside, "link.msi")); err != nil {
		t.Fatal(err)
	}
	f := In(inside)
	for _, name := range []string{"../tenant.db", "link.msi", ".secret", "", ".", "..", `..\tenant.db`, "good.msi/", "/etc/passwd", "none"} {
		if file, _, err := f.Open(name); !problem.Is(err, problem.NotFound) {
			file.Close()
			t.Errorf("%q: got %v, want that there is none", name, err)
		}
	}
	file, _, err := f.Open("good.msi")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if raw, err := io.ReadAll(file); err != nil || string(raw) != "msi" {
		t.Errorf("got %q, %v; want the file", raw, err)
	}
}
