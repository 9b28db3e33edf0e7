package service

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"

	"passlysync/pkg/needs"
)

// TestServiceIsMadeAsWritten asks the service manager back what was made, in an elevated prompt.
func TestServiceIsMadeAsWritten(t *testing.T) {
	if !windows.GetCurrentProcessToken().IsElevated() {
		needs.Missing(t, "this prompt is not elevated", ".ci/wine/test ./pkg/service")
	}
	state := filepath.Join(t.TempDir(), "with space – Größe")
	want := Installation{
		Program: `C:\Program Files\Passly Directory Sync\passly-sync.exe`, Args: []string{"agent", "--state", state, "--vault", "keyring"}, Vault: "keyring", State: state,
	}
	m, err := Open(Settings{Program: want.Program, Args: want.Args, State: state, Environment: []string{"HTTPS_PROXY=http://p:1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Remove(t.Context()) })
	for range 2 { // a new one, and the one that is there
		if err := m.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, ok := m.Installed(t.Context())
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("installed %t (-want +got):\n%s", ok, diff)
		}
	}
	err = open(func(s *mgr.Service) error {
		if got := waitsFor(t); len(got) != 0 {
			t.Errorf("it waits for %q, which this machine does not have: it would never start", got)
		}
		t.Run("recovery actions", func(t *testing.T) {
			needs.Recovery.On(t)
			if actions, err := s.RecoveryActions(); err != nil || !slices.Equal(actions, recovery) {
				t.Errorf("got %v, %v; want %v", actions, err, recovery)
			}
		})
		config, err := queryConfig(s)
		if err != nil {
			return err
		}
		if got, want := windows.UTF16PtrToString(config.BinaryPathName), windows.ComposeCommandLine(append([]string{want.Program}, want.Args...)); got != want {
			t.Errorf("image path: got %s, want %s", got, want)
		}
		if got := windows.UTF16PtrToString(config.BinaryPathName); got[0] != '"' {
			t.Errorf("the image path %s is not quoted: another program could be started in its place", got)
		}
		if config.StartType != windows.SERVICE_AUTO_START {
			t.Errorf("start type: got %d, want automatic", config.StartType)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, ok := m.Installed(t.Context()); ok {
		t.Errorf("after the removal: got %+v", got)
	}
	if err := m.Remove(t.Context()); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}
