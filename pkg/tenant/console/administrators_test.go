package console_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

func TestTheLastOwnerStays(t *testing.T) {
	s := tenanttest.Start(t)
	owner := signedIn(t, s)
	me := administrator(t, s)
	path := "/administrators/" + me.ID.String()
	tries := map[string]url.Values{
		path + "/role": {"role": {"reader"}}, path + "/lock": {"locked": {"yes"}}, path + "/remove": {"email": {me.Email}},
	}
	for where, form := range tries {
		if answer := owner.post(t, where, form); answer.Status != http.StatusConflict || !strings.Contains(answer.Body, "your own account") {
			t.Errorf("%s on the own account: got %d", where, answer.Status)
		}
	}
	// An owner who is locked, or has not joined, is no owner who remains.
	other := s.AddAdministrator(t, "otto@acme.test", tenant.RoleOwner)
	otto := signedInAs(t, s, other.Email)
	owner.post(t, "/administrators", url.Values{"email": {"ida@acme.test"}, "role": {"owner"}})
	if answer := otto.post(t, path+"/role", url.Values{"role": {"king"}}); answer.Status != http.StatusBadRequest {
		t.Errorf("a role that is none: got %d", answer.Status)
	}
	if answer := otto.post(t, path+"/role", url.Values{"role": {"administrator"}}); answer.Status != http.StatusSeeOther {
		t.Fatalf("demoting one of two: got %d", answer.Status)
	}
	if answer := owner.get(t, "/users"); answer.Status != http.StatusSeeOther {
		t.Errorf("a session from before the role changed: got %d, want to be sent to sign in", answer.Status)
	}
	_, err := s.Store().Administrator(t.Context(), other.Email)
	if err != nil {
		t.Fatal(err)
	}
	for where := range map[string]bool{"role": true, "lock": true, "remove": true} {
		answer := signedIn(t, s).post(t, "/administrators/"+other.ID.String()+"/"+where, url.Values{"role": {"reader"}, "locked": {"yes"}, "email": {other.Email}})
		if answer.Status != http.StatusForbidden {
			t.Errorf("%s as an administrator: got %d, want 403", where, answer.Status)
		}
	}
}

// TestAttackOrganizationThatIsNone invites for an organization that cannot be read: less must not become the whole tenant.
func TestAttackOrganizationThatIsNone(t *testing.T) {
	s := tenanttest.Start(t)
	cy := s.AddAdministrator(t, "cy@acme.test", tenant.RoleReader)
	owner := signedIn(t, s)
	for _, path := range []string{"/administrators", "/administrators/" + cy.ID.String() + "/role"} {
		for _, organization := range []string{"zzz", "0", "00000000000000000009"} {
			answer := owner.post(t, path, url.Values{"email": {"ben@acme.test"}, "role": {"administrator"}, "organization": {organization}})
			if answer.Status < 400 || answer.Status >= 500 {
				t.Errorf("%s for the organization %q: got %d", path, organization, answer.Status)
			}
		}
	}
	all, err := s.Store().Administrators(t.Context())
	if err != nil || len(all) != 2 || all[1].Role != tenant.RoleReader {
		t.Errorf("administrators are now %+v (%v)", all, err)
	}
}

