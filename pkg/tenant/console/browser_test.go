package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

func units() []control.Unit {
	id := func(n byte) directory.GUID { return directory.GUID{n} }
	return []control.Unit{
		{GUID: id(1), Name: "example.test", DN: "DC=example,DC=test"},
		{GUID: id(2), Parent: id(1), Name: "Sales", DN: "OU=Sales,DC=example,DC=test", People: 3},
		{GUID: id(3), Parent: id(2), Name: "Berlin", DN: "OU=Berlin,OU=Sales,DC=example,DC=test", People: 41},
		{GUID: id(4), Parent: id(2), Name: "Lyon", DN: "OU=Lyon,OU=Sales,DC=example,DC=test", People: 27},
		{GUID: id(5), Parent: id(1), Name: "Engineering", DN: "OU=Engineering,DC=example,DC=test", People: 112},
		{GUID: id(6), Parent: id(1), Name: "Users", DN: "CN=Users,DC=example,DC=test", People: 4},
	}
}

// enter opens a page as somebody who has to sign in first, and waits for it.
func enter(t *testing.T, ctx context.Context, s *tenanttest.Server, path, text string) {
	t.Helper()
	browsertest.Step(t, ctx, "signing in", chromedp.Navigate(s.URL+path), chromedp.SendKeys("#email", tenanttest.Email),
		chromedp.SendKeys("#password", tenanttest.Password), chromedp.Submit("#password"), browsertest.WaitText(text))
}

// TestBrowserFromSignInToUsers walks through the console as an administrator does: sign in, see the first agent appear by
// itself, configure it, and find a person.
func TestBrowserFromSignInToUsers(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	browsertest.Step(t, ctx, "asking for a page without a session", chromedp.Navigate(s.URL+"/directory-sync"), browsertest.WaitText("Sign in to Acme"))
	look(t, ctx, "sign-in")
	browsertest.Step(t, ctx, "a wrong password", chromedp.SendKeys("#email", tenanttest.Email), chromedp.SendKeys("#password", "wrong"),
		chromedp.Submit("#password"), browsertest.WaitText("E-mail or password is wrong"))
	browsertest.Step(t, ctx, "signing in", chromedp.SendKeys("#password", tenanttest.Password), chromedp.Submit("#password"),
		browsertest.WaitText("No agent yet"))
	look(t, ctx, "no-agent")

	a := s.Enrol(t, "dc1")
	browsertest.Step(t, ctx, "the agent appears by itself", browsertest.WaitText("Waiting for the first check-in"))
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Conditions[0] = control.Condition{
			Code: control.AwaitingConfiguration, Severity: control.Notice, Title: "Waiting to be configured",
			Text: "No organizational units are chosen yet.", Hint: "Choose them on this page.",
		}
	})
	browsertest.Step(t, ctx, "its heartbeat shows by itself", browsertest.WaitText("Waiting to be configured"))

	a.AnswerUnits(t, units())
	browsertest.Step(t, ctx, "opening the agent", browsertest.Click("#live tbody a"), browsertest.WaitText("Choose what to sync"))
	look(t, ctx, "agent-new")
	berlin := fmt.Sprintf("input[value=%q]", units()[2].GUID)
	browsertest.Step(t, ctx, "opening its configuration", browsertest.Click("a.primary"), browsertest.WaitText("71 people"))
	browsertest.Step(t, ctx, "finding a unit", chromedp.SendKeys("#unit-filter", "ber"), browsertest.Until(`document.querySelectorAll(".tree li:not([hidden])").length === 3`))
	browsertest.Step(t, ctx, "configuring", browsertest.Click(berlin), chromedp.SetValue("#name", "Head office"), browsertest.Click("input[value=skip]"))
	look(t, ctx, "configure")
	browsertest.Step(t, ctx, "saving", browsertest.Click(".bar .primary"), browsertest.WaitText("Saved. The agent has been told."), browsertest.WaitText("1 chosen"))

	chosen, err := s.Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := chosen.Configuration
	if c.Version != 1 || c.Name != "Head office" || c.Incomplete != control.IncompleteSkip || len(c.Scope) != 1 || c.Scope[0] != units()[2].GUID {
		t.Errorf("the configuration is %+v", c)
	}

	fillIn(t, a)
	browsertest.Step(t, ctx, "its condition changes by itself", browsertest.WaitText("2 users are incomplete"), browsertest.WaitText("Disable 34 people"))
	look(t, ctx, "agent")
	browsertest.Step(t, ctx, "approving", browsertest.Click("#approve-users"), browsertest.WaitText("Approved. The agent goes on"))
	browsertest.Step(t, ctx, "the list", chromedp.Navigate(s.URL+"/directory-sync"), browsertest.WaitText("Head office"))
	look(t, ctx, "agents")
	browsertest.Step(t, ctx, "users", chromedp.Navigate(s.URL+"/users"), browsertest.WaitText("60 people in this tenant"))
	look(t, ctx, "users")
	browsertest.Step(t, ctx, "searching", chromedp.SendKeys("#q", "given59"), chromedp.Submit("#q"), browsertest.WaitText("1 person found"))
	browsertest.Step(t, ctx, "a user", browsertest.Click("tbody a"), browsertest.WaitText("Head office"), browsertest.WaitText("Everybody"))
	look(t, ctx, "user")
	browsertest.Step(t, ctx, "a group", browsertest.Click(".links a"), browsertest.WaitText("60 members"))
	look(t, ctx, "group")
	browsertest.Step(t, ctx, "policies", chromedp.Navigate(s.URL+"/provisioning"), browsertest.WaitText("Full Onboarding Policy"))
	look(t, ctx, "provisioning")

	browsertest.Step(t, ctx, "watching the list", chromedp.Navigate(s.URL+"/directory-sync"), browsertest.WaitText("incomplete"))
	s.Clock.Advance(tenant.OfflineAfter + time.Second)
	browsertest.Step(t, ctx, "silence shows by itself", browsertest.WaitText("Offline"))
	browsertest.Step(t, ctx, "signing out", browsertest.Click(".account button"), browsertest.WaitText("Sign in to Acme"))
}

