package console_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// prophet answers previews: reading at first, then in pages.
type prophet struct {
	mu     sync.Mutex
	asked  []control.PreviewArgs
	slow   int // answers of "reading" before the first page
	refuse bool
}

func (p *prophet) preview(raw json.RawMessage) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	var args control.PreviewArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return &control.CommandError{Title: err.Error()}
	}
	p.asked = append(p.asked, args)
	if p.refuse {
		return &control.CommandError{Code: "directory-unreachable", Title: "The directory cannot be reached", Hint: "Check the domain controller."}
	}
	if p.slow > 0 {
		p.slow--
		return control.Preview{ID: "p1", Reading: true, Read: 40}
	}
	found := control.Preview{ID: "p1", Total: 4, Run: control.Run{UsersAdded: 2, GroupsAdded: 1, MembersAdded: 7}, Counts: control.Counts{Incomplete: 1, Waiting: 2}}
	found.Rows = []control.PreviewRow{
		{GUID: directory.GUID{9}, Kind: directory.KindUser, Name: "Bo Berg", Place: "Sales / Berlin", Action: control.ActionNothing, Because: control.BecauseIncomplete, Missing: []string{"e-mail"}, Reason: "Without an e-mail nobody can be added."},
		{GUID: directory.GUID{8}, Kind: directory.KindUser, Name: "=cmd()", Mail: "ann@example.test", Place: "Sales", Action: control.ActionAdd, Reason: "Enabled, complete and in scope."},
	}
	if args.After > 0 {
		found.Rows = []control.PreviewRow{{GUID: directory.GUID{7}, Kind: directory.KindGroup, Name: "Everybody", Action: control.ActionAdd, Reason: "In scope."}}
		return found
	}
	if args.Limit == 0 {
		found.Next = 2
	}
	return found
}

// arrived is a tenant with an agent that has checked in and answers.
func arrived(t *testing.T, p *prophet) (*tenanttest.Server, *tenanttest.Agent) {
	t.Helper()
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(*control.Heartbeat) {})
	a.Answer(t, map[control.CommandKind]func(json.RawMessage) any{
		control.CommandListUnits: func(args json.RawMessage) any { return tenanttest.PickUnits(units(), args) },
		control.CommandPreview:   p.preview,
	})
	return s, a
}

func addForm(step string, more url.Values) url.Values {
	form := url.Values{"step": {step}, "version": {"0"}, "unit": {units()[1].GUID.String()}}
	for name, values := range more {
		form[name] = values
	}
	return form
}

func TestNothingIsStoredBeforeFinish(t *testing.T) {
	s, a := arrived(t, &prophet{slow: 1})
	v := signedIn(t, s)
	path := "/directory-sync/" + a.ID.String() + "/add"
	if page := v.get(t, path); !strings.Contains(page.Body, "Sales") || !strings.Contains(page.Body, `aria-current="step"`) {
		t.Fatalf("the units: %.500s", page.Body)
	}
	none := url.Values{"step": {"details"}, "version": {"0"}}
	if page := v.post(t, path, none); page.Status != 400 || !strings.Contains(page.Body, "No organizational unit is chosen") || !strings.Contains(page.Body, "Which people?") {
		t.Errorf("no unit: got %d %.300s", page.Status, page.Body)
	}
	page := v.post(t, path, addForm("details", nil))
	if !strings.Contains(page.Body, `name="name" value="dc1"`) || !strings.Contains(page.Body, units()[1].GUID.String()) {
		t.Errorf("the host's name is not suggested, or the units are lost: %.900s", page.Body)
	}
	organizations, err := s.Store().Organizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	details := url.Values{"name": {"Head office"}, "organization": {organizations[0].ID.String()}, "policy": {tenant.FullOnboardingPolicyID.String()}}
	nameless := url.Values{"name": {"  "}, "organization": details["organization"], "policy": details["policy"]}
	if page := v.post(t, path, addForm("preview", nameless)); page.Status != 400 || !strings.Contains(page.Body, "The agent needs a name") {
		t.Errorf("no name: got %d %.300s", page.Status, page.Body)
	}
	preview := v.post(t, path, addForm("preview", details))
	for _, words := range []string{"Bo Berg", "Incomplete", "Without an e-mail", "=cmd()", `value="Head office"`, "preview.csv?preview=p1"} {
		if !strings.Contains(preview.Body, words) {
			t.Errorf("the preview does not show %q: %.2000s", words, preview.Body)
		}
	}
	if back := v.post(t, path, addForm("units", details)); !strings.Contains(back.Body, `value="`+units()[1].GUID.String()+`" checked`) || !strings.Contains(back.Body, `value="Head office"`) {
		t.Errorf("going back loses something: %.900s", back.Body)
	}
	if agent, _ := s.Agent(t.Context(), a.ID); agent.Configuration.Version != 0 {
		t.Error("something was stored before Finish")
	}
	if done := v.post(t, path, addForm("finish", details)); done.Status != 303 || !strings.HasSuffix(done.Header.Get("Location"), "?done=added") {
		t.Fatalf("finish: got %d %.500s", done.Status, done.Body)
	}
	agent, err := s.Agent(t.Context(), a.ID)
	if c := agent.Configuration; err != nil || c.Version != 1 || c.Name != "Head office" || !slices.Equal(c.Scope, []directory.GUID{units()[1].GUID}) || agent.Policy != tenant.FullOnboardingPolicyID {
		t.Errorf("stored: %+v with policy %v (%v)", c, agent.Policy, err)
	}
	if again := v.post(t, path, addForm("finish", details)); again.Status != 409 {
		t.Errorf("finishing an outdated form: got %d, want 409", again.Status)
	}
}

