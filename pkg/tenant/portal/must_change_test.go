package portal_test

import (
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// mustChange has somebody choose another password, as an administrator does.
func mustChange(t *testing.T, s *tenanttest.Server, name string) {
	t.Helper()
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error {
		account, err := tx.Account(t.Context(), s.Person(t, name).ID)
		if err != nil {
			return err
		}
		account.MustChange = true
		return tx.PutAccount(t.Context(), account)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherPasswordHasToBeChosenAtTheNextSignIn(t *testing.T) {
	s := tenanttest.Start(t)
	secret, _ := addLocal(t, s, "ann", true)
	mustChange(t, s, "ann")
	s.Clock.Advance(time.Minute)
	g := newGuest(s)
	step := stepIn(t, g.signIn(t, "ann", tenanttest.NewPassword).Body)
	wants(t, "the code", g.post(t, "/me/code", "step", step, "code", s.Code(t, secret, 0)), 303, "/me/new-password")
	wants(t, "the page", g.get(t, "/me/new-password"), 200, "Choose another password", "At least 12 characters")
	wants(t, "the one before again", g.setPassword(t, "/me/new-password", tenanttest.NewPassword), 400, "that you have now")
	wants(t, "a weak one", g.setPassword(t, "/me/new-password", "password1234"), 400, "cannot be used")
	wants(t, "its rules", g.post(t, "/me/new-password/check", "password", another), 200, `class="met"`)
	wants(t, "another", g.setPassword(t, "/me/new-password", another), 303, "/me?done=password")
	wants(t, "her page", g.get(t, "/me"), 200, "Your account")
	next := newGuest(s)
	s.Clock.Advance(time.Minute)
	step = stepIn(t, next.signIn(t, "ann", another).Body)
	answer := next.post(t, "/me/code", "step", step, "code", s.Code(t, secret, 0))
	if got := answer.Header.Get("Location"); got != "/me" {
		t.Errorf("the next sign-in leads to %q, want her page", got)
	}
}

// TestAttackOwnPagesBeforeAnotherPassword tries everything else with the session that is good for choosing a password only.
func TestAttackOwnPagesBeforeAnotherPassword(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	mustChange(t, s, "ann")
	g := newGuest(s)
	wants(t, "signing in", g.signIn(t, "ann", tenanttest.NewPassword), 303, "/me/new-password")
	for _, path := range []string{"/me", "/me/password", "/me/recovery", "/me/check"} {
		method := "POST"
		if path == "/me" {
			method = "GET"
		}
		wants(t, path, g.do(t, method, path, map[string][]string{"old": {tenanttest.NewPassword}, "password": {another}, "again": {another}}), 303, "/me/sign-in")
	}
	s.Clock.Advance(6 * time.Minute)
	wants(t, "too late", g.setPassword(t, "/me/new-password", another), 303, "/me/sign-in")
	wants(t, "signed out", newGuest(s).setPassword(t, "/me/new-password", another), 303, "/me/sign-in")
	wants(t, "nothing was changed", newGuest(s).signIn(t, "ann", tenanttest.NewPassword), 303, "/me/new-password")
	other := newGuest(s)
	signedIn(t, s, "bob")
	addLocal(t, s, "carl", false)
	wants(t, "signing in", other.signIn(t, "carl", tenanttest.NewPassword), 303, "/me")
	wants(t, "another password without the old one, by this page", other.setPassword(t, "/me/new-password", another), 303, "/me/sign-in")
}

func TestPasswordsOfLocalUsersGrowOld(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	s.EnrolUnder(t, "dc1", lightPolicy(t, s)).AddPerson(t, "bob")
	enrol(t, s, "bob")
	all, _ := s.Store().Organizations(t.Context())
	all[0].MaxAge = 30
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceOrganization(t.Context(), all[0]) }); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(30*24*time.Hour - time.Minute)
	leads := func(name, password, want string) {
		t.Helper()
		if got := newGuest(s).signIn(t, name, password).Header.Get("Location"); got != want {
			t.Errorf("signing in as %s leads to %q, want %q", name, got, want)
		}
	}
	leads("ann", tenanttest.NewPassword, "/me")
	s.Clock.Advance(time.Minute)
	leads("ann", tenanttest.NewPassword, "/me/new-password")
	leads("bob", tenanttest.NewPassword, "/me") // comes from a directory, whose own rules count
	g := newGuest(s)
	g.signIn(t, "ann", tenanttest.NewPassword)
	wants(t, "another", g.setPassword(t, "/me/new-password", another), 303, "/me?done=password")
	leads("ann", another, "/me")
}

// lightPolicy makes people Provisioned, with an e-mail and no second factor.
func lightPolicy(t *testing.T, s *tenanttest.Server) tenant.ID {
	t.Helper()
	policy := tenant.ProvisioningPolicy{Name: "Light", State: tenant.Provisioned, Mail: true}
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.AddPolicy(t.Context(), &policy) }); err != nil {
		t.Fatal(err)
	}
	return policy.ID
}
