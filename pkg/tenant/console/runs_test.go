package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// inRun sends a change as the agent does in a run.
func inRun(t *testing.T, a *tenanttest.Agent, run, method, path, body string) tenanttest.Answer {
	t.Helper()
	answer := a.Do(t, method, "/scim/v2"+path, body, "Content-Type", scim.ContentType, scim.RunHeader, run)
	if answer.Status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return answer
}

// twoRuns adds people in one run and changes some in the next; it gives the ids of the first two.
func twoRuns(t *testing.T, s *tenanttest.Server, a *tenanttest.Agent) (ids []string) {
	t.Helper()
	var added scim.BulkResponse
	inRun(t, a, "first", "POST", "/Bulk", tenanttest.BulkOfUsers(0, 120)).Into(t, &added)
	for _, op := range added.Operations[:2] {
		ids = append(ids, op.Location[strings.LastIndexByte(op.Location, '/')+1:])
	}
	set := func(id, attribute string, value any) {
		raw, _ := json.Marshal(value)
		inRun(t, a, "second", "PATCH", "/Users/"+id, fmt.Sprintf(`{"Operations":[{"op":"replace","path":%q,"value":%s}]}`, attribute, raw))
	}
	set(ids[0], "displayName", "=Ann <b>Bold</b>")
	set(ids[1], "active", false)
	var group struct{ ID string }
	inRun(t, a, "second", "POST", "/Groups", fmt.Sprintf(`{"displayName":"Team","members":[{"value":%q}]}`, ids[0])).Into(t, &group)
	now := s.Clock.Now()
	report := control.Run{ID: "second", Kind: control.RunDelta, Started: now, Finished: now, UsersUpdated: 1, UsersDisabled: 1, GroupsAdded: 1, MembersAdded: 1, Accepted: 4, Sent: 4}
	if answer := a.Do(t, "POST", control.RunsPath, report); answer.Status != http.StatusNoContent {
		t.Fatalf("reporting: %+v", answer)
	}
	return ids
}

func TestRunsAreSearchedPagedAndDownloaded(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(*control.Heartbeat) {})
	ids := twoRuns(t, s, a)
	v := signedIn(t, s)
	path := "/directory-sync/" + a.ID.String()
	get := func(address string, status int, want ...string) string {
		t.Helper()
		answer := v.get(t, address)
		if answer.Status != status {
			t.Fatalf("%s: got %d, want %d: %.500s", address, answer.Status, status, answer.Body)
		}
		for _, text := range want {
			if !strings.Contains(answer.Body, text) {
				t.Errorf("%s lacks %q", address, text)
			}
		}
		return answer.Body
	}
	get(path+"/runs", 200, "runs/first", "runs/second", "120 changes", "4 changes", "not reported to its end")
	page := get(path+"/runs/first", 200, "User added (120)", "Given0 Family0", "Next page")
	if strings.Contains(page, "Bold") || strings.Count(page, `<th scope="row"`) != 50 {
		t.Errorf("the first page has %d rows, or names as they are now", strings.Count(page, `<th scope="row"`))
	}
	get(path+"/runs/first?q=family119", 200, "Given119 Family119")
	get(path+"/runs/first?q=nobody", 200, "Nothing found")
	page = get(path+"/runs/second", 200, "User disabled (1)", "<del>Given0 Family0</del>", "<ins>=Ann &lt;b&gt;Bold&lt;/b&gt;</ins>", "Added to a group (1)", "/users/"+ids[0])
	if strings.Contains(page, "<b>Bold") {
		t.Error("a name became markup")
	}
	if page = get(path+"/runs/second?what=user-disabled", 200, "/users/"+ids[1]); strings.Count(page, `<th scope="row"`) != 1 {
		t.Error("the kind of change does not narrow the rows")
	}
	if lines := strings.Split(strings.TrimSpace(get(path+"/runs/first/changes.csv", 200)), "\n"); len(lines) < 1+120*5 {
		t.Errorf("the file has %d lines", len(lines))
	}
	get(path+"/runs/second/changes.csv", 200, "'=Ann", "user-disabled,")
	get("/users/"+ids[0], 200, "History", "User updated", "User added", "Added to a group")
	get("/users/"+ids[0]+"/history", 200, "runs/second", "runs/first")
	for _, nowhere := range []string{path + "/runs/third", path + "/runs/" + strings.Repeat("x", 200), path + "/held/people", path + "/runs/third/undo"} {
		get(nowhere, 404)
	}
}

// heldBook answers for an agent that holds four people.
type heldBook struct {
	mu   sync.Mutex
	rows []control.HeldRow
	gone []string
}

func newHeldBook() *heldBook {
	b := &heldBook{}
	for _, name := range []string{"Ann", "Bob", "Cyd", "Dan"} {
		b.rows = append(b.rows, control.HeldRow{
			Row: "row-" + name, Name: name + " Adams", Logon: strings.ToLower(name) + "@example.test", Place: "Attic",
			Because: control.BecauseOutOfScope, Reason: "Attic is not in a chosen unit.",
		})
	}
	return b
}

func (b *heldBook) answers() map[control.CommandKind]func(json.RawMessage) any {
	return map[control.CommandKind]func(json.RawMessage) any{control.CommandHeld: b.list, control.CommandDecide: b.decide}
}

