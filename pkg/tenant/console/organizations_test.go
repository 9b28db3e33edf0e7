package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// organizationForm is a form that can be saved, but for what is given in pairs.
func organizationForm(pairs ...string) url.Values {
	form := url.Values{"name": {"Acme"}, "url-name": {"blue-heron"}, "suffix": {""}, "licences": {"0"}, "min-password": {"12"}, "strength": {"3"}, "max-age": {"0"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestOrganizationForms(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	for name, row := range map[string]struct {
		form []string
		want string
	}{
		"no name":             {[]string{"name", " "}, "needs a name"},
		"a URL name in use":   {[]string{"url-name", "acme"}, "Another organization has the URL name acme"},
		"a bad URL name":      {[]string{"url-name", "Blue Heron"}, "The URL name cannot be used"},
		"an open hyphen":      {[]string{"url-name", "blue-"}, "The URL name cannot be used"},
		"a bad suffix":        {[]string{"suffix", "blue heron"}, "no principal-name suffix"},
		"licences in words":   {[]string{"licences", "many"}, "That is no number"},
		"fewer than none":     {[]string{"licences", "-1"}, "out of bounds"},
		"too short passwords": {[]string{"min-password", "4"}, "The length is out of bounds"},
	} {
		answer := v.post(t, "/organizations/new", organizationForm(append([]string{"suffix", "typed.test"}, row.form...)...))
		if answer.Status == http.StatusSeeOther || !strings.Contains(answer.Body, row.want) {
			t.Errorf("%s: got %d, want %q", name, answer.Status, row.want)
		}
		if row.form[0] != "suffix" && !strings.Contains(answer.Body, "typed.test") {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
	answer := v.post(t, "/organizations/new", organizationForm("name", "Blue Heron", "suffix", "@Heron.Test", "licences", "1"))
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("adding: got %d %.500s", answer.Status, answer.Body)
	}
	all, _ := s.Store().Organizations(t.Context())
	if len(all) != 2 || all[1].Suffix != "heron.test" || all[1].Licences != 1 {
		t.Fatalf("there are %+v", all)
	}
	heron := all[1]
	answer = v.post(t, "/users/new", person(t, s, "mail", "zoe@acme.test", "logon", "zoe@acme.test", "organization", heron.ID.String()))
	if answer.Status != http.StatusBadRequest || !strings.Contains(answer.Body, "end with @heron.test") {
		t.Errorf("a logon name with another suffix: got %d", answer.Status)
	}
	answer = v.post(t, "/users/new", person(t, s, "mail", "zoe@acme.test", "logon", "Zoe@HERON.test", "organization", heron.ID.String()))
	if answer.Status != http.StatusSeeOther {
		t.Errorf("the right suffix: got %d %.500s", answer.Status, answer.Body)
	}
	v.post(t, "/organizations/"+heron.ID.String(), organizationForm("name", "Heron", "url-name", "else"))
	if all, _ = s.Store().Organizations(t.Context()); all[1].Name != "Heron" || all[1].URLName != "blue-heron" {
		t.Errorf("changed to %+v, want the URL name as it was made", all[1])
	}
	remove := "/organizations/" + heron.ID.String() + "/remove"
	if answer := v.post(t, remove, url.Values{"typed": {"Heron"}}); answer.Status != http.StatusConflict || !strings.Contains(answer.Body, "not empty") {
		t.Errorf("removing one with people: got %d", answer.Status)
	}
	first := "/organizations/" + all[0].ID.String() + "/remove"
	if answer := v.post(t, first, url.Values{"typed": {"acme"}}); answer.Status != http.StatusBadRequest {
		t.Errorf("removing with another name typed: got %d", answer.Status)
	}
	if answer := s.Do(t, http.MethodGet, "/o/blue-heron", "", nil); answer.Status != 200 || !strings.Contains(answer.Body, "account at Heron") {
		t.Errorf("its sign-in page: got %d", answer.Status)
	}
	if answer := s.Do(t, http.MethodGet, "/o/nobody", "", nil); answer.Status != http.StatusNotFound {
		t.Errorf("another's: got %d", answer.Status)
	}
}

// TestAdministratorOfOneOrganization does what such an account may, and looks that the rest is not there.
func TestAdministratorOfOneOrganization(t *testing.T) {
	s := tenanttest.Start(t)
	heron := s.AddOrganization(t, "heron")
	if err := serve.AddAdministrator(t.Context(), serve.Options{State: s.State}, serve.Newcomer{
		Email: "ida@heron.test", Password: tenanttest.Password, Role: tenant.RoleAdministrator, Organization: "heron",
	}); err != nil {
		t.Fatal(err)
	}
	err := serve.AddAdministrator(t.Context(), serve.Options{State: s.State}, serve.Newcomer{
		Email: "odo@heron.test", Password: tenanttest.Password, Role: tenant.RoleOwner, Organization: "heron",
	})
	if p := problem.Of(err); p == nil || p.Title != "An owner is for the whole tenant" {
		t.Errorf("an owner of one organization: got %v", err)
	}
	a := s.Enrol(t, "dc1")
	ann := a.AddPerson(t, "ann")
	signedIn(t, s).post(t, "/users/new", person(t, s, "mail", "bob@heron.test", "logon", "bob@heron.test", "organization", heron.ID.String()))
	bob := onlyUser(t, s, "bob@heron.test")
	v := signedInAs(t, s, "ida@heron.test")
	for path, want := range map[string][2]string{ // what has to be there, what must not
		"/users": {"bob@heron.test", "ann@"}, "/users?organization=" + ann.Organization.String(): {"bob@heron.test", "ann@"},
		"/users?q=ann@acme": {"Nobody found", "Ann Berg"}, "/directory-sync": {"No agent yet", "dc1"}, "/organizations": {"Heron", "Acme</a>"},
		"/users/new": {"Heron", ">Acme</option>"}, "/groups": {"No groups yet", "Settings"},
	} {
		answer := v.get(t, path)
		if answer.Status != 200 || !strings.Contains(answer.Body, want[0]) || strings.Contains(answer.Body, want[1]) {
			t.Errorf("%s: got %d, want it with %q and without %q", path, answer.Status, want[0], want[1])
		}
	}
	for path, form := range map[string]url.Values{
		"/users/new":       person(t, s, "mail", "eve@acme.test", "logon", "eve@acme.test"), // of the first organization
		"/groups/new":      {"name": {"Mine"}, "organization": {ann.Organization.String()}},
		"/users/provision": {"user": {ann.ID.String()}},
		"/users/" + ann.ID.String() + "/send-again":       nil,
		"/directory-sync/" + a.ID.String() + "/configure": {"name": {"Mine"}},
		"/users/" + bob.ID.String() + "/edit":             person(t, s, "mail", "bob@heron.test", "logon", "bob@heron.test", "version", "1"),
		"/organizations/" + heron.ID.String():             organizationForm("licences", "500"),
		"/administrators":                                 {"email": {"x@heron.test"}, "role": {"administrator"}},
	} {
		if answer := v.post(t, path, form); answer.Status != http.StatusNotFound && answer.Status != http.StatusForbidden {
			t.Errorf("writing %s: got %d, want 403 or 404", path, answer.Status)
		}
	}
	if done := v.post(t, "/users/provision", url.Values{"all": {"yes"}}); done.Status != 200 || s.Person(t, "ann").State != tenant.Created || onlyUser(t, s, "bob@heron.test").State != tenant.Provisioned {
		t.Errorf("everybody: got %d; ann is %s, bob %s", done.Status, s.Person(t, "ann").State, onlyUser(t, s, "bob@heron.test").State)
	}
	group := v.post(t, "/groups/new", url.Values{"name": {"Staff"}, "organization": {heron.ID.String()}}).Header.Get("Location")
	group, _, _ = strings.Cut(group, "?")
	if answer := v.post(t, group, url.Values{"do": {"add"}, "who": {ann.Mail}}); answer.Status != http.StatusNotFound {
		t.Errorf("another's person into a group: got %d", answer.Status)
	}
	if answer := v.post(t, group, url.Values{"do": {"add"}, "who": {"bob@heron.test"}}); answer.Status != http.StatusSeeOther {
		t.Errorf("the own person into a group: got %d", answer.Status)
	}
}

func TestBrowserOrganizations(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	a := s.Enrol(t, "dc1")
	fillIn(t, a)
	enter(t, ctx, s, "/organizations", "New organization")
	browsertest.Step(t, ctx, "a new one", browsertest.Click("#new-organization"), browsertest.WaitText("Default password policy"))
	look(t, ctx, "organization-new")
	browsertest.Step(t, ctx, "saving it", chromedp.SendKeys("#name", "Blue Heron"), chromedp.SendKeys("#url-name", "blue-heron"), chromedp.SendKeys("#suffix", "heron.test"),
		browsertest.Click("#save"), browsertest.WaitText("The organization is added"))
	look(t, ctx, "organization")
	browsertest.Step(t, ctx, "the list", chromedp.Navigate(s.URL+"/organizations"), browsertest.WaitText("blue-heron"))
	look(t, ctx, "organizations")
	browsertest.Step(t, ctx, "the users of one", browsertest.Click("tbody td a"), browsertest.WaitText("found"))
	look(t, ctx, "users-of-organization")
	browsertest.Step(t, ctx, "sorted", browsertest.Click("thead th:first-child a"), chromedp.WaitVisible(`th[aria-sort="ascending"]`), browsertest.Click("thead th:first-child a"), chromedp.WaitVisible(`th[aria-sort="descending"]`))
	look(t, ctx, "users-sorted")
	browsertest.Step(t, ctx, "inviting somebody for one", chromedp.Navigate(s.URL+"/administrators"), chromedp.SetAttributeValue("#organization option:last-child", "selected", "selected"), browsertest.WaitText("Blue Heron only"))
	look(t, ctx, "administrators-for-one")
}
