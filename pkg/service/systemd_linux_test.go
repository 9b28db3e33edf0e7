package service

import (
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/needs"
	"passlysync/pkg/problem"
)

var update = flag.Bool("update", false, "write the golden files anew")

func settings() Settings {
	return Settings{
		Program: "/usr/bin/passly-sync", Args: []string{"agent", "--state", "/var/lib/passly sync/100%"},
		State: "/var/lib/passly sync/100%", Account: "passly",
	}
}

func TestUnitIsTheOneThatWasReviewed(t *testing.T) {
	got, err := Unit(settings())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "passly-sync.service")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the unit changed; if it shall, run go test ./pkg/service -update (-want +got):\n%s", diff)
	}
}

func TestUnitIsUnderstoodBySystemd(t *testing.T) {
	program := needs.Program(t, "systemd-analyze", "systemd")
	s := settings()
	s.Program, s.Account = "/bin/true", ""
	text, err := Unit(s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), Name+".service")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "verify", "--man=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), path) {
		t.Errorf("got %v:\n%s", err, out)
	}
}

func TestUnitCannotBeBrokenOutOf(t *testing.T) {
	for name, spoil := range map[string]func(*Settings){
		"argument":         func(s *Settings) { s.Args = []string{"agent\nExecStartPre=/bin/evil"} },
		"state":            func(s *Settings) { s.State = "/x\nUser=root" },
		"account":          func(s *Settings) { s.Account = "a\nUser=root" },
		"relative program": func(s *Settings) { s.Program = "passly-sync" },
	} {
		s := settings()
		spoil(&s)
		if text, err := Unit(s); err == nil {
			t.Errorf("%s: got no error and\n%s", name, text)
		}
	}
}

// recorded is a manager whose systemctl only writes down what it was asked.
func recorded(t *testing.T, answer error) (*Manager, *[]string) {
	t.Helper()
	asked := &[]string{}
	s := settings()
	s.State = filepath.Join(t.TempDir(), "state")
	return &Manager{settings: s, folder: t.TempDir(), run: func(_ context.Context, args ...string) ([]byte, error) {
		*asked = append(*asked, strings.Join(args, " "))
		return []byte("systemd's own words"), answer
	}}, asked
}

func TestServiceIsInstalledStartedAndRemoved(t *testing.T) {
	m, asked := recorded(t, nil)
	ctx := t.Context()
	for _, do := range []func(context.Context) error{m.Install, m.Install, m.Start, m.Stop, m.Remove, m.Remove} {
		if err := do(ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"daemon-reload", "enable --quiet passly-sync.service", "daemon-reload", "enable --quiet passly-sync.service",
		"restart passly-sync.service", "stop passly-sync.service", "disable --now --quiet passly-sync.service", "daemon-reload",
	}
	if diff := cmp.Diff(want, *asked); diff != "" {
		t.Errorf("systemctl (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(m.settings.State); err != nil {
		t.Errorf("the state folder: %v", err)
	}
}

func TestFailingToStartIsSaidInSystemdsWords(t *testing.T) {
	m, _ := recorded(t, errors.New("exit status 1"))
	p := problem.Of(m.Start(t.Context()))
	if p.Text != "systemd's own words" || !strings.Contains(p.Hint, "journalctl") {
		t.Errorf("got text %q and hint %q, want systemd's words and where to look", p.Text, p.Hint)
	}
}

func TestNotifierTellsTheServiceManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	_ = socket.SetReadDeadline(time.Now().Add(10 * time.Second))
	environment := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000"}
	n := NewNotifier(func(name string) string { return environment[name] })
	hear := func() string {
		buffer := make([]byte, 1024)
		length, err := socket.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:length])
	}
	n.Ready("in sync:\n1,000 people")
	if got, want := hear(), "READY=1\nSTATUS=in sync: 1,000 people"; got != want {
		t.Errorf("ready: got %q, want %q", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Watchdog(ctx, nil) }()
	if got, want := hear(), "WATCHDOG=1"; got != want {
		t.Errorf("watchdog: got %q, want %q", got, want)
	}
	cancel()
	<-done
}

func TestNotifierWithoutAServiceManagerIsSilent(t *testing.T) {
	n := NewNotifier(func(string) string { return "" })
	n.Ready("ready")
	n.Stopping()
	n.Watchdog(t.Context(), nil) // returns at once: nobody watches
}