func (b *heldBook) list(raw json.RawMessage) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	var args control.HeldArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return &control.CommandError{Title: err.Error()}
	}
	page := control.HeldPage{Held: control.Held{Kind: args.Kind, Digest: "d1"}, Rows: []control.HeldRow{}}
	for _, row := range b.rows {
		if row.Rejected {
			page.Held.Rejected++
		} else {
			page.Held.Count++
		}
		if strings.Contains(strings.ToLower(row.Name), strings.ToLower(args.Search)) {
			page.Rows = append(page.Rows, row)
		}
	}
	return page
}

func (b *heldBook) decide(raw json.RawMessage) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	var args control.DecideArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return &control.CommandError{Title: err.Error()}
	}
	done := control.Decided{}
	for i := range b.rows {
		if chosen := slices.Contains(args.Rows, b.rows[i].Row) || args.Digest == "d1" && !b.rows[i].Rejected; chosen {
			done.Done++
			b.rows[i].Rejected = args.Decision == control.DecideReject
			if args.Decision == control.DecideApprove {
				b.gone = append(b.gone, b.rows[i].Row)
			}
		}
	}
	done.Stale = max(len(args.Rows)-done.Done, 0)
	b.rows = slices.DeleteFunc(b.rows, func(r control.HeldRow) bool { return slices.Contains(b.gone, r.Row) })
	return done
}

func TestBrowserUndoesARunAndDecidesOnHeldRows(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Held = []control.Held{{Kind: control.RemoveUsers, Count: 4, Allowed: 2, Digest: "d1", Sample: []string{"Ann Adams", "Bob Adams"}}}
	})
	book := newHeldBook()
	a.Answer(t, book.answers())
	ids := twoRuns(t, s, a)
	ctx := browsertest.Start(t)
	step := func(what string, actions ...browsertest.Action) {
		t.Helper()
		browsertest.Step(t, ctx, what, actions...)
	}
	agent := "/directory-sync/" + a.ID.String()
	enter(t, ctx, s, agent, "Held: Disable 4 people")
	agent = s.URL + agent
	look(t, ctx, "agent-held")

	step("the held rows", browsertest.Click("#rows-users"), browsertest.WaitText("Attic is not in a chosen unit."), browsertest.WaitText("Dan Adams"))
	look(t, ctx, "held")
	step("rejecting two", browsertest.Click("input[value=row-Ann]"), browsertest.Click("input[value=row-Bob]"), browsertest.Click("#reject-rows"),
		browsertest.WaitText("Decided on 2 removals."), browsertest.WaitText("2 removals were rejected"))
	look(t, ctx, "held-rejected")
	step("approving one", browsertest.Click("input[value=row-Cyd]"), browsertest.Click("#approve-rows"), browsertest.WaitText("Decided on 1 removal."),
		browsertest.Until(`!document.body.innerText.includes("Cyd Adams")`))
	step("a rejected one later", browsertest.Click("input[value=row-Ann]"), browsertest.Click("#approve-rows"), browsertest.WaitText("1 removal was rejected"))
	step("rejecting the rest", browsertest.Click("#reject-all"), browsertest.WaitText("Nothing waits for a decision; 2 removals were rejected"))
	if got := strings.Join(book.gone, " "); got != "row-Cyd row-Ann" {
		t.Errorf("approved: got %q, want Cyd and Ann alone", got)
	}

	step("the runs", chromedp.Navigate(agent), browsertest.Click("#runs"), browsertest.WaitText("120 changes"))
	look(t, ctx, "runs")
	step("a run", browsertest.Click(`a[href$="/runs/second"]`), browsertest.WaitText("User disabled (1)"), browsertest.WaitText("=Ann <b>Bold</b>"))
	look(t, ctx, "run")
	step("before it is undone", browsertest.Click("#undo"), browsertest.WaitText("4 changes can be put back"))
	look(t, ctx, "undo")
	step("undoing", browsertest.Click("#sure"), browsertest.Click("#undo-run"), browsertest.WaitText("Undone"), browsertest.WaitText("4 changes put back"), browsertest.WaitText("The agent is held."))
	look(t, ctx, "undone")
	held, err := s.Agent(t.Context(), a.ID)
	if err != nil || held.Configuration.Undone != "second" || held.Configuration.Status != control.StatusPaused {
		t.Errorf("the agent's configuration: %+v (%v), want that it is held", held.Configuration, err)
	}
	step("going on", browsertest.Click("#go-on"), browsertest.WaitText("Resumed. The agent goes on."))
	if held, err = s.Agent(t.Context(), a.ID); err != nil || held.Configuration.Undone != "" || held.Configuration.Compare != 1 || held.Configuration.Status != control.StatusEnabled {
		t.Errorf("the agent's configuration: %+v (%v), want that it goes on and compares", held.Configuration, err)
	}
	step("the user again", chromedp.Navigate(s.URL+"/users/"+ids[0]), browsertest.WaitText("Given0 Family0"), browsertest.WaitText("Put back"))
	look(t, ctx, "user-history")
	step("all of it", browsertest.Click("#history"), browsertest.WaitText("History of Given0 Family0"))
	look(t, ctx, "history")
	if off, err := s.CountUsers(t.Context(), tenant.Disabled); err != nil || off != 0 {
		t.Errorf("disabled: got %d (%v), want that nobody is", off, err)
	}
}
