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

// nobodyYet is a browser in which nothing happens.
func nobodyYet(ctx context.Context) (control.Session, error) {
	<-ctx.Done()
	return control.Session{}, ctx.Err()
}

// waiting puts the sign-in in a browser under way without waiting for its end.
func (d *driver) waiting() *driver {
	v := d.m.screens[d.m.at].(*signIn)
	device, _ := v.m.setup.tenant.BeginDevice(context.Background(), "", "")
	v.device, v.state = device, deviceWaiting
	return d
}

func aCheck(name string, must bool, r preflight.Result) preflight.Check {
	return preflight.Check{Name: name, Title: name, Must: must, Look: func(context.Context) preflight.Result { return r }}
}

func TestMemberServerIsRefusedBeforeAnyQuestion(t *testing.T) {
	w := &world{checks: []preflight.Check{
		aCheck("Disk", true, preflight.Result{State: preflight.Passed, Detail: "9.0 GiB"}),
		aCheck("Domain controller", true, preflight.Result{State: preflight.Failed, Problem: &problem.Problem{
			Title: "SRV1 is not a domain controller", Text: "It is a member.", Hint: "Set up on a domain controller.",
		}}),
	}}
	d := drive(t, w.options()).sees("✓ Disk 9.0 GiB", "✗ SRV1 is not a domain controller", "→ Set up on a domain controller.")
	d.press("enter").sees("Looking at this machine")
	w.checks[1] = aCheck("Domain controller", true, preflight.Result{State: preflight.Passed})
	d.press("r").sees("This machine is ready").press("enter").sees("Step 1 of 3")
}

func TestWhatIsBrokenIsMendedOnAKey(t *testing.T) {
	mended := false
	w := &world{}
	w.checks = []preflight.Check{{Name: "clock", Title: "Clock", Look: func(context.Context) preflight.Result {
		if mended {
			return preflight.Result{State: preflight.Passed, Found: preflight.Found{Directory: "ldaps://found.example.test"}}
		}
		return preflight.Result{
			State: preflight.Warning, Problem: &problem.Problem{Title: "The clock is wrong"},
			Repair: &preflight.Repair{Title: "Turn the network time on", Do: func(context.Context) error { mended = true; return nil }},
		}
	}}}
	d := drive(t, w.options()).sees("! Clock", "The clock is wrong", "f Turn the network time on")
	d.press("f").sees("This machine is ready").press("enter").through(answerDomain, answerSignIn)
	d.sees("ldaps://found.example.test").press("esc", "esc", "esc").sees("This machine is ready")
}

// stopped is a machine whose agent is enrolled, and whose service stands still until it is mended.
func stopped() *world {
	w := &world{down: 1000}
	w.checks = []preflight.Check{{Name: "service", Title: "Service", Look: func(context.Context) preflight.Result {
		if w.down == 0 {
			return preflight.Result{State: preflight.Passed}
		}
		return preflight.Result{
			State: preflight.Warning, Problem: &problem.Problem{Title: "The service is stopped"},
			Repair: &preflight.Repair{Title: "Start the agent's service", Do: func(context.Context) error {
				w.down, w.enrolled = 0, enrolledWorld().enrolled
				return nil
			}},
		}
	}}}
	return w
}

func TestStartedServiceOpensOnItsState(t *testing.T) {
	d := drive(t, stopped().options()).sees("The service is stopped", "f Start the agent's service")
	d.press("f").sees("This machine's agent is enrolled", "Change the service account")
}

func TestSignInInABrowserGoesOnByItself(t *testing.T) {
	w := &world{device: func(context.Context) (control.Session, error) { return control.Session{Session: "s", Name: "Ada"}, nil }}
	d := drive(t, w.options()).through(answerDomain).sees("Step 3 of 3")
	if d.m.setup.session.Session != "s" {
		t.Errorf("got session %q, want the browser's", d.m.setup.session.Session)
	}
}

func TestNoInTheBrowserLeavesTheOtherWay(t *testing.T) {
	w := &world{device: func(context.Context) (control.Session, error) {
		return control.Session{}, &problem.Problem{Code: control.SignInDenied, Title: "The sign-in was declined in the browser", Hint: "Press ctrl+b."}
	}}
	d := drive(t, w.options()).through(answerDomain).sees("declined in the browser", "E-mail")
	d.through(answerSignIn).sees("Step 3 of 3")
}

func TestRightsThatLackAreShownWithTheirCommandsAndCheckedAgain(t *testing.T) {
	w := &world{lacks: true}
	d := drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount)
	d.sees("! List deleted objects", "dsacls", "svc@example.test:LCRP")
	w.lacks = false
	d.press("r").sees("Nothing is lacking").press("enter").sees("Ready to set up")
	d.press("esc").sees("Step 3 of 3", "Service account")
}

func TestPlaceOfTheCredentialsIsChosenOnPurpose(t *testing.T) {
	w := &world{}
	d := drive(t, w.options()).through(answerDomain, answerSignIn)
	d.press("dc1.example.test", "tab", "svc@example.test", "tab", "dir-secret", "tab", "right").sees("‹ a file in the state folder ›", "clear text")
	d.press("enter").sees("Ready to set up", "in clear text").press("enter").sees("The agent is enrolled")
	if w.gotEnrol.Vault != "file" {
		t.Errorf("got vault %q, want file", w.gotEnrol.Vault)
	}
}

