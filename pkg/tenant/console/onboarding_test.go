package console_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/trust"
)

// says asks for a page and checks that it says something.
func (v visitor) says(t *testing.T, path string, words ...string) string {
	t.Helper()
	answer := v.get(t, path)
	for _, text := range words {
		if answer.Status != http.StatusOK || !strings.Contains(answer.Body, text) {
			t.Errorf("%s: got %d, want %q: %.1500s", path, answer.Status, text, answer.Body)
		}
	}
	return answer.Body
}

func TestPoliciesAreMadeEditedAndRemoved(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	form := url.Values{"name": {"Contractors"}, "state": {"created"}, "mail": {"on"}}
	if answer := v.post(t, "/provisioning", form); answer.Status != 400 || !strings.Contains(answer.Body, "needs the state Provisioned") || !strings.Contains(answer.Body, `value="Contractors"`) {
		t.Errorf("an e-mail to who is Created: got %d %.600s", answer.Status, answer.Body)
	}
	form.Set("state", "provisioned")
	if answer := v.post(t, "/provisioning", form); answer.Status != http.StatusSeeOther {
		t.Fatalf("making one: got %d %.600s", answer.Status, answer.Body)
	}
	all, err := s.Store().Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mine := all[len(all)-1]
	path := "/provisioning/" + mine.ID.String()
	a := s.EnrolUnder(t, "dc1", mine.ID)
	v.says(t, "/provisioning", "Contractors", "dc1", "Built in")
	v.says(t, "/directory-sync/"+a.ID.String()+"/configure", "Contractors</option>")
	if answer := v.post(t, path+"/remove", nil); answer.Status != http.StatusConflict || !strings.Contains(answer.Body, "Contractors is in use") {
		t.Errorf("removing one in use: got %d", answer.Status)
	}
	form.Del("mail")
	form.Set("two-factor", "on")
	if answer := v.post(t, path, form); answer.Status != http.StatusSeeOther {
		t.Errorf("editing: got %d %.600s", answer.Status, answer.Body)
	}
	if u := a.AddPerson(t, "ann"); u.State != tenant.Provisioned || !u.TwoFactor {
		t.Errorf("added under it as %+v", u)
	}
	built := "/provisioning/" + tenant.DefaultPolicyID.String()
	if body := v.says(t, built, "cannot be changed"); strings.Contains(body, "<form class=\"card") {
		t.Error("a built-in policy has a form")
	}
	for _, path := range []string{built, built + "/remove"} {
		if answer := v.post(t, path, form); answer.Status != http.StatusConflict {
			t.Errorf("writing %s: got %d, want 409", path, answer.Status)
		}
	}
}

