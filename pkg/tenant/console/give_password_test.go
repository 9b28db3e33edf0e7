package console_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// activate makes somebody Active, with the password of new people.
func activate(t *testing.T, s *tenanttest.Server, u tenant.User) tenant.User {
	t.Helper()
	u.State = tenant.Active
	account := tenant.Account{User: u.ID, PasswordHash: signin.HashPassword(tenanttest.NewPassword), Activated: s.Clock.Now(), PasswordSet: s.Clock.Now()}
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error {
		if err := tx.ReplaceUser(t.Context(), &u); err != nil {
			return err
		}
		return tx.PutAccount(t.Context(), account)
	}); err != nil {
		t.Fatal(err)
	}
	return u
}

// localOne is an Active Local user.
func localOne(t *testing.T, s *tenanttest.Server, v visitor) tenant.User {
	t.Helper()
	if added := v.post(t, "/users/new", person(t, s)); added.Status != 303 {
		t.Fatalf("adding: got %d", added.Status)
	}
	return activate(t, s, onlyUser(t, s, "ann"))
}

func give(password string, more ...string) url.Values {
	form := url.Values{"how": {"type"}, "password": {password}}
	for _, name := range more {
		form.Set(name, "yes")
	}
	return form
}

// signsIn gives where signing in leads to; empty: nowhere.
func signsIn(t *testing.T, s *tenanttest.Server, u tenant.User, password string) string {
	t.Helper()
	return post(t, s, "/me/sign-in", url.Values{"name": {u.Mail}, "password": {password}}).Header.Get("Location")
}

func TestAdministratorSetsThePasswordOfALocalUser(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	u := localOne(t, s, v)
	path := "/users/" + u.ID.String() + "/password"
	if page := v.get(t, "/users/"+u.ID.String()); !strings.Contains(page.Body, path) {
		t.Error("the user's page does not lead there")
	}
	if page := v.get(t, path); page.Status != 200 || !strings.Contains(page.Body, "At least 12 characters") {
		t.Fatalf("the page: got %d %.500s", page.Status, page.Body)
	}
	if page := v.post(t, path, give("short")); page.Status != 400 || !strings.Contains(page.Body, "cannot be used") {
		t.Errorf("a weak one: got %d", page.Status)
	}
	if page := v.post(t, path, give("yellow ladder in the rain", "must-change")); page.Status != 200 || strings.Contains(page.Body, "yellow ladder") || !strings.Contains(page.Body, "changed at the next sign-in") {
		t.Fatalf("setting it: got %d %.900s", page.Status, page.Body)
	}
	if to := signsIn(t, s, u, tenanttest.NewPassword); to != "" {
		t.Errorf("the one before leads to %q", to)
	}
	if to := signsIn(t, s, u, "yellow ladder in the rain"); to != "/me/new-password" {
		t.Errorf("signing in leads to %q, want that another is chosen", to)
	}
	if page := v.get(t, "/users/"+u.ID.String()); !strings.Contains(page.Body, "Must be changed at the next sign-in") {
		t.Error("the user's page does not say that it must be changed")
	}
	made := v.post(t, path, url.Values{"how": {"make"}})
	found := regexp.MustCompile(`<code>([A-Za-z0-9-]{26})</code>`).FindStringSubmatch(made.Body)
	if made.Status != 200 || found == nil {
		t.Fatalf("making one: got %d %.900s", made.Status, made.Body)
	}
	if to := signsIn(t, s, u, found[1]); to != "/me" {
		t.Errorf("signing in with the made one leads to %q, want the own page", to)
	}
	nothingOf(t, s, found[1], "yellow ladder in the rain")
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page := v.get(t, "/settings/mail"); strings.Count(page.Body, "Your password at Acme was changed") != 1 {
		t.Errorf("the outbox has the notice %d times, want once for both", strings.Count(page.Body, "Your password at Acme was changed"))
	}
}

