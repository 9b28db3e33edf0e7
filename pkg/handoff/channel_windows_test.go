package handoff

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func TestLocalChannelIsForSystemAdministratorsAndTheAgentsAccountAlone(t *testing.T) {
	const want = "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-21-1-2)"
	got := descriptor("S-1-5-21-1-2")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := windows.SecurityDescriptorFromString(got); err != nil {
		t.Errorf("Windows cannot read %s: %v", got, err)
	}
}

// TestServicesProcessIsKnownByTheServiceManager: so an agent that runs as a managed account is trusted with a password, and a
// program of somebody else that took the channel's name is not.
func TestServicesProcessIsKnownByTheServiceManager(t *testing.T) {
	process := serviceProcess("PlugPlay") // one that runs on every Windows
	if process == 0 || process == uint32(os.Getpid()) {
		t.Fatalf("got process %d", process)
	}
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, process)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	var image [windows.MAX_PATH]uint16
	size := uint32(len(image))
	if err := windows.QueryFullProcessImageName(handle, 0, &image[0], &size); err != nil {
		t.Fatal(err)
	}
	if got := strings.ToLower(windows.UTF16ToString(image[:size])); !strings.HasSuffix(got, "plugplay.exe") && !strings.HasSuffix(got, "svchost.exe") {
		t.Errorf("process %d is %s", process, got)
	}
	if process := serviceProcess("passly-sync-that-is-not-there"); process != 0 {
		t.Errorf("a service that is not there has the process %d", process)
	}
}
