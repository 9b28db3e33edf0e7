package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/local"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// another is a password that people choose later.
const another = "umbrella salad nine ships"

// addLocal adds a Local user who enrols with a password, and with an authenticator where a second factor is required.
func addLocal(t *testing.T, s *tenanttest.Server, name string, twoFactor bool) (secret string, codes []string) {
	t.Helper()
	all, err := s.Store().Organizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := local.Person{GivenName: strings.ToUpper(name[:1]) + name[1:], FamilyName: "Berg", Mail: name + "@acme.test", UserName: name + "@example.test", Organization: all[0].ID}
	policy := tenant.ProvisioningPolicy{Name: "Test", State: tenant.Provisioned, Mail: true, TwoFactor: twoFactor}
	if _, err := local.Add(t.Context(), s.Store(), p, policy); err != nil {
		t.Fatal(err)
	}
	return enrol(t, s, name)
}

// resetLink asks for a link as who forgot the password, and gives its path.
func resetLink(t *testing.T, s *tenanttest.Server, name string) string {
	t.Helper()
	wants(t, "asking", newGuest(s).post(t, "/me/forgot", "email", name+"@acme.test"), 200, "Look into your mailbox")
	return s.LinkTo(t, name, "/me/reset/")
}

// openReset follows a link by which a password is reset.
func (g *guest) openReset(t *testing.T, link string) tenanttest.Answer {
	t.Helper()
	answer := g.get(t, link)
	if got := answer.Header.Get("Location"); answer.Status != http.StatusSeeOther || got != "/me/reset" {
		t.Fatalf("the link: got %d to %q, want an address without the token", answer.Status, got)
	}
	return g.get(t, "/me/reset")
}

func (g *guest) setPassword(t *testing.T, path, password string) tenanttest.Answer {
	t.Helper()
	return g.post(t, path, "password", password, "again", password)
}

func (g *guest) signIn(t *testing.T, name, password string) tenanttest.Answer {
	t.Helper()
	return g.post(t, "/me/sign-in", "name", name+"@acme.test", "password", password)
}

// whats gives what the audit log says was done to a person, oldest first.
func whats(t *testing.T, s *tenanttest.Server, u tenant.User) (all []audit.What) {
	t.Helper()
	entries, err := s.Store().Entries(t.Context(), audit.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Subject.ID == u.ID {
			all = append([]audit.What{e.What}, all...)
		}
	}
	return all
}

func TestForgotPassword(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	elsewhere := newGuest(s)
	wants(t, "signing in", elsewhere.signIn(t, "ann", tenanttest.NewPassword), 303, "/me")
	wants(t, "the sign-in page", newGuest(s).get(t, "/me/sign-in"), 200, `href="/me/forgot"`)
	link := resetLink(t, s, "ann")
	g := newGuest(s)
	page := g.openReset(t, link)
	wants(t, "the page", page, 200, "Set a new password", "Ann Berg", "At least 12 characters")
	if strings.Contains(page.Body, strings.TrimPrefix(link, "/me/reset/")) {
		t.Error("the token is in the page")
	}
	wants(t, "a weak one", g.setPassword(t, "/me/reset", "password1234"), 400, "cannot be used")
	wants(t, "not twice the same", g.post(t, "/me/reset", "password", another, "again", "x"), 400, "not the same")
	wants(t, "its rules", g.post(t, "/me/reset/check", "password", another), 200, `class="met"`)
	wants(t, "a good one", g.setPassword(t, "/me/reset", another), 303, "/me/sign-in")
	if page := elsewhere.get(t, "/me"); page.Status != 303 {
		t.Errorf("elsewhere: got %d, want to be signed out", page.Status)
	}
	wants(t, "the old one", newGuest(s).signIn(t, "ann", tenanttest.NewPassword), 401)
	wants(t, "the new one", newGuest(s).signIn(t, "ann", another), 303, "/me")
	sent := s.Letters(t, "ann")
	if len(sent) != 3 || !strings.Contains(sent[0].Text, "was reset with a link") || strings.Contains(sent[0].Text, "/me/reset/") {
		t.Errorf("%d e-mails; the last says %q: want the notice, once, without a link to follow", len(sent), sent[0].Text)
	}
	if got := len(s.Letters(t, "ann")); got != 3 {
		t.Errorf("%d e-mails later, want no more", got)
	}
	if got := whats(t, s, s.Person(t, "ann")); !slices.Contains(got, audit.PasswordReset) {
		t.Errorf("the audit log: %v", got)
	}
}