// fillIn makes the agent report something to see, and adds people.
func fillIn(t *testing.T, a *tenanttest.Agent) {
	t.Helper()
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, `{"method":"POST","bulkId":"u%d","path":"/Users","data":{"externalId":"x%d","userName":"given%d@example.test","name":{"givenName":"Given%d","familyName":"Family"},
			"displayName":"Given%d Family","emails":[{"value":"given%d@example.test","primary":true}],"urn:passly:params:scim:schemas:extension:directory:2.0:User":{"samAccountName":"g%d"}}},`, i, i, i, i, i, i, i)
	}
	var members []string
	for i := range 60 {
		members = append(members, fmt.Sprintf(`{"value":"bulkId:u%d"}`, i))
	}
	body := `{"Operations":[` + b.String() + `{"method":"POST","path":"/Groups","data":{"displayName":"Everybody","members":[` + strings.Join(members, ",") + `]}}]}`
	if answer := a.Do(t, "POST", "/scim/v2/Bulk", body); strings.Count(answer.Body, `"status":"201"`) != 61 {
		t.Fatalf("adding people: %.500s", answer.Body)
	}
	now := time.Now()
	a.Do(t, "POST", control.RunsPath, control.Run{ID: "r1", Kind: control.RunFull, Started: now.Add(-1800 * time.Millisecond), Finished: now, UsersAdded: 60, GroupsAdded: 1, MembersAdded: 60, Sent: 121, Accepted: 121})
	a.Do(t, "POST", control.RunsPath, control.Run{ID: "r2", Kind: control.RunDelta, Started: now, Finished: now.Add(120 * time.Millisecond), UsersUpdated: 3, UsersDisabled: 1, Rejected: 1, Sent: 5, Accepted: 4})
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Configuration = 1
		h.Conditions = []control.Condition{
			{
				Code: control.IncompleteSkipped, Severity: control.Warning, Title: "2 users are incomplete and were left out", Text: "They lack attributes that Passly needs. Everybody else is synced.",
				Hint: "Fill in the attributes in Active Directory; they are added within seconds.", Since: now.Add(-3 * time.Minute),
				Subjects: []control.Subject{
					{GUID: "a", Name: "Mara Lindqvist", Place: "Sales / Berlin", Missing: []string{"e-mail"}},
					{GUID: "b", Name: "Service Desk", Place: "Sales / Berlin", Missing: []string{"first name", "last name", "e-mail"}},
				},
			},
			{Code: control.HeldRemovals, Severity: control.Warning, Title: "34 people wait to be disabled", Text: "More than the guard allows at once.", Hint: "Look at them on this page and approve, or put them back in Active Directory."},
		}
		h.Counts = control.Counts{People: 60, Groups: 1, Memberships: 60, Incomplete: 2, Disabled: 1}
		h.Held = []control.Held{{Kind: control.RemoveUsers, Count: 34, Allowed: 20, Digest: "d1", Sample: []string{"Ada Berg, out of scope since her unit moved", "Bo Chen, deleted", "Cleo Dahl, disabled"}}}
		h.Lag = 12.4
	})
}

// look takes pictures of a page where PICTURES names a folder.
func look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	browsertest.Look(t, ctx, name)
}
