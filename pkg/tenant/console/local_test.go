package console_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// person is a complete form; edits make it something else.
func person(t *testing.T, s *tenanttest.Server, edits ...string) url.Values {
	t.Helper()
	organizations, err := s.Store().Organizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"given": {"Ann"}, "family": {"Adams"}, "mail": {"ann@example.test"}, "logon": {"ann@example.test"},
		"organization": {organizations[0].ID.String()}, "policy": {tenant.DefaultPolicyID.String()},
	}
	for i := 0; i+1 < len(edits); i += 2 {
		form.Set(edits[i], edits[i+1])
	}
	return form
}

func onlyUser(t *testing.T, s *tenanttest.Server, search string) tenant.User {
	t.Helper()
	users, err := s.Store().Users(t.Context(), tenant.Scope{}, store.Query{Search: search})
	if err != nil || len(users) != 1 {
		t.Fatalf("users called %s: %+v (%v), want one", search, users, err)
	}
	return users[0]
}

func TestLocalUsers(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	for what, form := range map[string]url.Values{
		"without a first name": person(t, s, "given", " "), "without an e-mail": person(t, s, "mail", ""), "with no address": person(t, s, "mail", "ann"),
		"with a line end": person(t, s, "family", "A\r\nB"), "without a logon name": person(t, s, "logon", ""),
	} {
		page := v.post(t, "/users/new", form)
		if page.Status != 400 || !strings.Contains(page.Body, "Nothing was saved") || !strings.Contains(page.Body, `value="ann@example.test"`) {
			t.Errorf("%s: got %d %.600s", what, page.Status, page.Body)
		}
	}
	if page := v.post(t, "/users/new", person(t, s)); !strings.HasSuffix(page.Header.Get("Location"), "?done=user-added") {
		t.Fatalf("adding: got %d %.500s", page.Status, page.Body)
	}
	u := onlyUser(t, s, "ann")
	if u.Agent != 0 || u.State != tenant.Created || u.GivenName != "Ann" {
		t.Errorf("added: %+v", u)
	}
	if page := v.post(t, "/users/new", person(t, s, "logon", "other@example.test", "mail", "ANN@example.test")); page.Status != 409 || !strings.Contains(page.Body, "Somebody else has the e-mail") {
		t.Errorf("an e-mail in use: got %d %.600s", page.Status, page.Body)
	}
	path := "/users/" + u.ID.String()
	if page := v.post(t, path+"/edit", person(t, s, "version", "1", "family", "Zimmer")); !strings.HasSuffix(page.Header.Get("Location"), "?done=user-saved") {
		t.Fatalf("editing: got %d %.500s", page.Status, page.Body)
	}
	if page := v.post(t, path+"/edit", person(t, s, "version", "1", "family", "Late")); page.Status != 409 || onlyUser(t, s, "ann").FamilyName != "Zimmer" {
		t.Errorf("an outdated form: got %d", page.Status)
	}
	for _, state := range []tenant.State{tenant.Disabled, tenant.Created} {
		v.post(t, path+"/state", url.Values{"state": {string(state)}})
		if got := onlyUser(t, s, "ann").State; got != state {
			t.Errorf("state: got %s, want %s", got, state)
		}
	}
}

func TestSyncedUsersAreReadOnly(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Do(t, "POST", "/scim/v2/Users", `{"userName":"bo@example.test","name":{"givenName":"Bo","familyName":"Berg"}}`)
	v, u := signedIn(t, s), onlyUser(t, s, "bo")
	path := "/users/" + u.ID.String()
	if page := v.get(t, path); strings.Contains(page.Body, path+"/edit") || !strings.Contains(page.Body, "Read-only: they come from Active Directory") {
		t.Errorf("the page: %.900s", page.Body)
	}
	if page := v.post(t, path+"/edit", person(t, s, "version", "1")); page.Status != 409 || !strings.Contains(page.Body, "comes from Active Directory") {
		t.Errorf("editing: got %d", page.Status)
	}
	if page := v.post(t, path+"/state", url.Values{"state": {"disabled"}}); page.Status != 409 || onlyUser(t, s, "bo").State == tenant.Disabled {
		t.Errorf("disabling: got %d", page.Status)
	}
}

