package wizard

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

func TestThreeQuestionsLeadToAnEnrolledAgent(t *testing.T) {
	w := &world{}
	d := drive(t, w.options()).through(answerDomain).sees("Step 2 of 3", "Sign in to Acme Corporation")
	d.through(answerSignIn).sees("Step 3 of 3", "Service account")
	d.through(answerAccount).sees("Ready to set up", "Ada Lovelace", "example.test at dc1.example.test", "terms of use")
	if d.m.setup.result.Tenant != "" || w.gotEnrol.Token != "" {
		t.Error("something was done before the summary was confirmed")
	}
	d.press("enter").sees("The agent is enrolled", "https://acme.my.passly.com/directory-sync", "What happens next")
	want := handoff.Enrolment{
		Tenant: "https://acme.my.passly.com", Token: "token-secret",
		Directory: handoff.Directory{URL: "ldaps://dc1.example.test", Account: "svc@example.test", Password: "dir-secret"},
	}
	if diff := cmp.Diff(want, w.gotEnrol); diff != "" {
		t.Errorf("handed over (-want +got):\n%s", diff)
	}
	if !w.signedOut {
		t.Error("the administrator's session was left open")
	}
	if d.press("enter"); !d.quit || !d.m.finished() {
		t.Errorf("after Enter on the last screen: got quit %t, finished %t", d.quit, d.m.finished())
	}
}

func TestEscapeGoesBackWithEverythingKept(t *testing.T) {
	d := drive(t, (&world{}).options()).through(answerDomain, answerSignIn, answerAccount)
	d.press("esc").sees("Step 3 of 3", "svc@example.test", "dc1.example.test", "••••")
	d.press("esc").sees("Step 2 of 3", "ada@acme.test", "••••")
	d.press("esc").sees("Step 1 of 3", "acme")
	d.press("enter", "enter", "enter").sees("Ready to set up")
}

func TestWhatIsWrongIsSaidAndNothingIsLost(t *testing.T) {
	refused := &problem.Problem{Code: problem.CredentialsBad, Title: "That was refused", Text: "It means this.", Hint: "Do that."}
	for name, test := range map[string]struct {
		world   world
		answers [][]string
		kept    string
		mend    func(*world)
		next    string
	}{
		"domain":    {world{discover: refused}, [][]string{answerDomain}, "acme", func(w *world) { w.discover = nil }, "Step 2"},
		"sign-in":   {world{signIn: refused}, [][]string{answerDomain, answerSignIn}, "ada@acme.test", func(w *world) { w.signIn = nil }, "Step 3"},
		"directory": {world{directory: refused}, [][]string{answerDomain, answerSignIn, answerAccount}, "svc@example.test", func(w *world) { w.directory = nil }, "Ready"},
		"a step": {
			world{enrol: refused},
			[][]string{answerDomain, answerSignIn, answerAccount, {"enter"}},
			"✗ Store the credentials in the keyring",
			func(w *world) { w.enrol = nil },
			"The agent is enrolled",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &test.world
			d := drive(t, w.options()).through(test.answers...)
			d.sees("✗ That was refused", "It means this.", "→ Do that.", test.kept)
			test.mend(w)
			d.press("enter").sees(test.next)
		})
	}
}

func TestOneTimeCodeIsAskedForWhenTheTenantWantsIt(t *testing.T) {
	w := &world{code: "123456"}
	d := drive(t, w.options()).through(answerDomain).sees("Password")
	if strings.Contains(d.m.View(), "One-time code") {
		t.Error("a code is asked for before the tenant wants one")
	}
	d.press(answerSignIn...).sees("One-time code", "i This account is protected")
	d.press("999999", "enter").sees("✗ This account is protected")
	d.press("123 456", "enter").sees("Step 3 of 3")
}

