//go:build linux

package endtoend

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/wine"
)

// Where the program and its state are on the Windows machine: paths with spaces and letters that not every code page has.
const (
	onWindows      = `C:\Program Files\Passly Directory Sync\passly-sync.exe`
	stateOnWindows = `C:\ProgramData\Passly Sync – Größe`
)

// newWindowsLab is a lab whose agent is to be set up on a Windows machine.
func newWindowsLab(t *testing.T, o samba.Options) *lab {
	t.Helper()
	dc := samba.ForTest(t, o)
	l := &lab{TB: t, source: dc, dc: dc, dir: t.TempDir(), bin: build(t), ever: map[string]bool{}, windows: wine.Start(t), stateFolder: stateOnWindows}
	l.buildForWindows()
	l.makeTenant()
	l.startTenant()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("tenant's log:\n%s", l.tenant.tail())
		}
		l.tenant.kill()
	})
	l.web = l.signIn()
	return l
}

func (l *lab) buildForWindows() {
	l.Helper()
	path := l.windows.Path(onWindows)
	l.do(os.MkdirAll(filepath.Dir(path), 0o755))
	build := exec.Command("go", "build", "-o", path, "passlysync/cmd/passly-sync")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		l.Fatalf("building for Windows: %v\n%s", err, out)
	}
}

// TestWindows is the main job of a Windows machine: set up unattended from an elevated prompt, then its service syncs a real
// directory into a real tenant, is stopped, and goes on.
func TestWindows(t *testing.T) {
	l := newWindowsLab(t, samba.Options{Plan: samba.Simple("example.test", 60)})
	l.in("not elevated", l.notElevated)
	l.setup()
	l.in("the service", l.isService)
	l.in("the keyring", l.isInCredentialManager)
	l.awaitCondition(control.AwaitingConfiguration)
	l.choose(l.find("Sales"))
	l.awaitCondition(control.InSync)
	people := l.people()
	if people < 5 {
		t.Fatalf("%d people are in the tenant, want those of a unit", people)
	}
	l.in("the text log", l.logs)
	l.in("a change arrives", func() { l.hire("Ada Arriving", people+1) })
	l.in("stopped and started", func() { l.goesOn(people + 2) })
}

// people is how many the tenant says it has.
func (l *lab) people() int {
	l.Helper()
	page := l.web.get("/users")
	before, _, _ := strings.Cut(page, " people in this tenant")
	var n int
	if _, err := fmt.Sscan(before[strings.LastIndexAny(before, "> ")+1:], &n); err != nil {
		l.Fatalf("the page of users says no number: %v", err)
	}
	return n
}

// hire adds somebody in the directory and waits until the tenant has so many people.
func (l *lab) hire(name string, people int) {
	l.Helper()
	l.add("Sales", name)
	l.until(name+" is in the tenant", 30*time.Second, func() bool { return l.people() == people })
}

// logs: what a service says goes to no console; it is in a file, and the service manager's machine knows the event log's source.
func (l *lab) logs() {
	raw, err := os.ReadFile(filepath.Join(l.windows.Path(l.state()), "log", "agent.log"))
	if err != nil || !strings.Contains(string(raw), "the agent runs") || !strings.Contains(string(raw), "condition=in-sync") {
		l.Errorf("the text log holds %v:\n%.2000s", err, raw)
	}
	out, err := l.windows.Run(l.TB, "reg", "query", `HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\passly-sync`)
	if err != nil || !strings.Contains(out, "EventCreate.exe") {
		l.Errorf("the event log has no source: %v\n%s", err, out)
	}
}

func (l *lab) notElevated() {
	out, err := l.windows.Plain(context.Background(), onWindows, "setup", "--check").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "This prompt is not elevated") || !strings.Contains(string(out), "Run as administrator") {
		l.Errorf("got %v, want to be told how to get an elevated prompt:\n%s", err, out)
	}
}

func (l *lab) isService() {
	out, err := l.windows.Run(l.TB, "sc", "query", "passly-sync")
	if err != nil || !strings.Contains(out, "RUNNING") {
		l.Fatalf("the service manager says %v:\n%s", err, out)
	}
	found := l.must("passly-sync", "setup", "--check", "--state", l.state(), "--ca", l.ca, "--directory", l.source.URL())
	for _, want := range []string{"✓ Domain controller: ", ", of example.test", "✓ Elevated prompt: yes", "✓ Service: runs as the system's own account", "an agent is enrolled with Acme"} {
		if !strings.Contains(found, want) {
			l.Errorf("%q is not said:\n%s", want, found)
		}
	}
}

// isInCredentialManager: the credentials are there, and nowhere in the state folder.
func (l *lab) isInCredentialManager() {
	status, err := l.status()
	if err != nil || !strings.HasPrefix(status.Vault, "the Windows Credential Manager of ") {
		l.Errorf("got %q, %v", status.Vault, err)
	}
	out, err := l.windows.Run(l.TB, "reg", "query", `HKCU\Software\Wine\Credential Manager`, "/s")
	if err != nil || !strings.Contains(out, "Passly Directory Sync") {
		l.Errorf("the Credential Manager has nothing of the agent: %v\n%s", err, out)
	}
	l.do(filepath.WalkDir(l.windows.Path(l.state()), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), l.source.Password()) {
			l.Errorf("%s holds the directory's password", path)
		}
		return err
	}))
}

// goesOn stops the service, changes the directory meanwhile, and starts it.
func (l *lab) goesOn(people int) {
	if out, err := l.windows.Run(l.TB, "sc", "stop", "passly-sync"); err != nil {
		l.Fatalf("stopping: %v\n%s", err, out)
	}
	l.until("the service has stopped", 20*time.Second, func() bool {
		out, _ := l.windows.Run(l.TB, "sc", "query", "passly-sync")
		return strings.Contains(out, "STOPPED")
	})
	l.add("Sales", "Ben Meanwhile")
	if out, err := l.windows.Run(l.TB, "sc", "start", "passly-sync"); err != nil {
		l.Fatalf("starting: %v\n%s", err, out)
	}
	l.until("what happened meanwhile is in the tenant", 40*time.Second, func() bool { return l.people() == people })
}
