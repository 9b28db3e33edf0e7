package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/service/servicetest"
	"passlysync/pkg/terminal/terminaltest"
)

const adminPassword = "administrator-secret"

// aTenantForAda takes one administrator.
func aTenantForAda(t *testing.T) string {
	t.Helper()
	return aTenantThatIsLeft(t, func() {})
}

// aTenantThatIsLeft tells when the administrator's session is ended.
func aTenantThatIsLeft(t *testing.T, left func()) string {
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
	mux.HandleFunc("POST "+control.SignOutPath, func(http.ResponseWriter, *http.Request) { left() })
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

func (pretender) CheckVault(context.Context, string) error { return nil }

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
	program := binary(t)
	t.Setenv("PATH", filepath.Dir(program)+":"+os.Getenv("PATH"))
	tm := terminaltest.Open(t, 60, 20, servicetest.Apart(t, program, "setup", "--allow-member", "--state", folder)...)
	tm.Waits("Looking at this machine")
	tm.Waits("enter continue")
	tm.Keys("Enter")
	tm.Waits("Step 1 of 3")
	tm.Types("127.0.0.1:1")
	tm.Waits("✗ 127.0.0.1:1 refuses the connection")
	tm.Retypes(aTenantForAda(t))
	tm.Waits("Sign in to Acme")
	tm.Types("ada@acme.test", "wrong-secret")
	tm.Waits("✗ E-mail or password is wrong")
	tm.Retypes(adminPassword)
	tm.Waits("Step 3 of 3")
	tm.Types(directory.URL(), directory.Account(), "directory-secret")
	tm.Waits("not trusted here")
	tm.Resize(120, 40)
	tm.Types(ca)
	tm.Waits("Ready to set up")
	tm.Keys("Enter")
	tm.Waits("Please start the agent in another terminal: passly-sync agent --state " + folder)
	visible := tm.Process()
	got := startPretender(t, folder)
	tm.Waits("The agent is enrolled")
	tm.Keys("Enter")
	tm.Waits("The agent is enrolled with Acme. Go on at")
	if e := <-got; e.Token != "token-secret" || e.Directory.Password != "directory-secret" {
		t.Errorf("the agent got a token: %t, a password: %t; want both", e.Token != "", e.Directory.Password != "")
	}
	visible += tm.History() + files(t, folder)
	for _, secret := range []string{adminPassword, "wrong-secret", "directory-secret", "token-secret", "session-secret"} {
		if strings.Contains(visible, secret) {
			t.Errorf("%s can be found in the process list, the scrollback or the files", secret)
		}
	}
}

func TestLeavingSetupSaysThatNothingWasChanged(t *testing.T) {
	// A shell says the exit status: tmux itself loses it now and then.
	say := `"$0" "$@"; echo "exit status $?"; exec sleep 60`
	tm := terminaltest.Open(t, 80, 24, "sh", "-c", say, binary(t), "setup", "--allow-member", "--state", t.TempDir())
	tm.Waits("Looking at this machine")
	tm.Keys("C-c")
	tm.Waits("Nothing was changed")
	tm.Waits("exit status 130")
}

func TestLeavingWithAPasswordInSightLeavesNoneInTheTerminal(t *testing.T) {
	say := `"$0" "$@"; exec sleep 60`
	tm := terminaltest.Open(t, 80, 24, "sh", "-c", say, binary(t), "setup", "--allow-member", "--state", t.TempDir(), "--domain", aTenantForAda(t), "--email", "ada@acme.test")
	tm.Waits("enter continue")
	tm.Keys("Enter")
	tm.Waits("Step 1 of 3")
	tm.Keys("Enter")
	tm.Waits("Sign in to Acme")
	tm.Do("send-keys", "-l", adminPassword)
	tm.Keys("C-r")
	tm.Waits(adminPassword)
	tm.Keys("C-c")
	if left := tm.Waits("Nothing was changed"); strings.Contains(left, adminPassword) {
		t.Errorf("the password is left in the terminal:\n%s", left)
	}
}