func TestForgotPasswordWithASecondFactor(t *testing.T) {
	s := tenanttest.Start(t)
	secret, _ := addLocal(t, s, "ann", true)
	g := newGuest(s)
	wants(t, "the code first", g.openReset(t, resetLink(t, s, "ann")), 200, "One-time code")
	wants(t, "a password without it", g.setPassword(t, "/me/reset", another), 409, "The code comes first")
	wants(t, "a wrong code", g.post(t, "/me/reset/code", "code", "abc"), 401)
	s.Clock.Advance(time.Minute)
	wants(t, "the code", g.post(t, "/me/reset/code", "code", s.Code(t, secret, 0)), 303, "/me/reset")
	wants(t, "the password then", g.get(t, "/me/reset"), 200, "New password")
	wants(t, "setting it", g.setPassword(t, "/me/reset", another), 303, "/me/sign-in")
	wants(t, "the new one", newGuest(s).signIn(t, "ann", another), 200, "One-time code")
}

func TestForgotPasswordOfWhoNeverHadOneBringsTheLinkToEnrol(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.DefaultPolicyID).AddPerson(t, "ann")
	u := s.Person(t, "ann")
	u.State = tenant.Provisioned
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) }); err != nil {
		t.Fatal(err)
	}
	newGuest(s).post(t, "/me/forgot", "email", "ann@acme.test")
	wants(t, "the link", newGuest(s).open(t, s.Link(t, "ann")), 200, "Choose a password")
}

func TestForgotPasswordThatIsManagedInWindows(t *testing.T) {
	s := tenanttest.Start(t)
	g, _, _ := signedIn(t, s, "ann")
	wants(t, "her page", g.get(t, "/me"), 200, "managed in Windows")
	wants(t, "asking", newGuest(s).post(t, "/me/forgot", "email", "ann@acme.test"), 200, "Look into your mailbox")
	sent := s.Letters(t, "ann")
	if !strings.Contains(sent[0].Text, "managed in Windows") || strings.Contains(sent[0].Text, "/me/reset/") {
		t.Errorf("the e-mail says %q, want that it is managed in Windows, and no link", sent[0].Text)
	}
}

func TestAttackResetLinkUsedTwice(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	link := resetLink(t, s, "ann")
	g := newGuest(s)
	g.openReset(t, link)
	wants(t, "the first", g.setPassword(t, "/me/reset", another), 303)
	thief := newGuest(s)
	wants(t, "opening it again", thief.openReset(t, link), 410, "This link was used")
	wants(t, "setting by it", thief.setPassword(t, "/me/reset", "yellow ladder in the rain"), 410)
	wants(t, "her own still", newGuest(s).signIn(t, "ann", another), 303, "/me")
}

func TestAttackResetLinkExpired(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	g := newGuest(s)
	wants(t, "in time", g.openReset(t, resetLink(t, s, "ann")), 200, "New password")
	s.Clock.Advance(tenant.ResetLife)
	wants(t, "after 30 minutes", g.setPassword(t, "/me/reset", another), 410, "30 minutes", "/me/forgot")
	wants(t, "the password before", newGuest(s).signIn(t, "ann", tenanttest.NewPassword), 303, "/me")
}

func TestAttackGuessingResetLinks(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	link := resetLink(t, s, "ann")
	g := newGuest(s)
	var last tenanttest.Answer
	for range 21 {
		token, _ := signin.NewToken()
		last = g.openReset(t, "/me/reset/"+token)
	}
	wants(t, "the last guess", last, http.StatusTooManyRequests, "Too many")
	s.Clock.Advance(time.Minute)
	wants(t, "the right one later", newGuest(s).openReset(t, link), 200, "New password")
}

func TestAttackResetLinkOfAnother(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	addLocal(t, s, "bob", false)
	g := newGuest(s)
	g.openReset(t, resetLink(t, s, "bob"))
	answer := g.post(t, "/me/reset", "password", another, "again", another, "name", "ann@acme.test", "user", s.Person(t, "ann").ID.String())
	wants(t, "bob's link, with ann's name", answer, 303)
	wants(t, "ann's stays", newGuest(s).signIn(t, "ann", tenanttest.NewPassword), 303, "/me")
	wants(t, "bob's is set", newGuest(s).signIn(t, "bob", another), 303, "/me")
}

