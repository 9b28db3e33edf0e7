package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"passlysync/pkg/needs"
)

func TestStateFolderIsForSystemAdministratorsAndTheServicesAccountAlone(t *testing.T) {
	for sid, want := range map[string]string{
		"":             "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
		"S-1-5-18":     "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
		"S-1-5-21-1-2": "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-1-2)",
	} {
		got := descriptor(sid)
		if got != want {
			t.Errorf("for %q: got %s, want %s", sid, got, want)
		}
		if _, err := windows.SecurityDescriptorFromString(got); err != nil {
			t.Errorf("Windows cannot read %s: %v", got, err)
		}
	}
}

// TestStateFolderThatAnotherMadeBeforeIsTakenOver is a user of the machine who waits for setup with a folder that everybody may
// read and write.
func TestStateFolderThatAnotherMadeBeforeIsTakenOver(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Passly Sync")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := protect(folder, windows.DACL_SECURITY_INFORMATION, "O:BAD:P(A;OICI;FA;;;WD)"); err != nil {
		t.Fatal(err)
	}
	if err := GiveState(folder, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "mirror.db"), nil, 0o600); err != nil {
		t.Errorf("the elevated administrator cannot write there: %v", err)
	}
	needs.FileACLs.On(t)
	sd, err := windows.GetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	if got := sd.String(); strings.Contains(got, ";;;WD)") {
		t.Errorf("everybody is still let in: %s", got)
	}
}

func TestDomainControllerIsKnownByItsRole(t *testing.T) {
	for role, want := range map[string]Role{"5": DomainController, "4": DomainController, "3": Member, "1": Member, "2": Standalone, "0": Standalone} {
		t.Setenv("ROLE", role)
		if got, _ := domainRole(); got != want {
			t.Errorf("role %s: got %s, want %s", role, got, want)
		}
	}
	for flags, want := range map[string]Role{"0x1": DomainController, "0x9": ReadOnlyController, "0x1000009": ReadOnlyController} {
		t.Setenv("ROLE", "4")
		t.Setenv("ROLE_FLAGS", flags)
		if got, domain := domainRole(); got != want || domain != "example.test" {
			t.Errorf("flags %s: got %s of %s, want %s", flags, got, domain, want)
		}
	}
	t.Setenv("ROLE_FLAGS", "")
	t.Setenv("ROLE", "5")
	facts := Look()
	if facts.Domain != "example.test" || facts.Build != 20348 || facts.System != "Windows Server 2022 (build 20348)" {
		t.Errorf("got %+v", facts)
	}
}
