// Package wine is a Windows machine for tests: a Windows Server 2022 that is a domain controller of example.test, by Wine 10 in a
// tree of its own (.ci/wine says how it is made). Programs on it reach servers on this machine's loopback addresses, and files
// below the temporary folder by their own paths, on drive Z:.
//
// What always holds: two machines share nothing; all that runs on one ends with its test. What Wine is not, no test here shows:
// every account is one and the same, and no access control list is enforced.
package wine

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/needs"
)

// Machine is one machine.
type Machine struct {
	run    string // the script that runs a program
	prefix string // what Wine calls its folder
}

// Start makes a machine that lives as long as the test. It skips, or fails under CI, where something is missing.
func Start(t testing.TB) *Machine {
	t.Helper()
	for program, debian := range map[string]string{
		"mmdebstrap": "mmdebstrap", "bwrap": "bubblewrap", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
	} {
		needs.Program(t, program, debian)
	}
	scripts := filepath.Join(needs.Repository(t), ".ci", "wine")
	prefix, err := os.MkdirTemp("", "passly-windows-")
	if err != nil {
		t.Fatal(err)
	}
	m := &Machine{run: filepath.Join(scripts, "run"), prefix: prefix}
	t.Cleanup(func() {
		_ = m.command(context.Background(), "--server", "-k").Run()
		_ = m.command(context.Background(), "--server", "-w").Run() // until all has ended
		_ = os.RemoveAll(prefix)
	})
	out, err := exec.Command(filepath.Join(scripts, "machine"), prefix).CombinedOutput()
	if err != nil {
		t.Fatalf("making a Windows machine: %v\n%s", err, out)
	}
	return m
}

// Command is a program on the machine, as somebody at an elevated prompt starts it.
func (m *Machine) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	return m.command(ctx, append([]string{"--elevated", program}, args...)...)
}

// Words is the command line by which a terminal of this machine runs a program at an elevated prompt of that one.
func (m *Machine) Words(program string, args ...string) []string {
	return append([]string{"env", "NO_COLOR=1", "WINEPREFIX=" + m.prefix, m.run, "--elevated", program}, args...)
}

// Plain is a program on the machine as somebody starts it at a prompt that is not elevated.
func (m *Machine) Plain(ctx context.Context, program string, args ...string) *exec.Cmd {
	return m.command(ctx, append([]string{program}, args...)...)
}

func (m *Machine) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, m.run, args...)
	c.Dir, c.Env = m.prefix, append(os.Environ(), "WINEPREFIX="+m.prefix)
	c.WaitDelay = 5 * time.Second // what a program left behind may hold its output open
	return c
}

// Run runs a program at an elevated prompt until it ends, within two minutes, and gives what it printed.
func (m *Machine) Run(t testing.TB, program string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := m.Command(ctx, program, args...).CombinedOutput()
	return string(out), err
}

// ShowWindows has programs open windows from now on, on a screen that nobody sees. What runs is ended, and services that start by
// themselves are started anew.
func (m *Machine) ShowWindows(t testing.TB) {
	t.Helper()
	for _, args := range [][]string{
		{"reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f"},
		{"--server", "-k"},
		{"--server", "-w"},
		{"--server", "-p"},
		{"cmd", "/c", "exit"},
	} {
		if err := m.command(t.Context(), args...).Run(); err != nil {
			t.Fatalf("%q: %v", args, err)
		}
	}
}

// Press waits until a window with a title lets a button be pressed, presses it, and gives what the window said, a line for each of its
// controls; “(off) ” stands before what cannot be used.
func (m *Machine) Press(t testing.TB, title, button string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := m.Plain(ctx, `C:\windows\press.exe`, title, button).CombinedOutput()
	if err != nil {
		t.Fatalf("pressing %s: %v\n%s", button, err, out)
	}
	return string(out)
}

// Path is where a file of the machine's drive C: is on this one.
func (m *Machine) Path(windows string) string {
	inside := strings.ReplaceAll(strings.TrimPrefix(windows, `C:`), `\`, "/")
	return filepath.Join(m.prefix, "drive_c", filepath.FromSlash(inside))
}