// Whatever plain setup waits for, Ctrl+C leaves, and the terminal shows again what is typed.
func TestLeavingPlainSetup(t *testing.T) {
	say := `trap : INT QUIT; "$0" "$@"; echo "exit status $?"; stty -a; exec sleep 60`
	for name, test := range map[string]struct {
		keys []string
		end  string
	}{
		"at a question":             {nil, "C-c"},
		"at a password":             {[]string{"ada@acme.test"}, "C-c"},
		"at a password, by Ctrl+\\": {[]string{"ada@acme.test"}, `C-\`},
	} {
		t.Run(name, func(t *testing.T) {
			tm := terminaltest.Open(t, 100, 30, "sh", "-c", say, binary(t), "setup", "--plain", "--allow-member", "--state", t.TempDir(), "--domain", aTenantForAda(t))
			tm.Waits("1 of 3. Passly domain")
			tm.Keys("Enter")
			tm.Waits("2 of 3.")
			for _, k := range test.keys {
				tm.Types(k)
				tm.Waits("Password (not shown)")
			}
			tm.Keys(test.end)
			tm.Waits("Nothing was changed")
			tm.Waits("exit status 130")
			if seen := tm.Waits("echoke"); !strings.Contains(seen, " echo ") {
				t.Errorf("the terminal no longer shows what is typed:\n%s", seen)
			}
		})
	}
}

// What is pasted or typed before it is asked for may be a password: it is shown nowhere.
func TestPlainSetupShowsNoPasswordThatComesEarly(t *testing.T) {
	tm := terminaltest.Open(t, 160, 30, binary(t), "setup", "--plain", "--allow-member", "--state", t.TempDir(), "--domain", aTenantForAda(t))
	tm.Waits("1 of 3. Passly domain")
	tm.Pastes("\nada@acme.test\n" + adminPassword)
	tm.Waits("3 of 3. Directory")
	if seen := tm.History(); strings.Contains(seen, adminPassword) || !strings.Contains(seen, "ada@acme.test") {
		t.Errorf("want the e-mail and no password:\n%s", seen)
	}
}

// A shell that suspends setup and takes it up again does not make it show a password.
func TestPlainSetupComesBackFromBeingSuspended(t *testing.T) {
	tm := terminaltest.Open(t, 100, 30, "bash", "--norc")
	tm.Types(binary(t) + " setup --plain --allow-member --state " + t.TempDir() + " --email ada@acme.test --domain " + aTenantForAda(t))
	tm.Waits("1 of 3. Passly domain")
	tm.Types("", "")
	tm.Waits("Password (not shown)")
	tm.Keys("C-z")
	tm.Waits("Stopped")
	tm.Types("fg")
	tm.Until("asks again", func(text string) bool { return strings.Count(text, "Password (not shown)") == 2 })
	tm.Types(adminPassword)
	if seen := tm.Waits("3 of 3. Directory"); strings.Contains(seen, adminPassword) {
		t.Errorf("the password is shown:\n%s", seen)
	}
}

// At a line that is typed, its end can be taken back.
func TestPlainSetupLetsALineBeCorrected(t *testing.T) {
	tm := terminaltest.Open(t, 100, 30, binary(t), "setup", "--plain", "--allow-member", "--state", t.TempDir())
	tm.Waits("1 of 3. Passly domain")
	tm.Do("send-keys", "-l", "nowhére 日本")
	tm.Keys("Left", "BSpace", "BSpace", "BSpace", "BSpace")
	tm.Until("shows what is left", func(text string) bool { return strings.HasSuffix(strings.TrimSpace(text), "domain: nowhér") })
	tm.Keys("C-u")
	tm.Types(aTenantForAda(t))
	tm.Waits("This is Acme")
}

// A terminal that is closed under setup leaves no session of the administrator behind.
func TestClosingTheTerminalSignsOut(t *testing.T) {
	for name, flags := range map[string][]string{"screen": nil, "plain": {"--plain"}} {
		t.Run(name, func(t *testing.T) {
			left := make(chan struct{}, 1)
			tenant := aTenantThatIsLeft(t, func() { left <- struct{}{} })
			command := []string{binary(t), "setup", "--allow-member", "--state", t.TempDir(), "--domain", tenant, "--email", "ada@acme.test"}
			tm := terminaltest.Open(t, 160, 30, append(command, flags...)...)
			if flags == nil {
				tm.Waits("enter continue")
				tm.Keys("Enter")
			}
			tm.Waits("1 of 3")
			tm.Keys("Enter")
			tm.Waits("ada@acme.test")
			if flags != nil {
				tm.Keys("Enter")
			}
			tm.Types(adminPassword)
			tm.Waits("3 of 3")
			tm.Do("kill-server")
			select {
			case <-left:
			case <-time.After(10 * time.Second):
				t.Error("the session was never ended")
			}
		})
	}
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

// binary is this test's binary under the name by which TestMain makes it the program itself.
func binary(t *testing.T) string {
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