func TestLocalUserOfFullOnboardingGetsAnEMail(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	v.post(t, "/users/new", person(t, s, "policy", tenant.FullOnboardingPolicyID.String(), "mail", "ann@acme.test"))
	if u := onlyUser(t, s, "ann"); u.State != tenant.Provisioned || !u.TwoFactor {
		t.Errorf("added: %+v, want Provisioned with two-factor required", u)
	}
	if link := s.Link(t, "ann"); link == "" {
		t.Error("there is no e-mail")
	}
}

func TestBrowserLocalUser(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/users", "Nobody here yet")
	browsertest.Step(t, ctx, "a new one", browsertest.Click("#new-user"), browsertest.WaitText("New Local user"), chromedp.SendKeys("#given", "Ann"), chromedp.SendKeys("#family", "Adams"),
		chromedp.SendKeys("#mail", "ann@example.test"), chromedp.SendKeys("#logon", "ann@example.test"))
	look(t, ctx, "local-new")
	browsertest.Step(t, ctx, "adding", browsertest.Click("#save"), browsertest.WaitText("The Local user is added"), browsertest.WaitText("Local"))
	look(t, ctx, "local")
	browsertest.Step(t, ctx, "editing", browsertest.Click("#edit"), chromedp.SetValue("#family", "Zimmer"), browsertest.Click("#save"), browsertest.WaitText("Zimmer"), browsertest.WaitText("Saved."))
	browsertest.Step(t, ctx, "disabling", browsertest.Click("#disable"), browsertest.WaitText("Enable again"))
	browsertest.Step(t, ctx, "enabling", browsertest.Click("#enable"), browsertest.Until(`!!document.getElementById("disable")`))
}

func TestLocalGroups(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Do(t, "POST", "/scim/v2/Users", `{"userName":"bo@example.test","name":{"givenName":"Bo","familyName":"Berg"}}`)
	a.Do(t, "POST", "/scim/v2/Groups", `{"displayName":"Synced"}`)
	v := signedIn(t, s)
	if page := v.post(t, "/groups/new", person(t, s, "name", " ")); page.Status != 400 {
		t.Errorf("no name: got %d", page.Status)
	}
	path := strings.TrimSuffix(v.post(t, "/groups/new", person(t, s, "name", "Pilots")).Header.Get("Location"), "?done=group-saved")
	members := func() int {
		t.Helper()
		id, err := tenant.ParseID(strings.TrimPrefix(path, "/groups/"))
		if err != nil {
			t.Fatalf("%q leads to no group: %v", path, err)
		}
		n, err := s.Store().CountMembers(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for who, want := range map[string]int{"BO@example.test": 303, "Synced": 303, "nobody@example.test": 404, "Pilots": 400, `x" or userName pr or "`: 404, "": 400} {
		if page := v.post(t, path, url.Values{"do": {"add"}, "who": {who}}); page.Status != want {
			t.Errorf("adding %q: got %d, want %d", who, page.Status, want)
		}
	}
	if n := members(); n != 2 {
		t.Errorf("members: got %d, want the synced user and the synced group", n)
	}
	bo := onlyUser(t, s, "bo")
	v.post(t, path, url.Values{"do": {"take-out"}, "member": {bo.ID.String()}})
	if n := members(); n != 1 {
		t.Errorf("after one was taken out: got %d members, want 1", n)
	}
	v.post(t, path, url.Values{"do": {"rename"}, "name": {"Test pilots"}})
	if page := v.get(t, path); !strings.Contains(page.Body, "<h1>Test pilots</h1>") {
		t.Errorf("after renaming: %.300s", page.Body)
	}
	groups, err := s.Store().Groups(t.Context(), tenant.Scope{}, store.Query{Search: "Synced"})
	if err != nil || len(groups) != 1 {
		t.Fatal(groups, err)
	}
	synced := "/groups/" + groups[0].ID.String()
	for _, do := range []string{"rename", "add", "remove"} {
		if page := v.post(t, synced, url.Values{"do": {do}, "name": {"x"}, "who": {"bo@example.test"}}); page.Status != 409 || !strings.Contains(page.Body, "comes from Active Directory") {
			t.Errorf("%s of a synced group: got %d", do, page.Status)
		}
	}
	if page := v.post(t, path, url.Values{"do": {"remove"}}); page.Header.Get("Location") != "/groups?done=group-removed" || v.get(t, path).Status != 404 {
		t.Errorf("removing: got %d", page.Status)
	}
	if onlyUser(t, s, "bo").ID != bo.ID {
		t.Error("a member went with the group")
	}
}