// nothingOf looks for passwords in the audit log.
func nothingOf(t *testing.T, s *tenanttest.Server, passwords ...string) {
	t.Helper()
	log := signedIn(t, s).get(t, "/audit.csv").Body
	if !strings.Contains(log, "Set the password of") {
		t.Error("the audit log does not say that a password was set")
	}
	for _, password := range passwords {
		if strings.Contains(log, password) {
			t.Errorf("the audit log holds %q", password)
		}
	}
}

func TestAdministratorSetsAPasswordInWindows(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	u := activate(t, s, a.AddPerson(t, "ann"))
	path := "/users/" + u.ID.String() + "/password"
	if page := v.get(t, path); page.Status != 200 || !strings.Contains(page.Body, "Managed in Windows") || strings.Contains(page.Body, `id="give"`) {
		t.Errorf("one-way: got %d, want that it is managed in Windows", page.Status)
	}
	if page := v.post(t, path, give("yellow ladder in the rain")); page.Status != 409 {
		t.Errorf("one-way: setting got %d", page.Status)
	}
	var got control.SealedArgs
	var refuses *control.CommandError
	a.TakePasswords(t, control.PasswordRules{MinLength: 14, Complex: true}, func(_ control.Command, args control.SealedArgs, _ seal.Secrets) any {
		if refuses != nil {
			return refuses
		}
		got = args
		return control.PasswordWritten{}
	})
	refuses = &control.CommandError{Code: string(directory.ResetRightMissing), Title: "The agent may not reset passwords there", Hint: "dsacls OU=Sales …"}
	if page := v.post(t, path, give("Yellow ladder in the rain")); page.Status != 409 || !strings.Contains(page.Body, "dsacls OU=Sales") {
		t.Errorf("without the right: got %d, want the command that grants it", page.Status)
	}
	if to := signsIn(t, s, u, "Yellow ladder in the rain"); to != "" {
		t.Error("Passly took a password that Windows did not")
	}
	refuses = nil
	if page := v.post(t, path, give("yellow ladder in the rain")); page.Status != 400 || !strings.Contains(page.Body, "three of") {
		t.Errorf("without capital letters: got %d", page.Status)
	}
	if page := v.post(t, path, give("Yellow ladder in the rain", "must-change")); page.Status != 200 {
		t.Fatalf("setting it: got %d %.600s", page.Status, page.Body)
	}
	if !got.MustChange {
		t.Error("Windows was not told that it must be changed")
	}
	if to := signsIn(t, s, u, "Yellow ladder in the rain"); to != "/me/new-password" {
		t.Errorf("signing in leads to %q", to)
	}
}

func TestAttackAdministratorOfAnotherOrganizationSetsAPassword(t *testing.T) {
	s := tenanttest.Start(t)
	u := localOne(t, s, signedIn(t, s))
	other := s.AddOrganization(t, "other")
	s.AddAdministrator(t, "ida@acme.test", tenant.RoleAdministrator)
	s.AddAdministrator(t, "rea@acme.test", tenant.RoleReader)
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error {
		ida, err := tx.Administrator(t.Context(), "ida@acme.test")
		if err != nil {
			return err
		}
		ida.Organization = other.ID
		return tx.ReplaceAdministrator(t.Context(), ida)
	}); err != nil {
		t.Fatal(err)
	}
	path := "/users/" + u.ID.String() + "/password"
	for email, want := range map[string]int{"ida@acme.test": 404, "rea@acme.test": 403} {
		answer := signedInAs(t, s, email).post(t, path, give("yellow ladder in the rain"))
		if answer.Status != want {
			t.Errorf("%s: got %d, want %d", email, answer.Status, want)
		}
	}
	if to := signsIn(t, s, u, tenanttest.NewPassword); to != "/me" {
		t.Errorf("her own password leads to %q", to)
	}
}