func TestAttackInvitationUsedTwice(t *testing.T) {
	s := tenanttest.Start(t)
	owner := signedIn(t, s)
	made := owner.post(t, "/administrators", url.Values{"email": {"ben@acme.test"}, "role": {"reader"}})
	link := regexp.MustCompile(`(/join/[A-Za-z0-9_-]+)`).FindString(made.Body)
	if link == "" || strings.Contains(owner.get(t, "/administrators").Body, link) {
		t.Fatalf("the link is not shown once: %d", made.Status)
	}
	cookie := strings.Split(s.Do(t, "GET", link, "", nil).Header.Get("Set-Cookie"), ";")[0]
	if answer := post(t, s, "/sign-in", url.Values{"email": {"ben@acme.test"}, "password": {""}}); answer.Status != http.StatusUnauthorized {
		t.Errorf("signing in without a password: got %d", answer.Status)
	}
	join := func(first, again string) int {
		return post(t, s, "/join", url.Values{"password": {first}, "again": {again}}, "Cookie", cookie).Status
	}
	if got := join("short", "short"); got != http.StatusBadRequest {
		t.Errorf("a short password: got %d", got)
	}
	if got := join("green ladder at noon", "green ladder at dawn"); got != http.StatusBadRequest {
		t.Errorf("two passwords: got %d", got)
	}
	if got := join("green ladder at noon", "green ladder at noon"); got != http.StatusSeeOther {
		t.Errorf("joining: got %d", got)
	}
	if got := join("red ladder at noon", "red ladder at noon"); got != http.StatusNotFound {
		t.Errorf("joining again: got %d", got)
	}
	late := owner.post(t, "/administrators", url.Values{"email": {"cy@acme.test"}, "role": {"reader"}})
	link = regexp.MustCompile(`(/join/[A-Za-z0-9_-]+)`).FindString(late.Body)
	cookie = strings.Split(s.Do(t, "GET", link, "", nil).Header.Get("Set-Cookie"), ";")[0]
	s.Clock.Advance(25 * time.Hour)
	if got := join("red ladder at noon", "red ladder at noon"); got != http.StatusNotFound {
		t.Errorf("a day later: got %d", got)
	}
}

func TestRecoveryCodeSignsInOnce(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	key := field(t, v.get(t, "/account/second-factor").Body, "secret")
	codes := codesOn(v.post(t, "/account/second-factor", url.Values{"secret": {key}, "password": {tenanttest.Password}, "code": {s.Code(t, key, 0)}}).Body)
	if len(codes) != 8 || strings.Contains(v.get(t, "/account").Body, codes[0]) {
		t.Fatalf("%d codes were shown, want 8, once", len(codes))
	}
	wizard := func(code string) problem.Code {
		var p problem.Problem
		answer := s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: tenanttest.Email, Password: tenanttest.Password, Code: code})
		if answer.Status == http.StatusOK {
			return ""
		}
		answer.Into(t, &p)
		return p.Code
	}
	if got := wizard(codes[0]); got != "" {
		t.Errorf("the wizard with a recovery code: got %s", got)
	}
	if got := wizard(codes[0]); got != control.CodeWrong {
		t.Errorf("the same again: got %q, want %s", got, control.CodeWrong)
	}
	if page := v.get(t, "/account").Body; !strings.Contains(page, "7 recovery codes left") {
		t.Error("the account's page does not say how many are left")
	}
	fresh := codesOn(v.post(t, "/account/recovery-codes", url.Values{"password": {tenanttest.Password}}).Body)
	if got := wizard(codes[1]); got != control.CodeWrong || len(fresh) != 8 {
		t.Errorf("a code that was replaced: got %q", got)
	}
	if answer := v.post(t, "/account/recovery-codes", url.Values{"password": {"wrong"}}); answer.Status != http.StatusUnauthorized {
		t.Errorf("new codes with a wrong password: got %d", answer.Status)
	}
}

