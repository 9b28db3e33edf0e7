package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"passlysync/pkg/needs"
	"passlysync/pkg/problem"
)

var update = flag.Bool("update", false, "write the golden files anew")

func settings() Settings {
	return Settings{
		Program: "/usr/bin/passly-sync", Args: []string{"agent", "--state", "/var/lib/passly sync/100%"},
		State: "/var/lib/passly sync/100%", Account: "passly",
		Environment: []string{"HTTPS_PROXY=http://proxy.example.test:3128", `NO_PROXY=localhost, 100%, $HOME, "x"`},
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
		"environment":      func(s *Settings) { s.Environment = []string{"NO_PROXY=a\nUser=root"} },
		"proxy's password": func(s *Settings) { s.Environment = []string{"HTTPS_PROXY=http://u:secret@p.test"} },
		"relative program": func(s *Settings) { s.Program = "passly-sync" },
	} {
		s := settings()
		spoil(&s)
		if text, err := Unit(s); err == nil {
			t.Errorf("%s: got no error and\n%s", name, text)
		}
	}
}

// recorded is a manager whose systemctl only writes down what it was asked; everything is this process's account's.
func recorded(t *testing.T, answer error) (*Manager, *[]string) {
	t.Helper()
	asked := &[]string{}
	s := settings()
	s.State = filepath.Join(t.TempDir(), "state")
	s.Args = []string{"agent", "--state", s.State, "--vault", "file"}
	return &Manager{
		settings: s, folder: t.TempDir(),
		run: func(_ context.Context, args ...string) ([]byte, error) {
			*asked = append(*asked, strings.Join(args, " "))
			return []byte("systemd's own words"), answer
		},
		lookUp: func(string) (owner, error) { return owner{os.Getuid(), os.Getgid()}, nil },
	}, asked
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
		"daemon-reload", "enable --quiet passly-sync.service",
		"is-active --quiet passly-sync.service", "daemon-reload", "enable --quiet passly-sync.service",
		"restart passly-sync.service", "stop passly-sync.service", "disable --now --quiet passly-sync.service", "daemon-reload",
	}
	if diff := cmp.Diff(want, *asked); diff != "" {
		t.Errorf("systemctl (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(m.settings.State); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder: got %v, %v; want it, for its owner alone", info, err)
	}
}

func TestWhatIsInstalledIsReadBack(t *testing.T) {
	m, _ := recorded(t, nil)
	if got, ok := m.Installed(t.Context()); ok {
		t.Errorf("before: got %+v, want nothing", got)
	}
	m.settings.Program = `/opt/with space/100%/$HOME/a"b\c;d`
	m.settings.Args = append(m.settings.Args, "", "$x")
	if err := m.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := Installation{
		Program: m.settings.Program, Args: m.settings.Args, Account: "passly", Vault: "file", State: m.settings.State, Running: true,
	}
	got, ok := m.Installed(t.Context())
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("installed %t (-want +got):\n%s", ok, diff)
	}
	m.run = func(context.Context, ...string) ([]byte, error) { return nil, errors.New("exit status 3") }
	dropIn := filepath.Join(m.path()+".d", "proxy.conf")
	if err := errors.Join(os.Mkdir(filepath.Dir(dropIn), 0o755), os.WriteFile(dropIn, []byte("[Service]\nEnvironmentFile=/etc/p\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if got, _ := m.Installed(t.Context()); got.Running || !got.EnvironmentFile {
		t.Errorf("stopped, with a drop-in: got %+v", got)
	}
}

func TestEveryCommandLineIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := settings()
		s.Args = rapid.SliceOf(rapid.StringMatching(`[^\x00-\x08\x0a-\x1f\x7f-\x9f]*`)).Draw(t, "arguments")
		text, err := Unit(s)
		if err != nil {
			t.Fatal(err)
		}
		command, account := readUnit(text)
		if want := append([]string{s.Program}, s.Args...); !slices.Equal(command, want) || account != s.Account {
			t.Errorf("got %q as %q, want %q as %q", command, account, want, s.Account)
		}
	})
}

