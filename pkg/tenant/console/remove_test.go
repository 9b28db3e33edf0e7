package console_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

func TestNoAgentIsRemovedWithoutItsName(t *testing.T) {
	for fate, want := range map[string]tenant.State{"keep": tenant.Created, "disable": tenant.Disabled} {
		s := tenanttest.Start(t)
		a := s.Enrol(t, "dc1")
		a.Do(t, "POST", "/scim/v2/Users", `{"userName":"ann@example.test"}`)
		v, path := signedIn(t, s), "/directory-sync/"+a.ID.String()+"/remove"
		if page := v.get(t, path); !strings.Contains(page.Body, "Type <b>dc1</b>") {
			t.Fatalf("%s: %.500s", fate, page.Body)
		}
		if page := v.post(t, path, url.Values{"name": {"dc2"}, "people": {fate}}); page.Status != 400 || !strings.Contains(page.Body, "Nothing was removed") {
			t.Errorf("%s, another name: got %d", fate, page.Status)
		}
		if page := v.post(t, path, url.Values{"name": {"dc1"}, "people": {fate}}); page.Header.Get("Location") != "/directory-sync?done=removed" {
			t.Fatalf("%s: got %d %.500s", fate, page.Status, page.Body)
		}
		if answer := a.Do(t, "GET", "/scim/v2/Users", nil); answer.Status != 401 {
			t.Errorf("%s: its token still counts (%d)", fate, answer.Status)
		}
		if n, err := s.CountUsers(t.Context(), want); err != nil || n != 1 {
			t.Errorf("%s: %d people are %s (%v), want 1", fate, n, want, err)
		}
		if page := v.get(t, "/users"); !strings.Contains(page.Body, "ann@example.test") {
			t.Errorf("%s: the users' page: %.900s", fate, page.Body)
		}
	}
}

func TestPausingAndResuming(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	v, path := signedIn(t, s), "/directory-sync/"+a.ID.String()
	for _, status := range []control.Status{control.StatusPaused, control.StatusEnabled} {
		v.post(t, path+"/status", url.Values{"status": {string(status)}})
		if agent, err := s.Agent(t.Context(), a.ID); err != nil || agent.Configuration.Status != status {
			t.Errorf("got %s (%v), want %s", agent.Configuration.Status, err, status)
		}
	}
	if page := v.post(t, path+"/status", url.Values{"status": {"gone"}}); page.Status != 400 {
		t.Errorf("a status that is none: got %d", page.Status)
	}
}

// explanations are what an agent says of two people.
func explanations(raw json.RawMessage) any {
	var args control.ExplainArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return &control.CommandError{Title: err.Error()}
	}
	if args.Name != "Bo" {
		return control.Explanation{Name: args.Name, From: control.FromMirror, Nobody: &control.Words{Title: "Nobody is called " + args.Name, Hint: "Check the spelling."}}
	}
	return control.Explanation{Name: "Bo", From: control.FromMirror, Matches: []control.Explained{{
		GUID: directory.GUID{1}, Kind: directory.KindUser, Name: "Bo <Berg>", Mail: "", LogonName: "bo@example.test", Place: "Sales / Berlin", InScope: true, Unit: "Sales",
		State: control.StateEnabled, Missing: []string{"e-mail"}, Groups: 2, Action: control.ActionNothing, Because: control.BecauseIncomplete,
		Words: control.Words{Title: "Bo Berg is not added", Text: "The e-mail is missing.", Hint: "Fill it in in Active Directory."},
	}}}
}

func TestBrowserWhyIsSomebodyNotHere(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(*control.Heartbeat) {})
	a.Answer(t, map[control.CommandKind]func(json.RawMessage) any{control.CommandExplain: explanations})
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/directory-sync/"+a.ID.String(), "Why is somebody not here?")
	look(t, ctx, "agent-actions")
	browsertest.Step(t, ctx, "asking", browsertest.Click("#explain"), browsertest.WaitText("says at once"), chromedp.SendKeys("#q", "Bo"), chromedp.Submit("#q"),
		browsertest.WaitText("Bo Berg is not added"), browsertest.WaitText("Bo <Berg>"), browsertest.WaitText("Yes, by Sales"))
	look(t, ctx, "explain")
	browsertest.Step(t, ctx, "nobody", chromedp.Navigate(s.URL+"/directory-sync/"+a.ID.String()+"/explain?q=Zoe"), browsertest.WaitText("Nobody is called Zoe"))
	browsertest.Step(t, ctx, "remove", chromedp.Navigate(s.URL+"/directory-sync/"+a.ID.String()), browsertest.Click("#remove-agent"), browsertest.WaitText("Remove dc1?"))
	look(t, ctx, "remove")
	browsertest.Step(t, ctx, "with its name", chromedp.SendKeys("#name", "dc1"), browsertest.Click("#remove"), browsertest.WaitText("The agent is removed here"), browsertest.WaitText("No agent yet"))
}