// TestAttackLinksOfOneKindAsTheOther tries a link to enrol for a reset, and the other way round.
func TestAttackLinksOfOneKindAsTheOther(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "bob")
	toEnrol, toReset := s.Link(t, "bob"), resetLink(t, s, "ann")
	wants(t, "to enrol, for a reset", newGuest(s).openReset(t, strings.Replace(toEnrol, "/enrol/", "/me/reset/", 1)), 410)
	wants(t, "to reset, for enrolling", newGuest(s).open(t, strings.Replace(toReset, "/me/reset/", "/enrol/", 1)), 410)
}

func TestAttackResetLinkAfterAnotherChange(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	link := resetLink(t, s, "ann")
	g := newGuest(s)
	g.signIn(t, "ann", tenanttest.NewPassword)
	wants(t, "she changes it herself", g.post(t, "/me/password", "old", tenanttest.NewPassword, "password", another, "again", another), 303)
	wants(t, "the link that was sent before", newGuest(s).openReset(t, link), 410)
}

// TestAttackStolenResetLinkAfterTheCode has somebody who reads the mailbox wait until the person has shown the code.
func TestAttackStolenResetLinkAfterTheCode(t *testing.T) {
	s := tenanttest.Start(t)
	secret, _ := addLocal(t, s, "ann", true)
	link := resetLink(t, s, "ann")
	g, thief := newGuest(s), newGuest(s)
	g.openReset(t, link)
	thief.openReset(t, link)
	s.Clock.Advance(time.Minute)
	wants(t, "she shows the code", g.post(t, "/me/reset/code", "code", s.Code(t, secret, 0)), 303)
	wants(t, "the thief goes on from there", thief.setPassword(t, "/me/reset", another), 410)
	wants(t, "she does", g.setPassword(t, "/me/reset", another), 303)
}

func TestAttackListingPeopleByForgotPassword(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	signedIn(t, s, "bob") // managed in Windows
	var before string
	for _, address := range []string{"nobody@acme.test", "ann@acme.test", "bob@acme.test", "rubbish", ""} {
		answer := newGuest(s).post(t, "/me/forgot", "email", address)
		wants(t, address, answer, 200, "Look into your mailbox")
		if before != "" && answer.Body != before {
			t.Errorf("%q: the answer is another one", address)
		}
		before = answer.Body
	}
	if got := s.Letters(t, "nobody"); len(got) > 0 {
		t.Errorf("nobody got %d e-mails", len(got))
	}
	for range 3 {
		newGuest(s).post(t, "/me/forgot", "email", "carl@acme.test")
	}
	wants(t, "the fourth wish for one address", newGuest(s).post(t, "/me/forgot", "email", "carl@acme.test"), http.StatusTooManyRequests)
}

func TestAttackChangeWithoutTheOldPassword(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	g, other := newGuest(s), newGuest(s)
	g.signIn(t, "ann", tenanttest.NewPassword)
	other.signIn(t, "ann", tenanttest.NewPassword)
	wants(t, "without it", g.setPassword(t, "/me/password", another), 401, "not right")
	wants(t, "with a wrong one", g.post(t, "/me/password", "old", "wrong", "password", another, "again", another), 401, "not right")
	wants(t, "signed out", newGuest(s).post(t, "/me/password", "old", tenanttest.NewPassword, "password", another, "again", another), 303, "/me/sign-in")
	wants(t, "with it", g.post(t, "/me/password", "old", tenanttest.NewPassword, "password", another, "again", another), 303, "/me")
	if page := other.get(t, "/me"); page.Status != 303 {
		t.Errorf("her other session: got %d, want to be signed out", page.Status)
	}
	if page := g.get(t, "/me"); page.Status != 200 {
		t.Errorf("the session that changed it: got %d, want to stay", page.Status)
	}
}

func TestAttackCrossSiteReset(t *testing.T) {
	s := tenanttest.Start(t)
	addLocal(t, s, "ann", false)
	g := newGuest(s)
	g.openReset(t, resetLink(t, s, "ann"))
	for _, path := range []string{"/me/forgot", "/me/reset", "/me/reset/code", "/me/reset/check", "/me/new-password"} {
		answer := g.do(t, "POST", path, map[string][]string{"password": {another}, "again": {another}}, "Sec-Fetch-Site", "cross-site")
		wants(t, path, answer, http.StatusForbidden)
	}
	wants(t, "nothing was set", newGuest(s).signIn(t, "ann", tenanttest.NewPassword), 303, "/me")
}