func TestAnAgentThatCannotPreviewDoesNotStandInTheWay(t *testing.T) {
	s, a := arrived(t, &prophet{refuse: true})
	v := signedIn(t, s)
	page := v.post(t, "/directory-sync/"+a.ID.String()+"/add", addForm("preview", nil))
	if page.Status != 200 || !strings.Contains(page.Body, "The directory cannot be reached") || !strings.Contains(page.Body, `value="finish"`) {
		t.Errorf("got %d %.900s", page.Status, page.Body)
	}
}

func TestPreviewAsAFileHasEveryRowAndNoFormula(t *testing.T) {
	s, a := arrived(t, &prophet{})
	v := signedIn(t, s)
	answer := v.get(t, "/directory-sync/"+a.ID.String()+"/preview.csv?preview=p1")
	rows, err := csv.NewReader(strings.NewReader(answer.Body)).ReadAll()
	if err != nil || len(rows) != 4 || rows[2][2] != "'=cmd()" || rows[3][2] != "Everybody" {
		t.Errorf("got %v (%v), want the head and three rows, none a formula", rows, err)
	}
}

func TestInstallersAreForWhoIsSignedIn(t *testing.T) {
	s, _ := arrived(t, &prophet{})
	folder := filepath.Join(s.State, "installers")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "passly-sync-1.2.3-x64.msi"), []byte("MSI"), 0o600); err != nil {
		t.Fatal(err)
	}
	if answer := s.Do(t, "GET", "/installers/passly-sync-1.2.3-x64.msi", "", nil); answer.Status != 303 {
		t.Errorf("a stranger: got %d, want to be sent to sign in", answer.Status)
	}
	v := signedIn(t, s)
	answer := v.get(t, "/installers/passly-sync-1.2.3-x64.msi")
	if answer.Body != "MSI" || !strings.Contains(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("got %q, %q", answer.Body, answer.Header.Get("Content-Disposition"))
	}
	if answer := v.get(t, "/installers/"+url.PathEscape("../tenant.db")); answer.Status != 404 {
		t.Errorf("out of the folder: got %d, want 404", answer.Status)
	}
	if page := v.get(t, "/directory-sync/new/agent"); !strings.Contains(page.Body, "Windows Server, 64 bit") || !strings.Contains(page.Body, "SHA-256") {
		t.Errorf("the page lists no installer: %.900s", page.Body)
	}
}

// TestBrowserAddNewDirectorySyncAgent walks the documented way, word for word.
func TestBrowserAddNewDirectorySyncAgent(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/directory-sync", "No agent yet")
	browsertest.Step(t, ctx, "the round plus by keyboard", chromedp.SendKeys(".fab summary", "\r"), browsertest.Until(`document.querySelector(".fab").open`),
		chromedp.KeyEvent("\t"), browsertest.Until(`document.activeElement.id === "unattended"`))
	browsertest.Step(t, ctx, "closing it by Escape", chromedp.KeyEvent("\u001b"), browsertest.Until(`!document.querySelector(".fab").open && document.activeElement === document.querySelector(".fab summary")`))
	browsertest.Step(t, ctx, "the round plus button", browsertest.Click(".fab summary"), browsertest.Until(`document.querySelectorAll(".fab li a").length === 3 && document.querySelector("#add-agent").offsetParent !== null`))
	look(t, ctx, "plus")
	middle := evaluate(t, ctx, `document.querySelectorAll(".fab li a")[1].innerText`)
	if !strings.Contains(middle, "Add New Directory Sync Agent") {
		t.Errorf("the middle button says %q", middle)
	}
	browsertest.Step(t, ctx, "the middle one", browsertest.Click(".fab li:nth-child(2) a"), browsertest.WaitText("Let's Get Started"))
	look(t, ctx, "add")
	browsertest.Step(t, ctx, "let's get started", browsertest.Click("#start"), browsertest.WaitText("Waiting for the agent to check in"))
	look(t, ctx, "download")
	a := s.Enrol(t, "dc1")
	p := &prophet{slow: 1}
	a.Answer(t, map[control.CommandKind]func(json.RawMessage) any{
		control.CommandListUnits: func(args json.RawMessage) any { return tenanttest.PickUnits(units(), args) },
		control.CommandPreview:   p.preview,
	})
	a.Heartbeat(t, func(*control.Heartbeat) {})
	browsertest.Step(t, ctx, "it appears without a reload", browsertest.WaitText("dc1 has checked in"))
	look(t, ctx, "checked-in")
	berlin := fmt.Sprintf("input[value=%q]", units()[2].GUID)
	browsertest.Step(t, ctx, "next", browsertest.Click(".arrived a"), browsertest.WaitText("Which people?"), browsertest.Click("#units details details summary"), browsertest.WaitText("Berlin"), browsertest.Click(berlin),
		browsertest.Until(fmt.Sprintf(`document.querySelector('input[value="%s"]').indeterminate`, units()[1].GUID)))
	look(t, ctx, "add-units")
	browsertest.Step(t, ctx, "organization, name, policy", browsertest.Click(".bar .primary"), browsertest.WaitText("Agent Friendly Name"),
		browsertest.Until(`document.querySelector("#name").value === "dc1"`), chromedp.SetValue("#name", "Head office"))
	look(t, ctx, "add-details")
	browsertest.Step(t, ctx, "preview", browsertest.Click(".bar .primary"), browsertest.WaitText("Without an e-mail nobody can be added."))
	look(t, ctx, "add-preview")
	browsertest.Step(t, ctx, "finish", browsertest.Click(".bar .primary"), browsertest.WaitText("Its first sync has begun"))
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil || agent.Configuration.Name != "Head office" || !slices.Equal(agent.Configuration.Scope, []directory.GUID{units()[2].GUID}) {
		t.Errorf("configured: %+v (%v)", agent.Configuration, err)
	}
}
