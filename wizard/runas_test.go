package wizard

import (
	"context"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
)

func TestWhatAPolicyTakesBackIsSaidBeforeItIsDone(t *testing.T) {
	w := &world{down: 1, caution: "The group policy “Services” takes the right back."}
	d := drive(t, onWindows(w)).through(answerDomain, answerSignIn, answerAccount).press("right", "enter", `EXAMPLE\svc`, "enter", "run-secret", "enter")
	d.sees("Ready to set up", "The group policy “Services” takes the right")
}

// unattendedOnWindows is a script that runs again on a machine that is enrolled, with an account for the service.
func unattendedOnWindows(t *testing.T, w *world, account, password string) (Result, []string) {
	t.Helper()
	o := w.options()
	o.Service = w
	o.Managed = func(context.Context, handoff.Directory) ([]directory.ServiceAccount, error) {
		return []directory.ServiceAccount{{Name: "gmsa-passly", Usable: true}}, nil
	}
	a := Answers{
		Domain: "acme.my.passly.com", EnrolmentToken: "t", DirectoryURL: w.enrolled.DirectoryURL, DirectoryAccount: w.enrolled.DirectoryAccount,
		DirectoryPassword: "p", AcceptTerms: true, ServiceAccount: account, ServicePassword: password,
	}
	var steps []string
	result, err := Unattended(t.Context(), o, a, func(s handoff.Step) {
		if s.State == handoff.StepDone {
			steps = append(steps, s.Name+": "+s.Detail)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, steps
}

// TestAnotherServiceAccountEnrolsAnew: what the former account's keyring holds, the new account cannot read.
func TestAnotherServiceAccountEnrolsAnew(t *testing.T) {
	w := enrolledWorld()
	w.installed = true
	_, steps := unattendedOnWindows(t, w, "gmsa-passly", "")
	if w.gotRunAs.Account != `example.test\gmsa-passly$` || w.gotEnrol.Token != "t" {
		t.Errorf("it runs as %q, enrolled with the token %q:\n%s", w.gotRunAs.Account, w.gotEnrol.Token, strings.Join(steps, "\n"))
	}
}

func TestTheSameServiceAccountHoweverItIsSpelledUsesNoToken(t *testing.T) {
	for installed, typed := range map[string]string{
		"": "LocalSystem", `example.test\gmsa-passly$`: `EXAMPLE\gmsa-passly$`, `EXAMPLE\gmsa-passly$`: "gmsa-passly", `EXAMPLE\svc`: "",
	} {
		w := enrolledWorld()
		w.installed, w.gotRunAs = true, RunAs{Account: installed}
		unattendedOnWindows(t, w, typed, "")
		if w.gotRunAs.Account != installed || w.gotEnrol.Token != "" {
			t.Errorf("%q answered for %q: it runs as %q, token %q", typed, installed, w.gotRunAs.Account, w.gotEnrol.Token)
		}
	}
	if sameAccount(`EXAMPLE\svc`, `OTHER\svc`) || sameAccount(`EXAMPLE\svc`, "LocalSystem") || sameAccount("", `EXAMPLE\svc`) {
		t.Error("accounts of different domains, or the system's own, count as one")
	}
}

// TestNewPasswordOfTheServiceReachesTheServiceManager: a service that runs would only fail at its next start.
func TestNewPasswordOfTheServiceReachesTheServiceManager(t *testing.T) {
	w := enrolledWorld()
	w.installed, w.gotRunAs = true, RunAs{Account: `EXAMPLE\svc`}
	unattendedOnWindows(t, w, `EXAMPLE\svc`, "new-secret")
	if w.gotRunAs.Password != "new-secret" || w.gotEnrol.Token != "" {
		t.Error("the service manager did not get the new password, or a token was used up")
	}
}
