package handoff

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/problem"
)

func TestSocketAndFolderAreForTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "agent.sock")
	listener, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %04o, want %04o", path, got, want)
		}
	}
}

func TestFolderOpenToOthersIsClosed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := privateFolder(folder); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("got mode %04o, want 0700", got)
	}
}

func TestFolderThatIsALinkIsRefused(t *testing.T) {
	link := filepath.Join(t.TempDir(), "run")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := privateFolder(link); !problem.Is(err, problem.Forbidden) {
		t.Errorf("got %v, want a problem of code %s", err, problem.Forbidden)
	}
}

func TestSocketOfADeadAgentIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	listener, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
}

func TestChannelOfALivingAgentIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.sock")
	living, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer living.Close()
	if _, err := listen(t.Context(), path); !problem.Is(err, problem.Conflict) {
		t.Errorf("got %v, want a problem of code %s", err, problem.Conflict)
	}
	conn, err := dial(t.Context(), path)
	if err != nil {
		t.Fatalf("the living agent cannot be reached any more: %v", err)
	}
	_ = conn.Close()
}

func TestPathThatNoSocketCanHaveIsSaid(t *testing.T) {
	_, err := listen(t.Context(), filepath.Join(t.TempDir(), strings.Repeat("long", 40), "agent.sock"))
	if !problem.Is(err, problem.Invalid) {
		t.Errorf("got %v, want a problem of code %s", err, problem.Invalid)
	}
}

func TestOnlyOwnAccountAndRootAreTrusted(t *testing.T) {
	for name, test := range map[string]struct {
		peer uint32
		ok   bool
	}{"own": {1000, true}, "root": {0, true}, "another": {1001, false}} {
		if err := trust(test.peer, 1000, 0); (err == nil) != test.ok {
			t.Errorf("%s: got %v, want trusted: %v", name, err, test.ok)
		}
	}
}

func TestPeerIsAskedOfTheKernel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.sock")
	listener, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := peerOf(conn)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint32(os.Geteuid()); got != want {
		t.Errorf("got user id %d, want %d", got, want)
	}
}

// pretend answers on a socket like an agent that is broken or lies.
func pretend(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.sock")
	listener, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: answer, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return Dial(path)
}

func TestAnswersOfABrokenAgentAreProblems(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		code problem.Code
	}{
		"ends in the middle": {`{"step":{"name":"a","state":"done"}}` + "\n", problem.Unavailable},
		"no JSON":            {"hello\n", problem.Invalid},
		"a key twice":        {`{"done":true,"done":true}` + "\n", problem.Invalid},
		"an endless line":    {strings.Repeat("x", maxLine+10), problem.Unavailable},
		"endless steps":      {strings.Repeat(`{"step":{"name":"a"}}`+"\n", maxLines+1), problem.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			client := pretend(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.body) })
			err := client.Enrol(context.Background(), Enrolment{}, func(Step) {})
			if !problem.Is(err, test.code) {
				t.Errorf("got %v, want a problem of code %s", err, test.code)
			}
		})
	}
}

// Where no systemd runs, systemctl is no advice.
func TestAdviceToStartTheAgentCanBeFollowed(t *testing.T) {
	_, err := Dial(filepath.Join(t.TempDir(), "agent.sock")).Status(t.Context())
	_, there := os.Stat("/run/systemd/system")
	if hint := problem.Of(err).Hint; strings.Contains(hint, "systemctl") != (there == nil) || !strings.Contains(hint, "passly-sync agent") {
		t.Errorf("with systemd here %t: got %q", there == nil, hint)
	}
}
