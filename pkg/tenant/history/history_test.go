package history_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// desk is a tenant with an agent that writes as agents do.
type desk struct {
	*testing.T
	s *tenanttest.Server
	a *tenanttest.Agent
}

func newDesk(t *testing.T) *desk {
	s := tenanttest.Start(t)
	return &desk{t, s, s.Enrol(t, "dc1")}
}

// in sends one request in a run.
func (d *desk) in(run, method, path, body string) tenanttest.Answer {
	d.Helper()
	headers := []string{"Content-Type", scim.ContentType}
	if run != "" {
		headers = append(headers, scim.RunHeader, run)
	}
	answer := d.a.Do(d.T, method, "/scim/v2"+path, body, headers...)
	if answer.Status >= 300 {
		d.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return answer
}

func (d *desk) user(run, name string) tenant.ID {
	d.Helper()
	return d.add(run, "/Users", fmt.Sprintf(`{"userName":"%[1]s@acme.test","externalId":"x-%[1]s","displayName":"%[1]s","active":true,"emails":[{"value":"%[1]s@acme.test","primary":true}]}`, name))
}

func (d *desk) group(run, name string, members ...tenant.ID) tenant.ID {
	d.Helper()
	id := d.add(run, "/Groups", fmt.Sprintf(`{"displayName":%q,"externalId":"g-%s"}`, name, name))
	for _, m := range members {
		d.member(run, id, "add", m)
	}
	return id
}

func (d *desk) add(run, path, body string) tenant.ID {
	d.Helper()
	var made struct{ ID string }
	d.in(run, "POST", path, body).Into(d.T, &made)
	id, err := tenant.ParseID(made.ID)
	if err != nil {
		d.Fatal(err)
	}
	return id
}

func (d *desk) member(run string, group tenant.ID, op string, member tenant.ID) {
	d.Helper()
	body := fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, member)
	if op == "remove" {
		body = fmt.Sprintf(`{"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, member)
	}
	d.in(run, "PATCH", "/Groups/"+group.String(), body)
}

func (d *desk) set(run string, user tenant.ID, attribute string, value any) {
	d.Helper()
	raw, _ := json.Marshal(value)
	d.in(run, "PATCH", "/Users/"+user.String(), fmt.Sprintf(`{"Operations":[{"op":"replace","path":%q,"value":%s}]}`, attribute, raw))
}

func (d *desk) get(id tenant.ID) tenant.User {
	d.Helper()
	u, err := d.s.Store().User(d.Context(), tenant.Scope{}, id)
	if err != nil {
		d.Fatal(err)
	}
	return u
}

func (d *desk) undo(run string) tenant.Undo {
	d.Helper()
	u, err := d.s.History().Undo(d.Context(), d.a.ID, run)
	if err != nil {
		d.Fatal(err)
	}
	return u
}

// goOn lets the agent go on.
func (d *desk) goOn() {
	d.Helper()
	if _, err := d.s.Configure(d.Context(), d.a.ID, func(s *tenant.Settings) error { s.Status = control.StatusEnabled; return nil }); err != nil {
		d.Fatal(err)
	}
}

// keptWhy lists what an undo left, with the reasons.
func (d *desk) keptWhy(run string) string {
	d.Helper()
	r, err := d.s.Store().Run(d.Context(), d.a.ID, run)
	if err != nil {
		d.Fatal(err)
	}
	rows, err := d.s.Store().RunRows(d.Context(), r.Number, store.RowQuery{Kept: true})
	if err != nil {
		d.Fatal(err)
	}
	var all []string
	for _, row := range rows {
		all = append(all, string(row.What)+" "+row.Name+": "+row.Kept)
	}
	return strings.Join(all, "\n")
}

func TestOnlyWhatNothingNewerStandsOnIsPutBack(t *testing.T) {
	d := newDesk(t)
	var people []tenant.ID
	for _, name := range []string{"ann", "bob", "cyd", "dan", "eve"} {
		people = append(people, d.user("r1", name))
	}
	ann, bob, cyd, dan, eve := people[0], people[1], people[2], people[3], people[4]
	team := d.group("r1", "Team", ann, bob)
	gone := d.group("r1", "Gone", ann, cyd)

	d.set("r2", ann, "displayName", "Ann!")
	d.set("r2", ann, "displayName", "Ann!!") // twice in one run
	d.set("r2", bob, "displayName", "Bob!")
	d.set("r2", cyd, "active", false)
	d.set("r2", dan, "userName", "daniel@acme.test")
	d.set("r2", eve, "displayName", "Eve!")
	d.member("r2", team, "remove", ann)
	d.member("r2", team, "add", dan)
	d.in("r2", "DELETE", "/Groups/"+gone.String(), "")
	d.in("r2", "PATCH", "/Groups/"+team.String(), `{"Operations":[{"op":"replace","path":"displayName","value":"Team!"}]}`)

	d.set("r3", bob, "displayName", "Bobby")                                               // newer
	d.set("r3", eve, "displayName", "Eva")                                                 // newer, and back
	d.set("r4", eve, "displayName", "Eve!")                                                //
	d.member("r3", team, "remove", dan)                                                    // newer
	d.set("", ann, "emails", []map[string]any{{"value": "ann@new.test", "primary": true}}) // another attribute

	u := d.undo("r2")
	if !u.Done() || u.Undone != 9 || u.Kept != 3 {
		t.Errorf("undone: %+v, want 9 put back and 3 left", u)
	}
	want := "user-updated Bob!: Display name was changed by a later run.\nuser-updated Eve!: Display name was changed by a later run.\nmember-added Team: A later run changed this membership."
	if got := d.keptWhy("r2"); got != want {
		t.Errorf("left:\n%s\nwant\n%s", got, want)
	}
	if a := d.get(ann); a.DisplayName != "ann" || a.Mail != "ann@new.test" {
		t.Errorf("ann: got %q %q, want the name as before and the newer e-mail", a.DisplayName, a.Mail)
	}
	if c := d.get(cyd); c.State != tenant.Created {
		t.Errorf("cyd: got %s, want the former state", c.State)
	}
	if got := d.get(dan).UserName; got != "dan@acme.test" {
		t.Errorf("dan: got %s", got)
	}
	for id, n := range map[tenant.ID]int{team: 2, gone: 2} {
		if got, err := d.s.Store().CountMembers(t.Context(), id); got != n || err != nil {
			t.Errorf("members of %s: got %d (%v), want %d", id, got, err, n)
		}
	}
	if g, err := d.s.Store().Group(t.Context(), tenant.Scope{}, gone); err != nil || g.DisplayName != "Gone" || g.ExternalID != "g-Gone" || g.Agent != d.a.ID {
		t.Errorf("the removed group: %+v (%v), want it back", g, err)
	}
	if g, err := d.s.Store().Group(t.Context(), tenant.Scope{}, team); err != nil || g.DisplayName != "Team" {
		t.Errorf("the renamed group: %+v (%v), want its name back", g, err)
	}
	d.goOn()
	if a, err := d.s.Agent(t.Context(), d.a.ID); err != nil || a.Configuration.Compare != 1 || a.Configuration.Undone != "" {
		t.Errorf("after it goes on: %+v (%v), want that it compares", a.Configuration, err)
	}
}

func TestAttackAHeldAgentWritesNothing(t *testing.T) {
	d := newDesk(t)
	ann := d.user("r1", "ann")
	d.undo("r1")
	if got := d.get(ann).State; got != tenant.Disabled {
		t.Errorf("an added user: got %s, want Disabled", got)
	}
	body := fmt.Sprintf(`{"Operations":[{"method":"PATCH","path":"/Users/%s","data":{"Operations":[{"op":"replace","path":"active","value":true}]}}]}`, ann)
	for _, row := range [][3]string{{"POST", "/Bulk", body}, {"DELETE", "/Users/" + ann.String(), ""}, {"POST", "/Groups", `{"displayName":"x"}`}} {
		answer := d.a.Do(t, row[0], "/scim/v2"+row[1], row[2], "Content-Type", scim.ContentType)
		if answer.Status != http.StatusServiceUnavailable || !strings.Contains(answer.Body, "held after an undo") {
			t.Errorf("%s %s: got %d %s", row[0], row[1], answer.Status, answer.Body)
		}
	}
	d.goOn()
	d.in("r2", "POST", "/Bulk", body)
	if got := d.get(ann).State; got != tenant.Created {
		t.Errorf("after it went on: got %s, want it active again", got)
	}
	if u := d.undo("r1"); u.Undone != 0 || u.Kept != 0 {
		t.Errorf("undoing it once more: %+v, want that nothing is left of it", u)
	}
}

func TestAttackARunHeaderIsBounded(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{strings.Repeat("x", tenant.MaxRunID+1), "a b", "a'b", "ü", "a/b"} {
		answer := d.a.Do(t, "POST", "/scim/v2/Groups", `{"displayName":"x"}`, "Content-Type", scim.ContentType, scim.RunHeader, id)
		if answer.Status != http.StatusBadRequest {
			t.Errorf("%.20q: got %d", id, answer.Status)
		}
	}
	other := d.s.Enrol(t, "dc2")
	d.user("r1", "ann")
	other.Do(t, "POST", "/scim/v2/Groups", `{"displayName":"mine"}`, "Content-Type", scim.ContentType, scim.RunHeader, "r1")
	for _, a := range []*tenanttest.Agent{d.a, other} { // the same id is another run of another agent
		if run, err := d.s.Store().Run(t.Context(), a.ID, "r1"); err != nil || run.Rows != 1 {
			t.Errorf("run of %s: %+v (%v), want one row", a.ID, run, err)
		}
	}
}

func TestReasonsWhyARowStays(t *testing.T) {
	d := newDesk(t)
	active, off, changed, removed := d.user("r1", "active"), d.user("r1", "off"), d.user("r1", "changed"), d.user("r1", "removed")
	team := d.group("r1", "Team")
	d.group("r1", "Left")
	d.set("r2", changed, "displayName", "Other")
	d.set("", off, "active", false)
	d.member("r2", team, "add", active)
	d.in("r2", "DELETE", "/Users/"+removed.String(), "")
	if err := d.s.Store().Write(t.Context(), func(tx store.Tx) error {
		u, err := tx.User(t.Context(), tenant.Scope{}, active)
		u.State = tenant.Active
		return errors.Join(err, tx.ReplaceUser(t.Context(), &u))
	}); err != nil {
		t.Fatal(err)
	}
	forecast, err := d.s.History().Try(t.Context(), d.a.ID, "r1")
	if err != nil || forecast.Total() != 1 || forecast.KeptN != 5 || forecast.Left != 0 {
		t.Errorf("the forecast: %+v (%v)", forecast, err)
	}
	if got := d.keptWhy("r1"); got != "" {
		t.Errorf("the forecast left something behind: %s", got)
	}
	d.undo("r1")
	want := `user-added active: The user has enrolled and is Active since.
user-added off: The user is Disabled already.
user-added changed: A later run changed this user.
user-added removed: It is no longer there, or no longer this agent's.
group-added Team: It has members that came later, or that stay.`
	if got := d.keptWhy("r1"); got != want {
		t.Errorf("left:\n%s\nwant\n%s", got, want)
	}
	d.undo("r2")
	if got := d.keptWhy("r2"); !strings.HasPrefix(got, "user-removed removed: A removed user cannot be put back") || strings.Contains(got, "\n") {
		t.Errorf("left of the second: %s", got)
	}
	if d.undo("r1"); strings.Contains(d.keptWhy("r1"), "Team") { // the member is gone, so the group may go
		t.Errorf("left when tried again: %s", d.keptWhy("r1"))
	}
}

// Who took each other's name in a run gets back their own; who would need the name of somebody else stays.
func TestNamesThatPassedInARunGoBack(t *testing.T) {
	d := newDesk(t)
	ann, bo, cy, dee := d.user("r1", "ann"), d.user("r1", "bo"), d.user("r1", "cy"), d.user("r1", "dee")
	const edit = `{"method":"PATCH","path":"/Users/%s","data":{"Operations":[{"op":"replace","path":"userName","value":"%s@acme.test"}]}}`
	d.in("r2", "POST", "/Bulk", `{"Operations":[`+strings.Join([]string{
		fmt.Sprintf(edit, ann, "bo"), fmt.Sprintf(edit, bo, "ann"), fmt.Sprintf(edit, cy, "cyrus"), fmt.Sprintf(edit, dee, "cy"),
	}, ",")+`]}`)
	if d.get(ann).UserName != "bo@acme.test" || d.get(dee).UserName != "cy@acme.test" {
		t.Fatalf("the run gave %s and %s", d.get(ann).UserName, d.get(dee).UserName)
	}
	d.add("r3", "/Users", `{"userName":"dee@acme.test","externalId":"x-other","displayName":"Another","active":true,"emails":[{"value":"other@acme.test","primary":true}]}`)
	d.undo("r2")
	for id, want := range map[tenant.ID]string{ann: "ann@acme.test", bo: "bo@acme.test", cy: "cyrus@acme.test", dee: "cy@acme.test"} {
		if got := d.get(id).UserName; got != want {
			t.Errorf("after the undo: got %s, want %s", got, want)
		}
	}
	want := "user-updated cy: User logon name cy@acme.test is in use by somebody else now.\nuser-updated dee: User logon name dee@acme.test is in use by somebody else now."
	if got := d.keptWhy("r2"); got != want {
		t.Errorf("left:\n%s\nwant\n%s", got, want)
	}
}

// A run of many rows is undone in parts; cut off, it goes on, and the agent does not go on before.
func TestUndoGoesOnWhereItWasCutOff(t *testing.T) {
	d := newDesk(t)
	const n = 2500
	for first := 0; first < n; first += 500 {
		d.in("r1", "POST", "/Bulk", tenanttest.BulkOfUsers(first, 500))
	}
	forecast, err := d.s.History().Try(t.Context(), d.a.ID, "r1")
	if err != nil || forecast.Total() != 1000 || forecast.Left != n-1000 {
		t.Errorf("the forecast: %+v (%v)", forecast, err)
	}
	if u := d.undo("r1"); u.Done() || u.Undone != 1000 {
		t.Fatalf("the first part: %+v", u)
	}
	_, err = d.s.Configure(t.Context(), d.a.ID, func(s *tenant.Settings) error { s.Status = control.StatusEnabled; return nil })
	if !problem.Is(err, problem.Conflict) {
		t.Errorf("going on before the end: got %v, want a conflict", err)
	}
	if _, err := d.s.History().Undo(t.Context(), d.a.ID, "r1"); !problem.Is(err, problem.Conflict) {
		t.Errorf("undoing it twice at once: got %v, want a conflict", err)
	}
	if err := d.s.History().UndoDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off, err := d.s.CountUsers(t.Context(), tenant.Disabled); off != n || err != nil {
		t.Errorf("disabled: got %d (%v), want %d", off, err, n)
	}
	d.goOn()
	entries, err := d.s.Store().Entries(t.Context(), audit.Query{What: audit.UndoEnded})
	if err != nil || len(entries) != 1 || !strings.Contains(fmt.Sprint(entries[0].Details), "2500") {
		t.Errorf("the audit log: %+v (%v)", entries, err)
	}
}

func TestOldRunsAreForgotten(t *testing.T) {
	d := newDesk(t)
	d.user("r1", "ann")
	d.s.Clock.Advance(60 * 24 * time.Hour)
	d.a.Renew(t)
	d.user("r2", "bob")
	d.s.Clock.Advance(31 * 24 * time.Hour)
	if err := d.s.History().Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := d.s.Store().Runs(t.Context(), d.a.ID, tenant.Run{}, 10)
	if err != nil || len(all) != 1 || all[0].ID != "r2" {
		t.Errorf("left: %+v (%v), want the newer run", all, err)
	}
}
