package wizard

import (
	"context"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// talk holds a conversation: what is typed, line by line, and everything that was said.
func talk(t *testing.T, o Options, typed ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	o.In, o.Out = strings.NewReader(strings.Join(typed, "\n")+"\n"), &out
	_, err := Plain(t.Context(), o)
	return out.String(), err
}

func hears(t *testing.T, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not said:\n%s", w, said)
		}
	}
}

func TestPlainAsksTheSameLineByLine(t *testing.T) {
	w := &world{lacks: true, checks: []preflight.Check{aCheck("Disk", true, preflight.Result{State: preflight.Passed})}}
	o := w.options()
	var out strings.Builder
	o.In = strings.NewReader("acme\nada@acme.test\npass-word\ndc1.example.test\nsvc@example.test\n\ndir-secret\nagain\n\nfile\nyes\n")
	o.Out = &out
	result, err := Plain(t.Context(), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, words := range []string{"passed: Disk", "This is Acme Corporation", "List deleted objects", "done: First check-in", result.Words} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("%q is not said:\n%s", words, out.String())
		}
	}
	if w.gotEnrol.Vault != "file" {
		t.Errorf("credentials: got %q, want the place that was typed", w.gotEnrol.Vault)
	}
	if w.gotEnrol.Directory.Password != "dir-secret" || strings.Contains(out.String(), "dir-secret") {
		t.Error("the password did not get through, or was shown")
	}
}

func TestPlainLeavesAtTheEndOfInput(t *testing.T) {
	w := &world{discover: &problem.Problem{Title: "Not found there", Hint: "Check the spelling."}}
	o := w.options()
	var out strings.Builder
	o.In, o.Out = strings.NewReader("acme\n"), &out
	if _, err := Plain(t.Context(), o); !problem.Is(err, Left) || !strings.Contains(out.String(), "Not yet: Not found there.") {
		t.Errorf("got %v and\n%s", err, out.String())
	}
}

func TestPlainSignsInByBrowser(t *testing.T) {
	w := &world{device: func(context.Context) (control.Session, error) { return control.Session{Session: "s", Name: "Ada"}, nil }}
	said, err := talk(t, w.options(), "acme", "browser", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "yes")
	if err != nil {
		t.Fatal(err, said)
	}
	hears(t, said, "open https://acme.my.passly.com/device and enter the code BDWP-HQPK", "Signed in as Ada")
	if w.gotEnrol.Token == "" {
		t.Error("the agent was not enrolled")
	}
}

func TestPlainAsksForTheCodeUntilItIsRight(t *testing.T) {
	w := &world{code: "123456"}
	said, err := talk(t, w.options(), "acme", "ada@acme.test", "pass-word", "999999", "123 456", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "yes")
	if err != nil {
		t.Fatal(err, said)
	}
	if n := strings.Count(said, "One-time code: "); n != 2 {
		t.Errorf("the code was asked for %d times, want twice:\n%s", n, said)
	}
}

func TestPlainPasswordsKeepTheirSpaces(t *testing.T) {
	w := &world{}
	if _, err := talk(t, w.options(), "acme", "ada@acme.test", "  two words ", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "yes"); err != nil {
		t.Fatal(err)
	}
	if w.gotSignIn.Password != "  two words " {
		t.Error("the password did not arrive as it was typed")
	}
}

func TestPlainOnAnEnrolledMachine(t *testing.T) {
	w := enrolledWorld()
	said, err := talk(t, w.options(), "")
	if err != nil {
		t.Errorf("leaving everything as it is: %v", err)
	}
	hears(t, said, "Tenant: Acme", "State: In sync", "2. Change the service account.", "5. Remove.")
	said, err = talk(t, w.options(), "2", "", "", "", "new-secret")
	if err != nil || w.gotChange.Password != "new-secret" || w.gotEnrol.Token != "" {
		t.Errorf("changing the account: got %v, password handed over %t, enrolled %t\n%s", err, w.gotChange.Password != "", w.gotEnrol.Token != "", said)
	}
	said, err = talk(t, w.options(), "9", "5", "yes")
	if err != nil || w.leftTenant {
		t.Errorf("removing without the word: got %v, left %t", err, w.leftTenant)
	}
	hears(t, said, "There is no 9", "Nothing was removed")
	if said, err = talk(t, w.options(), "5", "remove"); err != nil || !w.leftTenant {
		t.Errorf("removing: got %v, left %t\n%s", err, w.leftTenant, said)
	}
	said, err = talk(t, w.options(), "1", "3", "", "ada@acme.test", "pass-word", "", "", "", "dir-secret", "", "yes")
	if err != nil || w.gotEnrol.Token == "" {
		t.Errorf("enrolling again: got %v\n%s", err, said)
	}
}

func TestPlainSaysWhatWasTakenBack(t *testing.T) {
	w := &world{down: 3, enrol: &problem.Problem{Title: "No keyring here", Hint: "Install one."}}
	o := w.options()
	o.Service = w
	said, err := talk(t, o, "acme", "ada@acme.test", "pass-word", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "", "yes")
	if !problem.Is(err, problem.Of(w.enrol).Code) && problem.Of(err).Title != "No keyring here" {
		t.Errorf("got %v, want the step's own words", err)
	}
	hears(t, said, "failed: "+handoff.StepKeyring, "undone: "+StepInstall)
	if w.installed {
		t.Error("the service is still there")
	}
}

func TestPlainOffersRepairs(t *testing.T) {
	said, err := talk(t, stopped().options(), "yes", "")
	if err != nil {
		t.Fatal(err, said)
	}
	hears(t, said, "warning: Service", "Start the agent's service? Type yes", "passed: Service", "State: In sync")
	if said, err = talk(t, stopped().options(), "", "acme"); !problem.Is(err, Left) {
		t.Errorf("without the repair: got %v", err)
	}
	hears(t, said, "1 of 3. Passly domain")
}