func enrolledWorld() *world {
	return &world{enrolled: handoff.Status{
		Enrolled: true, Tenant: "https://acme.my.passly.com", TenantName: "Acme", DirectoryURL: "ldaps://dc1.example.test",
		DirectoryAccount: "svc@example.test", TenantCA: "tenant's CA", DirectoryCA: "directory's CA",
		Conditions: []control.Condition{{Code: control.InSync, Title: "In sync"}},
	}}
}

func TestEnrolledMachineOffersWhatCanBeDone(t *testing.T) {
	w := enrolledWorld()
	d := drive(t, w.options()).sees("This machine's agent is enrolled", "Acme", "In sync", "Change the service account", "Remove")
	d.press("2", "enter").sees("Step 3 of 3", "svc@example.test")
	d.press("esc").sees("This machine's agent is enrolled")
	d.press("2", "enter", "new-secret", "enter").sees("The service account is changed")
	if w.gotChange.CA != "directory's CA" || w.gotExamined.CA != "directory's CA" {
		t.Errorf("looked with the authority %q, handed over %q; want the one in force", w.gotExamined.CA, w.gotChange.CA)
	}
	if w.gotChange.Password != "new-secret" || w.gotEnrol.Token != "" {
		t.Errorf("got %q and an enrolment %t, want the new password and none", w.gotChange.Password, w.gotEnrol.Token != "")
	}
	w = enrolledWorld()
	d = drive(t, w.options()).press("3", "enter").sees("Step 1 of 3", "https://acme.my.passly.com")
	d.press("esc").sees("This machine's agent is enrolled").press("3", "enter", "enter").sees("Step 2 of 3")
	if w.gotCA != "tenant's CA" {
		t.Errorf("looked for the tenant with the authority %q, want the one in force", w.gotCA)
	}
}

func TestNothingIsRemovedWithoutTheWord(t *testing.T) {
	w := enrolledWorld()
	d := drive(t, w.options()).press("5", "enter", "yes", "enter").sees("Nothing was removed")
	if w.leftTenant {
		t.Fatal("it left without the word")
	}
	d.press("ctrl+u", "remove", "enter").sees("The agent is removed")
	if !w.leftTenant {
		t.Error("it did not leave")
	}
}

func TestUnattendedAgainUsesNoToken(t *testing.T) {
	w := enrolledWorld()
	a := Answers{
		Domain: "acme", EnrolmentToken: "t", DirectoryURL: "dc1.example.test", DirectoryAccount: "svc@example.test",
		DirectoryPassword: "new-secret", AcceptTerms: true,
	}
	result, err := Unattended(t.Context(), w.options(), a, func(handoff.Step) {})
	if err != nil || !strings.Contains(result.Words, "already") || w.gotEnrol.Token != "" || w.gotChange.Password != "new-secret" {
		t.Errorf("got %q, %v, enrolled again %t", result.Words, err, w.gotEnrol.Token != "")
	}
	a.Again = true
	if _, err := Unattended(t.Context(), w.options(), a, func(handoff.Step) {}); err != nil || w.gotEnrol.Token != "t" {
		t.Errorf("asked to enrol again: got %v and the token used %t", err, w.gotEnrol.Token != "")
	}
}

func TestLookingAgainKeepsWhatWasTyped(t *testing.T) {
	w := &world{checks: []preflight.Check{aCheck("Disk", true, preflight.Result{State: preflight.Passed})}}
	d := drive(t, w.options()).press("enter", "acme", "enter", "ada@acme.test", "esc", "esc")
	d.sees("This machine is ready").press("r", "enter").sees("Step 1 of 3", "acme").press("enter").sees("ada@acme.test")
}

func TestRightThatSyncDoesWithoutDoesNotStopAnybody(t *testing.T) {
	w := &world{rights: threeLack()[2:]}
	d := drive(t, w.options()).through(answerDomain, answerSignIn, answerAccount)
	d.sees("Ready to set up", "Reset password, only for two-way passwords").press("r").sees("What the account may do", "dsacls")
	d.press("enter").sees("Ready to set up").press("esc", "esc").sees("Which account reads the directory?")
}

func TestUnattendedMovesNobodyByASlip(t *testing.T) {
	w := enrolledWorld()
	a := Answers{
		Domain: "other.example", EnrolmentToken: "t", DirectoryURL: "dc1.example.test", DirectoryAccount: "svc@example.test",
		DirectoryPassword: "secret", AcceptTerms: true,
	}
	if _, err := Unattended(t.Context(), w.options(), a, func(handoff.Step) {}); !problem.Is(err, problem.Conflict) || w.gotEnrol.Token != "" {
		t.Errorf("another domain: got %v, enrolled %t; want it refused", err, w.gotEnrol.Token != "")
	}
	a.Again = true
	if _, err := Unattended(t.Context(), w.options(), a, func(handoff.Step) {}); err != nil || w.gotEnrol.Token != "t" {
		t.Errorf("on purpose: got %v, enrolled %t", err, w.gotEnrol.Token != "")
	}
}

func TestUnattendedMendsAnAgentThatTheTenantRefuses(t *testing.T) {
	w := enrolledWorld()
	w.enrolled.Conditions = []control.Condition{{Code: control.TenantCredentialsRefused, Title: "The agent's credentials are refused"}}
	a := Answers{
		Domain: "acme", EnrolmentToken: "t", DirectoryURL: "dc1.example.test", DirectoryAccount: "svc@example.test",
		DirectoryPassword: "secret", AcceptTerms: true,
	}
	if _, err := Unattended(t.Context(), w.options(), a, func(handoff.Step) {}); err != nil || w.gotEnrol.Token != "t" {
		t.Errorf("got %v, enrolled %t; want it enrolled anew", err, w.gotEnrol.Token != "")
	}
}
