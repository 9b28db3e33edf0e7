package wizard

import (
	"context"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

func TestWhatWasHalfDoneIsTakenBack(t *testing.T) {
	w := &world{down: 1, enrol: &problem.Problem{Title: "No keyring here"}}
	o := w.options()
	o.Service = w
	d := drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"})
	d.sees("✗ No keyring here", "– "+StepInstall, "taken back", "– "+StepStart)
	if w.installed {
		t.Error("the service is still there")
	}
	w.down, w.enrol = 1, nil
	d.press("enter").sees("The agent is enrolled")
	if !w.installed {
		t.Error("trying again did not install the service")
	}
}

func TestServiceThatWasThereStays(t *testing.T) {
	w := &world{installed: true, enrol: &problem.Problem{Title: "No keyring here"}}
	o := w.options()
	o.Service = w
	drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("✗ No keyring here")
	if !w.installed {
		t.Error("a service from before was removed")
	}
}

func TestServiceOfAnotherAccountIsChangedAndPutBack(t *testing.T) {
	w := &world{installed: true, gotRunAs: RunAs{Account: "passly"}, enrol: &problem.Problem{Title: "No keyring here"}}
	o := w.options()
	o.Service = w
	o.Prefilled.ServiceAccount = "sync"
	d := drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("✗ No keyring here")
	if w.gotRunAs.Account != "passly" {
		t.Errorf("after the failure it runs as %q, want as before", w.gotRunAs.Account)
	}
	w.enrol = nil
	d.press("enter").sees("The agent is enrolled")
	if w.gotRunAs.Account != "sync" {
		t.Errorf("it runs as %q, want what was asked for", w.gotRunAs.Account)
	}
}

func TestServiceThatCannotBeInstalledIsSaid(t *testing.T) {
	w := &world{down: 1, install: &problem.Problem{Title: "The unit file cannot be written"}}
	o := w.options()
	o.Service = w
	drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("✗ The unit file cannot be written", "✗ "+StepInstall)
}

// onWindows is a machine whose directory has managed service accounts.
func onWindows(w *world, managed ...directory.ServiceAccount) Options {
	o := w.options()
	w.down = 1
	o.Service, o.Host = w, "DC1"
	o.Managed = func(context.Context, handoff.Directory) ([]directory.ServiceAccount, error) { return managed, nil }
	return o
}

func TestManagedServiceAccountsAreOffered(t *testing.T) {
	w := &world{down: 1}
	managed := []directory.ServiceAccount{{Name: "gmsa-passly", Usable: true}, {Name: "other"}}
	d := drive(t, onWindows(w, managed...)).through(answerDomain, answerSignIn, answerAccount)
	d.sees("As whom does the agent's service run?", "this computer (LocalSystem)")
	d.press("right").sees("gmsa-passly$, a managed account", "This machine may use it")
	d.press("right", "enter").sees("✗ This machine may not use other yet", "Set-ADServiceAccount", "'DC1'")
	managed[1].Usable = true
	d.press("enter").sees("Ready to set up", `example.test\other$`).press("enter").sees("The agent is enrolled")
	if w.gotRunAs != (RunAs{Account: `example.test\other$`}) {
		t.Errorf("it runs as %q, want the managed account without a password", w.gotRunAs.Account)
	}
}

func TestDomainAccountProvesItsPassword(t *testing.T) {
	w := &world{down: 1}
	d := drive(t, onWindows(w)).through(answerDomain, answerSignIn, answerAccount).press("right").sees("a domain account", "Password")
	d.press("enter", "svc", "enter", "run-secret", "enter").sees("✗ The service manager does not take svc")
	w.directory = &problem.Problem{Title: "The directory refuses this account"}
	d.press("shift+tab", "ctrl+u", `EXAMPLE\svc`, "enter").sees("✗ The directory refuses this account")
	if w.gotExamined.Account != `EXAMPLE\svc` || w.gotExamined.Password != "run-secret" {
		t.Errorf("signed in as %q, want the account that was typed", w.gotExamined.Account)
	}
	w.directory = nil
	d.press("enter").sees("Ready to set up").press("enter").sees("The agent is enrolled")
	if w.gotRunAs.Password != "run-secret" || w.gotRunAs.Account != `EXAMPLE\svc` {
		t.Error("the service did not get account and password")
	}
}

func TestAListThatCannotBeHadLeavesTheOtherWays(t *testing.T) {
	w := &world{down: 1}
	o := onWindows(w)
	o.Managed = func(context.Context, handoff.Directory) ([]directory.ServiceAccount, error) {
		return nil, &problem.Problem{Title: "The account may not read them"}
	}
	drive(t, o).through(answerDomain, answerSignIn, answerAccount).sees("i The account may not read them").press("enter").sees("Ready to set up")
}