// TestAttackSessionThatWasEnded keeps a live page open with a session that is ended elsewhere.
func TestAttackSessionThatWasEnded(t *testing.T) {
	s := tenanttest.Start(t)
	mine, stolen := signedIn(t, s), signedIn(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", stolen.cookie)
	stream, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("the live page: %v %v", stream, err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	if !lines.Scan() {
		t.Fatal("the stream tells nothing")
	}
	names := regexp.MustCompile(`name="session" value="([^"]+)"`).FindAllStringSubmatch(mine.get(t, "/account").Body, -1)
	if len(names) != 1 {
		t.Fatalf("%d other sessions are listed, want 1", len(names))
	}
	if answer := mine.post(t, "/account/sessions/end", url.Values{"session": {names[0][1]}}); answer.Status != http.StatusSeeOther {
		t.Fatalf("ending it: got %d", answer.Status)
	}
	for lines.Scan() { // what was under way
	}
	if ctx.Err() != nil {
		t.Error("the live page goes on after its session was ended")
	}
	if answer := stolen.get(t, "/users"); answer.Status != http.StatusSeeOther {
		t.Errorf("the ended session: got %d, want to be sent to sign in", answer.Status)
	}
	if answer := mine.get(t, "/users"); answer.Status != http.StatusOK {
		t.Errorf("the session that ended it: got %d", answer.Status)
	}
}

// TestBrowserAdministratorsAndLog invites somebody, who joins in another browser, and finds it all in the log.
func TestBrowserAdministratorsAndLog(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/administrators", "Invite somebody")
	browsertest.Step(t, ctx, "inviting", chromedp.SendKeys("#email", "ben@acme.test"), browsertest.Click("input[value=reader]"), browsertest.Click("#invite"),
		browsertest.WaitText("Send this link to ben@acme.test"))
	look(t, ctx, "administrators-invited")
	link := evaluate(t, ctx, `document.getElementById("link").textContent`)
	other := browsertest.Start(t)
	browsertest.Step(t, other, "the link", chromedp.Navigate(link), browsertest.WaitText("You are invited as Reader"), browsertest.Until(`location.pathname === "/join"`))
	look(t, other, "join")
	browsertest.Step(t, other, "choosing a password", chromedp.SendKeys("#password", "green ladder at noon"), chromedp.SendKeys("#again", "green ladder at noon"), chromedp.Submit("#again"),
		browsertest.WaitText("Your password is saved"))
	browsertest.Step(t, other, "signing in", chromedp.SendKeys("#email", "ben@acme.test"), chromedp.SendKeys("#password", "green ladder at noon"), chromedp.Submit("#password"), browsertest.WaitText("No agent yet"))
	browsertest.Step(t, other, "a reader's list", chromedp.Navigate(s.URL+"/administrators"), browsertest.WaitText("Owners add and change them"))
	browsertest.Step(t, other, "watching", chromedp.Navigate(s.URL+"/directory-sync"), browsertest.WaitText("No agent yet"))

	browsertest.Step(t, ctx, "the newcomer", chromedp.Navigate(s.URL+"/administrators"), browsertest.Click("tbody tr:last-child a"), browsertest.WaitText("for the console"))
	look(t, ctx, "administrator")
	browsertest.Step(t, ctx, "another role", browsertest.Click("input[value=administrator]"), browsertest.Click("#save-role"), browsertest.WaitText("The role is changed"))
	browsertest.Step(t, other, "signed out by itself", browsertest.WaitText("Sign in to Acme"))
	browsertest.Step(t, ctx, "removing with another name", chromedp.SendKeys("#typed", "ben"), browsertest.Click("#remove"), browsertest.WaitText("The e-mail is another one"))
	browsertest.Step(t, ctx, "removing", chromedp.SendKeys("#typed", "ben@acme.test"), browsertest.Click("#remove"), browsertest.WaitText("The administrator is removed"))
	look(t, ctx, "administrators")
	signedIn(t, s)
	browsertest.Step(t, ctx, "sessions", chromedp.Navigate(s.URL+"/account"), browsertest.WaitText("This one"), browsertest.WaitText("Chrome on Linux"))
	look(t, ctx, "account-sessions")
	browsertest.Step(t, ctx, "ending the others", browsertest.Click("#end-others"), browsertest.WaitText("You are signed out everywhere else"))

	a := s.Enrol(t, "dc1")
	fillIn(t, a)
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	form := configureForm(t, s, a)
	form.Set("version", "0")
	signedIn(t, s).post(t, "/directory-sync/"+agent.ID.String()+"/configure", form)
	post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {"wrong"}})
	browsertest.Step(t, ctx, "the log", browsertest.Click(`nav a[href="/audit"]`), browsertest.WaitText("Configured the agent Head office"), browsertest.WaitText("Removed the administrator ben@acme.test"))
	look(t, ctx, "audit")
	browsertest.Step(t, ctx, "searching", chromedp.SendKeys("#q", "head office"), chromedp.Submit("#q"), browsertest.Until(`document.querySelectorAll("#log tbody tr").length === 1`), browsertest.WaitText("name: dc1 → Head office"))
	look(t, ctx, "audit-found")
	if bad := evaluate(t, ctx, `[...document.querySelectorAll("input:not([type=hidden]), select, button")].filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map(e => e.outerHTML).join()`); bad != "" {
		t.Errorf("a screen reader cannot name %s", bad)
	}
}
