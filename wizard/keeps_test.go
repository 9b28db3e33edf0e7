package wizard

import (
	"context"
	"errors"
	"strings"
	"testing"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

func noKeyring() error {
	return &problem.Problem{Code: vault.Unusable, Title: "No keyring can be reached", Hint: "Or " + vault.Elsewhere}
}

// A keyring that cannot be used is known before anything is set up, and the way out is a field on the same screen.
func TestKeyringThatCannotBeUsedIsSaidAtItsField(t *testing.T) {
	w := &world{keyring: noKeyring()}
	d := drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount)
	d.sees("Step 3 of 3", "✗ No keyring can be reached", "in the field Credentials", "‹ the service's OS keyring ›").hides("--vault")
	d.press("right", "enter").sees("Ready to set up", "in clear text")
}

func TestKeyringOfAServiceThatIsNotThereYetIsTriedHere(t *testing.T) {
	for name, test := range map[string]struct {
		account string
		want    string
	}{
		"this account":    {"", "✗ No keyring can be reached"},
		"another account": {"passly", "Ready to set up"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{down: 100}
			o := w.options()
			o.Service, o.Prefilled.ServiceAccount = w, test.account
			o.TryVault = func(context.Context, string) error { return noKeyring() }
			drive(t, o).through(answerDomain, answerSignIn, answerAccount).sees(test.want)
		})
	}
}

// A place that was given on the command line is one to choose from.
func TestSystemdsCredentialsCanBeLeft(t *testing.T) {
	w := &world{keyring: noKeyring()}
	o := w.options()
	o.Vault = "systemd"
	d := drive(t, o).through(answerDomain, answerSignIn, answerAccount).sees("‹ systemd's credentials ›")
	d.press("left", "enter").sees("Ready to set up", "in clear text")
}

func TestPlainSaysAKeyringThatCannotBeUsed(t *testing.T) {
	w := &world{keyring: noKeyring()}
	said, err := talk(t, w.options(), "acme", "ada@acme.test", "pass-word", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "file", "yes")
	if err != nil || w.gotEnrol.Vault != "file" {
		t.Fatalf("got %v, vault %q\n%s", err, w.gotEnrol.Vault, said)
	}
	hears(t, said, "Not yet: No keyring can be reached", "type file")
}

// A step that fails can be tried again, also with other answers; the sign-in and the password are kept.
func TestPlainTriesAgain(t *testing.T) {
	w := &world{enrol: &problem.Problem{Title: "That was refused"}}
	said, err := talk(t, w.options(), "acme", "ada@acme.test", "pass-word", "dc1.example.test", "svc@example.test", "", "dir-secret", "", "yes",
		"", "back", "", "", "", "", "file", "yes")
	if problem.Of(err) == nil || problem.Of(err).Title != "That was refused" {
		t.Errorf("at the end of the input: got %v, want what failed", err)
	}
	if n := strings.Count(said, "failed: "+handoff.StepKeyring); n != 3 || w.gotEnrol.Vault != "file" {
		t.Errorf("tried %d times, at last with %q; want 3 and file\n%s", n, w.gotEnrol.Vault, said)
	}
	hears(t, said, "Press enter to try again, or type back")
}

func TestErrorBeforeAnyStepIsShownAtTheOneItConcerns(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{{noKeyring(), handoff.StepKeyring}, {errors.New("full disk"), handoff.StepDirectory}} {
		got := ""
		f := follower{tell: func(s handoff.Step) { got = s.Name }}
		if f.fail(test.err); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}