func TestBulkUpdateToProvisioned(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	fillIn(t, a) // 60 people who are Created
	ann, bob := a.AddPerson(t, "ann"), a.AddPerson(t, "bob")
	chosen := url.Values{"user": {ann.ID.String(), bob.ID.String()}}
	v.says(t, "/users/provision?"+chosen.Encode(), "Update 2 people to Provisioned", "Ann Berg, Bob Berg", "Send email to user to activate their account", "Require 2FA setup during activation")
	chosen.Set("mail", "on")
	if answer := v.post(t, "/users/provision", chosen); answer.Status != 200 || !strings.Contains(answer.Body, "2 people") {
		t.Errorf("updating two: got %d %.600s", answer.Status, answer.Body)
	}
	if u := s.Person(t, "ann"); u.State != tenant.Provisioned || u.TwoFactor {
		t.Errorf("she is %+v", u)
	}
	v.says(t, "/users/provision?all=yes&q=given5&state=created", "Update 11 people", "and 3 more")
	for range 2 {
		if answer := v.post(t, "/users/provision", url.Values{"all": {"yes"}, "mail": {"on"}, "two-factor": {"on"}}); answer.Status != 200 || !strings.Contains(answer.Body, "62 people") {
			t.Errorf("updating all: got %d %.900s", answer.Status, answer.Body)
		}
		if err := s.SendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	box := mail.Outbox{Folder: filepath.Join(s.State, serve.OutboxName)}
	if _, total, err := box.List(1); err != nil || total != 62 {
		t.Errorf("%d e-mails (%v), want 62", total, err)
	}
	if answer := v.get(t, "/users/provision"); answer.Status != 400 || !strings.Contains(answer.Body, "Nobody is chosen") {
		t.Errorf("nobody chosen: got %d", answer.Status)
	}
	if answer := v.post(t, "/users/provision", url.Values{"user": {"no id"}}); answer.Status != 404 {
		t.Errorf("rubbish chosen: got %d", answer.Status)
	}
}

func TestMailPageShowsWhatWentWrong(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{Auth: true})
	s := tenanttest.StartWith(t, func(o *serve.Options) {
		server, err := mail.ParseServer(m.URL())
		if err != nil {
			t.Fatal(err)
		}
		server.Roots, _ = trust.Roots(m.CA)
		server.User, server.Password = mailtest.User, mailtest.Password
		o.SMTP, o.MailFrom = &server, "passly@acme.test"
	})
	v := signedIn(t, s)
	if answer := v.post(t, "/settings/mail/test", url.Values{"to": {"anna@acme.test"}}); answer.Status != http.StatusSeeOther || len(m.Taken()) != 1 || !strings.Contains(m.Taken()[0].Raw, "Test e-mail from Acme") {
		t.Errorf("a test: got %d, %d taken", answer.Status, len(m.Taken()))
	}
	m.OnRecipient(func(string) error { return mailtest.Refuse("we do not relay <b>") })
	answer := v.post(t, "/settings/mail/test", url.Values{"to": {"anna@acme.test"}})
	if answer.Status != http.StatusServiceUnavailable || !strings.Contains(answer.Body, "550") || !strings.Contains(answer.Body, "we do not relay &lt;b&gt;") {
		t.Errorf("a refused test: got %d %.900s", answer.Status, answer.Body)
	}
	ann := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	user := "/users/" + ann.ID.String()
	v.says(t, user, "Waits to be sent", "Required at activation")
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.says(t, user, "Not delivered", "we do not relay")
	body := v.says(t, "/settings/mail", "Ann Berg", "we do not relay", m.URL()[len("smtp://"):])
	if strings.Contains(body, mailtest.Password) {
		t.Error("the SMTP password is on the page")
	}
	m.OnRecipient(nil)
	if answer := v.post(t, user+"/send-again", nil); answer.Status != http.StatusSeeOther {
		t.Errorf("sending again: got %d", answer.Status)
	}
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.says(t, user, "Sent <time")
	if body := v.says(t, "/settings/mail", "Links lead to"); strings.Contains(body, "Ann Berg") {
		t.Error("what was delivered is still among what was not")
	}
}

func TestAttackReaderAndLinksInTheOutbox(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	page := v.says(t, "/settings/mail", "Into the outbox folder", "ann@acme.test")
	_, rest, _ := strings.Cut(page, `href="/settings/mail/outbox/`)
	name, _, _ := strings.Cut(rest, `"`)
	v.says(t, "/settings/mail/outbox/"+name, link, "Whoever has the link")
	s.ChangeAdministrator(t, func(a *tenant.Administrator) { a.Role = tenant.RoleReader })
	reader := signedIn(t, s)
	if answer := reader.get(t, "/settings/mail/outbox/"+name); answer.Status != http.StatusForbidden || strings.Contains(answer.Body, link) {
		t.Errorf("a reader opens it: got %d", answer.Status)
	}
	if page := reader.says(t, "/settings/mail", "ann@acme.test"); strings.Contains(page, "/settings/mail/outbox/") {
		t.Error("a reader is offered the e-mail")
	}
	for path, form := range map[string]url.Values{"/settings/mail/test": {"to": {"x@y.test"}}, "/users/provision": {"all": {"yes"}}, "/provisioning": {"name": {"x"}}, "/users/" + s.Person(t, "ann").ID.String() + "/send-again": nil} {
		if answer := reader.post(t, path, form); answer.Status != http.StatusForbidden {
			t.Errorf("a reader writes %s: got %d", path, answer.Status)
		}
	}
}

func TestAttackMarkupInTheOutbox(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	folder := filepath.Join(s.State, serve.OutboxName)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	raw := "To: <script>alert(1)</script>\r\nSubject: <img src=x onerror=alert(1)>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n<script>alert(2)</script>\r\n--b--\r\n"
	if err := os.WriteFile(filepath.Join(folder, "bad.eml"), []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/settings/mail", "/settings/mail/outbox/bad.eml"} {
		if body := v.says(t, path, "&lt;img src=x"); strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s holds the markup", path)
		}
	}
	for _, path := range []string{"/settings/mail/outbox/..%2ftenant.db", "/settings/mail/outbox/none.eml"} {
		if answer := v.get(t, path); answer.Status != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, answer.Status)
		}
	}
}