func TestPasswordPolicyOfAnAgent(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.EnrolUnder(t, "dc1", tenant.DefaultPolicyID)
	path := "/directory-sync/" + a.ID.String() + "/configure"
	form := configureForm(t, s, a)
	form.Set("password-policy", "else")
	if page := v.post(t, path, form); page.Status != 400 || !strings.Contains(page.Body, "password policy is not known") {
		t.Errorf("one that is none: got %d", page.Status)
	}
	form.Set("password-policy", string(control.PasswordTwoWay))
	form.Set("unlock", "yes")
	if page := v.post(t, path, form); page.Status != 303 {
		t.Fatalf("saving: got %d %.900s", page.Status, page.Body)
	}
	agent, _ := s.Agent(t.Context(), a.ID)
	if c := agent.Configuration; c.PasswordPolicy != control.PasswordTwoWay || !c.UnlockOnReset {
		t.Errorf("saved as %+v", c)
	}
	for _, page := range []string{path, "/directory-sync/" + a.ID.String()} {
		if shown := v.get(t, page); !strings.Contains(shown.Body, "Synchronize password changes from Passly to Active Directory") {
			t.Errorf("%s does not say the policy", page)
		}
	}
}

func TestPolicyThatIsNotTheDomains(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	domain := control.PasswordRules{MinLength: 14, MaxAge: int64(42 * 24 * time.Hour / time.Second)}
	a.TakePasswords(t, domain, func(control.Command, control.SealedArgs, seal.Secrets) any { return nil })
	a.Heartbeat(t, func(h *control.Heartbeat) { h.Passwords = &domain })
	agent, _ := s.Agent(t.Context(), a.ID)
	organization := "/organizations/" + agent.Organization.String()
	for _, path := range []string{organization, "/directory-sync/" + a.ID.String() + "/configure"} {
		page := v.get(t, path)
		for _, says := range []string{"The domain asks for 14 characters, Acme for 12", "good for 42 days, in Acme for ever"} {
			if !strings.Contains(page.Body, says) {
				t.Errorf("%s: got %d without %q", path, page.Status, says)
			}
		}
	}
	if answer := v.post(t, organization, organizationForm("min-password", "14", "max-age", "42", "strength", "4")); answer.Status != 303 {
		t.Fatalf("saving: got %d %.500s", answer.Status, answer.Body)
	}
	if page := v.get(t, organization); strings.Contains(page.Body, "The domain asks") || !strings.Contains(page.Body, `value="42"`) || !strings.Contains(page.Body, `value="4" selected`) {
		t.Error("the page of the organization that asks for the same still warns, or shows another policy than was saved")
	}
}

// TestBrowserPasswordsInTheConsole looks at the pages for passwords, and sets one.
func TestBrowserPasswordsInTheConsole(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	a.TakePasswords(t, control.PasswordRules{MinLength: 14, Complex: true, History: 24, MaxAge: 86400}, func(control.Command, control.SealedArgs, seal.Secrets) any {
		return control.PasswordWritten{}
	})
	a.Heartbeat(t, func(h *control.Heartbeat) { h.Passwords = &control.PasswordRules{MinLength: 14, MaxAge: 86400} })
	u := localOne(t, s, v)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/users/"+u.ID.String(), "Set password")
	browsertest.Step(t, ctx, "the form", browsertest.Click("#set-password"), browsertest.WaitText("Must change at next sign-in"))
	look(t, ctx, "give-password")
	browsertest.Step(t, ctx, "setting one", browsertest.Click("#give"), browsertest.WaitText("It is shown this one time"))
	look(t, ctx, "password-given")
	browsertest.Step(t, ctx, "the agent", chromedp.Navigate(s.URL+"/directory-sync/"+a.ID.String()+"/configure"), browsertest.WaitText("Unlock on reset"))
	look(t, ctx, "password-policy")
	agent, _ := s.Agent(t.Context(), a.ID)
	browsertest.Step(t, ctx, "the organization", chromedp.Navigate(s.URL+"/organizations/"+agent.Organization.String()), browsertest.WaitText("Maximum age, in days"))
	look(t, ctx, "organization-passwords")
}
