package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/needs"
	"passlysync/pkg/problem"
)

const adminPassword = "administrator-secret"

// console is the program in a real terminal.
type console struct {
	t    *testing.T
	tmux string
	args []string // -L socket
}

func openConsole(t *testing.T, width, height string, command ...string) *console {
	t.Helper()
	tm := &console{t: t, tmux: needs.Program(t, "tmux", "tmux"), args: []string{"-S", filepath.Join(t.TempDir(), "tmux"), "-f", "/dev/null"}}
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("LC_ALL", "C.UTF-8")
	tm.do(append([]string{"new-session", "-d", "-x", width, "-y", height}, command...)...)
	tm.do("set-option", "-g", "remain-on-exit", "on")
	t.Cleanup(func() { _ = exec.Command(tm.tmux, append(tm.args, "kill-server")...).Run() })
	return tm
}

func (tm *console) do(args ...string) string {
	tm.t.Helper()
	out, err := exec.Command(tm.tmux, append(tm.args[:len(tm.args):len(tm.args)], args...)...).CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// types types text and then Enter.
func (tm *console) types(texts ...string) {
	tm.t.Helper()
	for _, text := range texts {
		tm.do("send-keys", "-l", text)
		tm.do("send-keys", "Enter")
	}
}

func (tm *console) waits(words string) {
	tm.t.Helper()
	screen := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		screen = tm.do("capture-pane", "-p", "-S", "-", "-E", "-")
		if strings.Contains(strings.Join(strings.Fields(screen), " "), words) {
			return
		}
	}
	tm.t.Fatalf("the terminal never shows %q:\n%s", words, screen)
}

// process gives what everybody on the machine can see of the program.
func (tm *console) process() string {
	pid := strings.TrimSpace(tm.do("display-message", "-p", "#{pane_pid}"))
	command, _ := os.ReadFile("/proc/" + pid + "/cmdline")
	environment, _ := os.ReadFile("/proc/" + pid + "/environ")
	return string(command) + string(environment)
}

// aTenantForAda takes one administrator.
func aTenantForAda(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux.HandleFunc("GET "+control.DiscoveryPath, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, control.Discovery{Product: "passly", Protocol: control.Protocol, TenantID: "t", TenantName: "Acme", Console: "/console"})
	})
	mux.HandleFunc("POST "+control.SignInPath, func(w http.ResponseWriter, r *http.Request) {
		var in control.SignIn
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Password != adminPassword {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			answer(w, problem.Problem{Code: problem.CredentialsBad, Title: "E-mail or password is wrong"})
			return
		}
		answer(w, control.Session{Session: "session-secret", Name: "Ada"})
	})
	mux.HandleFunc("POST "+control.EnrolmentTokensPath, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, control.EnrolmentToken{Token: "token-secret"})
	})
	mux.HandleFunc("POST "+control.SignOutPath, func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// pretender is an agent that takes every enrolment.
type pretender struct{ got chan handoff.Enrolment }

func (pretender) Status(context.Context) (handoff.Status, error) {
	return handoff.Status{Version: "1.0", Name: "DC1"}, nil
}

func (pretender) SyncNow(context.Context) error { return nil }

func (pretender) ChangeDirectory(context.Context, handoff.Directory) error { return nil }

func (pretender) Leave(context.Context) (handoff.Farewell, error) {
	return handoff.Farewell{Told: true}, nil
}

func (p pretender) Enrol(_ context.Context, e handoff.Enrolment, step func(handoff.Step)) error {
	for _, name := range []string{handoff.StepDirectory, handoff.StepKey, handoff.StepKeyring, handoff.StepEnrol, handoff.StepCheckIn} {
		step(handoff.Step{Name: name, State: handoff.StepDone})
	}
	p.got <- e
	return nil
}

// The whole of setup in a real terminal, with a wrong answer at each question on the way, and the agent started late.
func TestSetupInATerminal(t *testing.T) {
	directory, err := adtest.New(adtest.Options{Password: "directory-secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	folder := t.TempDir()
	ca := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(ca, directory.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	tm := openConsole(t, "60", "20", program(t), "setup", "--allow-member", "--state", folder)
	tm.waits("Looking at this machine")
	tm.waits("enter continue")
	tm.do("send-keys", "Enter")
	tm.waits("Step 1 of 3")
	tm.types("127.0.0.1:1")
	tm.waits("✗ 127.0.0.1:1 refuses the connection")
	tm.do("send-keys", "C-u")
	tm.types(aTenantForAda(t))
	tm.waits("Sign in to Acme")
	tm.types("ada@acme.test", "wrong-secret")
	tm.waits("✗ E-mail or password is wrong")
	tm.do("send-keys", "C-u")
	tm.types(adminPassword)
	tm.waits("Step 3 of 3")
	tm.types(directory.URL(), directory.Account(), "directory-secret")
	tm.waits("not trusted here")
	tm.do("resize-window", "-x", "120", "-y", "40")
	tm.types(ca)
	tm.waits("Ready to set up")
	tm.do("send-keys", "Enter")
	tm.waits("Please start the agent in another terminal: passly-sync agent --state " + folder)
	visible := tm.process()
	got := startPretender(t, folder)
	tm.waits("The agent is enrolled")
	tm.do("send-keys", "Enter")
	tm.waits("The agent is enrolled with Acme. Go on at")
	if e := <-got; e.Token != "token-secret" || e.Directory.Password != "directory-secret" {
		t.Errorf("the agent got a token: %t, a password: %t; want both", e.Token != "", e.Directory.Password != "")
	}
	visible += tm.do("capture-pane", "-p", "-S", "-", "-E", "-") + files(t, folder)
	for _, secret := range []string{adminPassword, "wrong-secret", "directory-secret", "token-secret", "session-secret"} {
		if strings.Contains(visible, secret) {
			t.Errorf("%s can be found in the process list, the scrollback or the files", secret)
		}
	}
}

func TestLeavingSetupSaysThatNothingWasChanged(t *testing.T) {
	// A shell says the exit status: tmux itself loses it now and then.
	say := `"$0" "$@"; echo "exit status $?"; exec sleep 60`
	tm := openConsole(t, "80", "24", "sh", "-c", say, program(t), "setup", "--allow-member", "--state", t.TempDir())
	tm.waits("Looking at this machine")
	tm.do("send-keys", "C-c")
	tm.waits("Nothing was changed")
	tm.waits("exit status 130")
}

func startPretender(t *testing.T, folder string) <-chan handoff.Enrolment {
	t.Helper()
	paths, err := host.PathsIn(folder)
	if err != nil {
		t.Fatal(err)
	}
	agent := pretender{make(chan handoff.Enrolment, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- handoff.Serve(ctx, paths.Channel, agent, handoff.Options{}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return agent.got
}

// program is this test's binary under the name by which TestMain makes it the program itself.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "passly-sync")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func files(t *testing.T, folder string) string {
	t.Helper()
	var all bytes.Buffer
	root := os.DirFS(folder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if f, err := root.Open(entry.Name()); err == nil {
			_, _ = all.ReadFrom(f)
			_ = f.Close()
		}
	}
	return all.String()
}