func TestOrganizationsSayHowLongPasswordsAre(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	all, err := s.Store().Organizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := "/organizations/" + all[0].ID.String()
	v.says(t, path, `value="12"`)
	for _, wrong := range []string{"7", "65", "many", ""} {
		if answer := v.post(t, path, organizationForm("min-password", wrong)); answer.Status != http.StatusBadRequest {
			t.Errorf("%q: got %d", wrong, answer.Status)
		}
	}
	if answer := v.post(t, path, organizationForm("min-password", "20")); answer.Status != http.StatusSeeOther {
		t.Errorf("20: got %d", answer.Status)
	}
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	page := s.Do(t, "GET", "/enrol", "", nil, "Cookie", "passly-enrol="+strings.TrimPrefix(link, "/enrol/"))
	if !strings.Contains(page.Body, "At least 20 characters") {
		t.Errorf("the enrolment page: %.900s", page.Body)
	}
}

// TestEverybodyIsProvisionedHoweverTheListIsSorted chooses more people at once than one transaction takes.
func TestEverybodyIsProvisionedHoweverTheListIsSorted(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	a.AddPeople(t, 1100)
	for _, sort := range []string{"-logon", "name", ""} {
		if done := v.post(t, "/users/provision", url.Values{"all": {"yes"}, "sort": {sort}}); done.Status != http.StatusOK {
			t.Fatalf("sorted by %q: got %d", sort, done.Status)
		}
		if n, err := s.CountUsers(t.Context(), tenant.Provisioned); err != nil || n != 1100 {
			t.Errorf("sorted by %q: %d are Provisioned (%v), want all 1100", sort, n, err)
		}
	}
}

// TestBrowserProvisioning makes a policy, updates people to Provisioned and looks at what became of the e-mails.
func TestBrowserProvisioning(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	a := s.Enrol(t, "dc1")
	fillIn(t, a)
	enter(t, ctx, s, "/provisioning", "New policy")
	browsertest.Step(t, ctx, "a new policy", browsertest.Click(".head .primary"), browsertest.WaitText("State given to a newly added person"))
	look(t, ctx, "policy-new")
	browsertest.Step(t, ctx, "saving it", chromedp.SendKeys("#name", "Contractors"), browsertest.Click("#two-factor"), browsertest.Click("#save"), browsertest.WaitText("Contractors"), browsertest.WaitText("Custom"))
	look(t, ctx, "policies")
	browsertest.Step(t, ctx, "choosing people", chromedp.Navigate(s.URL+"/users"), browsertest.Click(`input[name="user"]`), browsertest.Click("#provision"), browsertest.WaitText("Update 1 person to Provisioned"))
	look(t, ctx, "provision")
	browsertest.Step(t, ctx, "updating", browsertest.Click("#update"), browsertest.WaitText("Provisioned now"))
	look(t, ctx, "provisioned")
	browsertest.Step(t, ctx, "all that match", chromedp.Navigate(s.URL+"/users?q=given5"), browsertest.Click("#all"), browsertest.Click("#provision"), browsertest.WaitText("Update 11 people"), browsertest.Click("#update"), browsertest.WaitText("Provisioned now"))
	look(t, ctx, "users-chosen")
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	browsertest.Step(t, ctx, "the outbox", chromedp.Navigate(s.URL+"/settings/mail"), browsertest.WaitText("Into the outbox folder"))
	look(t, ctx, "mail")
	browsertest.Step(t, ctx, "an e-mail", browsertest.Click(".rows tbody a"), browsertest.WaitText("/enrol/"))
	look(t, ctx, "outbox")
	browsertest.Step(t, ctx, "a test", chromedp.Navigate(s.URL+"/settings/mail"), browsertest.Click("#send-test"), browsertest.WaitText("The test e-mail is on its way"))
	browsertest.Step(t, ctx, "a person", chromedp.Navigate(s.URL+"/users?q=given59"), browsertest.Click("tbody a"), browsertest.WaitText("Enrolment"), browsertest.Click("#send-again"), browsertest.WaitText("sent again within seconds"))
	look(t, ctx, "user-enrolment")
}