func TestCAFileIsAskedForWhenTheAuthorityIsUnknown(t *testing.T) {
	w := &world{discover: &problem.Problem{Code: problem.TLS, Title: "Not trusted", Err: x509.UnknownAuthorityError{}}}
	d := drive(t, w.options())
	if d.sees("Passly domain"); strings.Contains(d.m.View(), "CA file") {
		t.Error("a CA file is asked for before it is needed")
	}
	d.press(answerDomain...).sees("CA file")
	w.discover = nil
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte("PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.press(filepath.Join(t.TempDir(), "none"), "enter").sees("✗ The CA file cannot be read")
	d.press("ctrl+u", ca, "enter").sees("Step 2 of 3")
	d.through(answerSignIn, answerAccount, []string{"enter"})
	if w.gotEnrol.TenantCA != "PEM" {
		t.Errorf("the agent got CA %q, want the file's", w.gotEnrol.TenantCA)
	}
}

func TestGivenTokenLeavesTheSignInOut(t *testing.T) {
	w := &world{}
	o := w.options()
	o.Prefilled.EnrolmentToken = "given-token"
	drive(t, o).through(answerDomain).sees("Step 3 of 3").through(answerAccount, []string{"enter"}).sees("The agent is enrolled")
	if w.gotEnrol.Token != "given-token" {
		t.Error("the agent did not get the given token")
	}
}

func TestPrefilledAnswersNeedOnlyEnter(t *testing.T) {
	o := (&world{}).options()
	o.Prefilled = Answers{
		Domain: "acme", Email: "ada@acme.test", Password: "p", DirectoryURL: "ldaps://dc", DirectoryAccount: "svc", DirectoryPassword: "p",
	}
	drive(t, o).press("enter", "enter", "enter").sees("Ready to set up").press("enter").sees("The agent is enrolled")
}

func TestEscapeStopsACheck(t *testing.T) {
	d := drive(t, (&world{blockChecks: true}).options()).press("acme")
	cmd := d.begin(tea.KeyEnter)
	d.sees("Looking for the tenant", "esc stop checking")
	d.press("esc")
	d.run(cmd) // the late answer must change nothing
	d.sees("Step 1 of 3", "acme")
	if strings.Contains(d.m.View(), markFailed) {
		t.Errorf("stopping is shown as a failure:\n%s", d.m.View())
	}
}

func TestServiceIsInstalledWhereNoAgentAnswers(t *testing.T) {
	w := &world{down: 1}
	o := w.options()
	o.Service = w
	d := drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("The agent is enrolled")
	if !w.installed {
		t.Error("the service was not installed")
	}
	var names []string
	for _, row := range d.m.steps.rows[:3] {
		names = append(names, row.Name)
	}
	if diff := cmp.Diff([]string{StepInstall, StepStart, StepAgent}, names); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestSetupGoesOnWhenThePersonStartsTheAgent(t *testing.T) {
	w := &world{down: 2}
	drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("The agent is enrolled")
}

func TestAnAgentThatIsJustStartingIsAskedAgain(t *testing.T) {
	w := &world{down: 1, silent: 2}
	o := w.options()
	o.Service = w
	drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("The agent is enrolled")
}

func TestLeavingSaysWhatWasAndWasNotDone(t *testing.T) {
	d := drive(t, (&world{}).options()).through(answerDomain).press("ctrl+c")
	if p := d.m.left(); !d.quit || p.Code != Left || !strings.Contains(p.Text, "Nothing was changed") {
		t.Errorf("got quit %t and %q, want words that nothing was changed", d.quit, p.Text)
	}
	w := &world{enrol: errors.New("no")}
	d = drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).press("ctrl+c")
	if p := d.m.left(); !strings.Contains(p.Text, "Done: "+StepAgent) || !strings.Contains(p.Text, "Not done: "+handoff.StepKeyring) {
		t.Errorf("got %q, want what was and was not done", p.Text)
	}
}

func TestPastedPasswordLosesItsLineEnd(t *testing.T) {
	w := &world{}
	d := drive(t, w.options()).through(answerDomain).press("ada@acme.test", "enter")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("pass word\r\n"), Paste: true})
	d.press("enter")
	if want := (control.SignIn{Email: "ada@acme.test", Password: "pass word"}); w.gotSignIn != want {
		t.Error("the pasted password did not arrive as it was copied")
	}
}

// Passwords are shown only while the person asks for it, and never on the screens after.
func TestSecretsAreNeverOnTheScreen(t *testing.T) {
	w := &world{enrol: errors.New("failed")}
	d := drive(t, w.options())
	secrets := []string{"pass-word", "dir-secret", "token-secret", "session-secret"}
	look := func() {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(d.size(200, 50), secret) {
				t.Fatalf("a secret is on the screen:\n%s", d.m.View())
			}
		}
	}
	for _, keys := range [][]string{answerDomain, answerSignIn, answerAccount, {"enter"}, {"esc"}, {"esc"}} {
		for _, k := range keys {
			d.press(k)
			look()
		}
	}
	if d.press("ctrl+r"); !strings.Contains(d.size(100, 30), "dir-secret") {
		t.Error("ctrl+r does not show the password")
	}
	d.press("esc").press("enter")
	look()
}

// A tenant's or directory's words must not steer the administrator's terminal.
func TestForeignWordsCannotSteerTheTerminal(t *testing.T) {
	w := &world{discover: &problem.Problem{Title: "a\x1b[2Jb", Text: "c\x1b]0;x\ad", Hint: "e\rf"}}
	d := drive(t, w.options()).through(answerDomain)
	if view := d.size(100, 30); strings.ContainsAny(view, "\x1b\a\r") {
		t.Errorf("got control characters on the screen: %q", view)
	}
}

func TestEverySessionIsEndedThoughSomebodySignedInTwice(t *testing.T) {
	w := &world{}
	d := drive(t, w.options()).through(answerDomain, answerSignIn).sees("Step 3 of 3").press("esc").sees("Step 2 of 3")
	d.press("enter").sees("Step 3 of 3").press("esc", "esc", "enter", "enter").sees("Step 3 of 3")
	d.m.setup.signOut(t.Context())
	if w.signOuts != 3 {
		t.Errorf("%d sessions were ended, want the 3 that were opened", w.signOuts)
	}
}