func TestAnotherAccountTakesTheServiceOver(t *testing.T) {
	m, asked := recorded(t, nil)
	if err := m.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.settings.Account, *asked = "other", nil
	if err := m.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"is-active --quiet passly-sync.service", "stop passly-sync.service", "daemon-reload", "enable --quiet passly-sync.service",
		"restart passly-sync.service",
	}
	if diff := cmp.Diff(want, *asked); diff != "" {
		t.Errorf("systemctl (-want +got):\n%s", diff)
	}
	if got, _ := m.Installed(t.Context()); got.Account != "other" {
		t.Errorf("got account %q, want the new one", got.Account)
	}
}

func TestMissingAccountIsSaidBeforeAnythingIsInstalled(t *testing.T) {
	m, asked := recorded(t, nil)
	m.settings.Account, m.lookUp = "no-such-account", lookUp
	p := problem.Of(m.Install(t.Context()))
	if p.Code != NoAccount || !strings.Contains(p.Hint, "useradd --system") || !strings.HasSuffix(p.Hint, "no-such-account") {
		t.Errorf("got %s %q, want the command that makes the account", p.Code, p.Hint)
	}
	if _, err := os.Stat(m.settings.State); err == nil || len(*asked) > 0 {
		t.Errorf("something was installed: asked %q", *asked)
	}
}

// TestStateIsGivenWithoutFollowingLinks is a former owner of the folder who wants others' files.
func TestStateIsGivenWithoutFollowingLinks(t *testing.T) {
	if os.Geteuid() != 0 {
		needs.Missing(t, "giving files away needs root", "sudo go test ./pkg/service")
	}
	nobody, err := lookUp("nobody")
	if err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(t.TempDir(), "victim")
	state := filepath.Join(t.TempDir(), "state")
	err = errors.Join(
		os.WriteFile(victim, nil, 0o600), os.MkdirAll(filepath.Join(state, "run"), 0o755),
		os.WriteFile(filepath.Join(state, "run", "mirror.db"), nil, 0o600),
		os.Symlink(victim, filepath.Join(state, "run", "link")), os.Symlink(filepath.Dir(victim), filepath.Join(state, "folder")),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := giveState(state, nobody); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		state: nobody.uid, filepath.Join(state, "run", "mirror.db"): nobody.uid, filepath.Join(state, "run", "link"): nobody.uid,
		victim: 0, filepath.Dir(victim): 0,
	} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := int(info.Sys().(*syscall.Stat_t).Uid); got != want {
			t.Errorf("%s: got owner %d, want %d", path, got, want)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(victim), link); err != nil {
		t.Fatal(err)
	}
	if err := giveState(link, nobody); err == nil {
		t.Error("a link in the place of the folder was followed")
	}
}

func TestProxyGoesIntoTheServiceWithoutPasswords(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		want, held  []string
	}{
		"none":             {nil, nil, nil},
		"all":              {map[string]string{"HTTPS_PROXY": "http://p:1", "no_proxy": "a"}, []string{"HTTPS_PROXY=http://p:1", "no_proxy=a"}, nil},
		"twice":            {map[string]string{"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, []string{"HTTPS_PROXY=http://p:1"}, nil},
		"a password":       {map[string]string{"HTTPS_PROXY": "http://u:secret@p:1"}, nil, []string{"HTTPS_PROXY"}},
		"without a scheme": {map[string]string{"https_proxy": "u:secret@p:1"}, nil, []string{"https_proxy"}},
		"unreadable":       {map[string]string{"https_proxy": "http://u:%zz@p:1"}, nil, []string{"https_proxy"}},
	} {
		got, held := ProxyEnvironment(func(name string) string { return test.environment[name] })
		if diff := cmp.Diff([][]string{test.want, test.held}, [][]string{got, held}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSettingsNeverShowThePassword(t *testing.T) {
	s := settings()
	s.Password = "do-not-show"
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if strings.Contains(fmt.Sprintf(form, s), s.Password) {
			t.Errorf("%s shows the password", form)
		}
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
