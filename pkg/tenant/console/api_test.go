package console_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/jsonschema-go/jsonschema"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// program asks the API, and holds each answer to the document that the tenant itself gives.
type program struct {
	s       *tenanttest.Server
	token   string
	schemas map[string]*jsonschema.Resolved // by route
	files   map[string]string               // media types of files, by route
	asked   map[string]bool
	told    []string // all answers
}

type jsonObject = map[string]any

// makeToken makes an API token as somebody does in the console.
func makeToken(t *testing.T, v visitor, name string) string {
	t.Helper()
	made := v.post(t, "/account/tokens", url.Values{"name": {name}, "days": {"30"}, "password": {tenanttest.Password}})
	found := regexp.MustCompile(`id="token"[^>]*>([^<]+)<`).FindStringSubmatch(made.Body)
	if made.Status != http.StatusOK || found == nil {
		t.Fatalf("making a token: %d %.800s", made.Status, made.Body)
	}
	return found[1]
}

func newProgram(t *testing.T, s *tenanttest.Server, token string) *program {
	t.Helper()
	p := &program{s: s, token: token, schemas: map[string]*jsonschema.Resolved{}, files: map[string]string{}, asked: map[string]bool{}}
	// References then point into the schema that they stand in.
	text := strings.ReplaceAll(s.Do(t, "GET", api.DocumentPath, "", nil).Body, "#/components/schemas/", "#/$defs/")
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema jsonObject }
			}
		}
		Components struct{ Schemas jsonObject }
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			route := strings.ToUpper(method) + " " + path
			for kind, content := range operation.Responses["200"].Content {
				if kind != "application/json" {
					p.files[route] = kind
					continue
				}
				content.Schema["$defs"] = document.Components.Schemas
				p.schemas[route] = resolve(t, content.Schema)
			}
		}
	}
	return p
}

func resolve(t *testing.T, schema jsonObject) *jsonschema.Resolved {
	t.Helper()
	raw, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	var read jsonschema.Schema
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	resolved, err := read.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// ask asks for an operation that has to work; path is the route's, filled in.
func (p *program) ask(t *testing.T, route, path string, body any) (answer jsonObject) {
	t.Helper()
	method, _, _ := strings.Cut(route, " ")
	got := p.s.Do(t, method, api.Prefix+path, p.token, body)
	if got.Status != http.StatusOK {
		t.Fatalf("%s (%s): got %d: %.600s", route, path, got.Status, got.Body)
	}
	p.asked[route], p.told = true, append(p.told, got.Body)
	kind, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if want := p.files[route]; want != "" {
		if kind != want {
			t.Errorf("%s is %s, want %s", route, kind, want)
		}
		return nil
	}
	var value any
	got.Into(t, &value)
	if kind != "application/json" || p.schemas[route] == nil {
		t.Fatalf("%s is %s, or not in the document", route, kind)
	}
	if err := p.schemas[route].Validate(value); err != nil {
		t.Errorf("%s answers otherwise than the document says: %v\n%s", route, err, got.Body)
	}
	if list, ok := value.([]any); ok {
		value = jsonObject{"rows": list}
	}
	return value.(jsonObject)
}

// at gives a part of an answer by a path such as rows.0.id.
func at(t *testing.T, answer any, path string) string {
	t.Helper()
	for part := range strings.SplitSeq(path, ".") {
		switch here := answer.(type) {
		case jsonObject:
			answer = here[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(here) {
				t.Fatalf("there is no %s of %s", part, path)
			}
			answer = here[i]
		}
	}
	return fmt.Sprint(answer)
}

// TestAPIDoesWhatTheConsoleDoes does by the API all that there is in it, and holds every answer to the document. In the end no
// operation was left out, and no answer held a secret.
func TestAPIDoesWhatTheConsoleDoes(t *testing.T) {
	s := tenanttest.StartWith(t, func(o *serve.Options) { o.Installers = installerFolder(t) })
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Held = []control.Held{{Kind: control.RemoveUsers, Count: 34, Digest: "d1"}}
	})
	answerAll(t, a)
	v := signedIn(t, s)
	p := newProgram(t, s, makeToken(t, v, "Nightly report"))
	agentsByAPI(t, p, a)
	peopleByAPI(t, p, s)
	settingsByAPI(t, p)
	administrationByAPI(t, p, s)
	p.ask(t, "POST /directory-sync/{id}/remove", "/directory-sync/"+a.ID.String()+"/remove", jsonObject{"name": "Head office", "people": "keep"})

	for _, o := range api.Operations {
		if !p.asked[o.Route] && o.File != "text/event-stream" {
			t.Errorf("%s was not asked for", o.Route)
		}
	}
	admin, err := s.Store().Administrator(t.Context(), tenanttest.Email)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{p.token, tenanttest.Password, admin.PasswordHash, strings.TrimPrefix(v.cookie, "passly="), a.Token} {
		if strings.Contains(strings.Join(p.told, ""), secret) {
			t.Errorf("an answer holds %.12s…", secret)
		}
	}
}

// answerAll answers what the tenant asks an agent.
func answerAll(t *testing.T, a *tenanttest.Agent) {
	t.Helper()
	row := control.PreviewRow{GUID: directory.GUID{9}, Kind: directory.KindUser, Name: "Ann Berg", Action: control.ActionAdd, Reason: "She is complete."}
	a.Answer(t, map[control.CommandKind]func(json.RawMessage) any{
		control.CommandListUnits: func(args json.RawMessage) any {
			return tenanttest.PickUnits([]control.Unit{{GUID: directory.GUID{1}, Name: "example.test", People: 3}}, args)
		},
		control.CommandPreview: func(json.RawMessage) any { return control.Preview{ID: "p1", Total: 1, Rows: []control.PreviewRow{row}} },
		control.CommandExplain: func(json.RawMessage) any {
			return control.Explanation{Name: "ann", From: control.FromMirror, Matches: []control.Explained{{Name: "Ann Berg", State: control.StateEnabled}}}
		},
		control.CommandHeld: func(json.RawMessage) any {
			return control.HeldPage{Held: control.Held{Kind: control.RemoveUsers, Count: 34, Digest: "d1"}, Rows: []control.HeldRow{{Row: "r", Name: "Ann Berg", Reason: "She was deleted."}}, Next: "more"}
		},
		control.CommandDecide:  func(json.RawMessage) any { return control.Decided{Done: 1} },
		control.CommandSyncNow: func(json.RawMessage) any { return nil },
	})
}

func agentsByAPI(t *testing.T, p *program, a *tenanttest.Agent) {
	t.Helper()
	if got := at(t, p.ask(t, "GET /directory-sync", "/directory-sync", nil), "rows.0.condition.code"); got == "" {
		t.Error("an agent of the list has no condition")
	}
	downloads := p.ask(t, "GET /directory-sync/new/agent", "/directory-sync/new/agent", nil)
	if got := at(t, downloads, "arrived.0.id"); got != a.ID.String() {
		t.Errorf("the agent that arrived is %s", got)
	}
	p.ask(t, "GET /installers/{name}", strings.TrimPrefix(at(t, downloads, "installers.0.address"), api.Prefix), nil)
	if got := at(t, p.ask(t, "POST /directory-sync/enrolment-token", "/directory-sync/enrolment-token", nil), "token"); len(got) < 40 {
		t.Errorf("the enrolment token is %q", got)
	}
	agent := "/directory-sync/" + a.ID.String()
	ask := func(route, path string, body any) jsonObject {
		t.Helper()
		return p.ask(t, route[:strings.Index(route, " ")+1]+"/directory-sync/{id}"+route[strings.Index(route, " ")+1:], agent+path, body)
	}
	ask("GET /units", "/units", nil)
	settings := ask("GET /configure", "/configure", nil)
	unit := at(t, ask("GET /units", "/units?find=example", nil), "units.0.guid")
	addition := jsonObject{"version": settings["version"], "name": "Head office", "organization": settings["organization"], "policy": settings["policy"], "unit": []string{unit}, "step": "preview"}
	preview := ask("POST /add", "/add", addition)
	if got := at(t, preview, "rows.0.name"); got != "Ann Berg" {
		t.Errorf("the preview is of %s", got)
	}
	ask("GET /preview.csv", strings.TrimPrefix(at(t, preview, "file"), api.Prefix+agent), nil)
	addition["step"] = "finish"
	ask("POST /add", "/add", addition)
	settings = ask("GET /configure", "/configure", nil)
	settings["password-policy"], settings["unlock"] = "two-way", true
	settings["incomplete"] = "skip"
	if got := at(t, ask("POST /configure", "/configure", settings), "done"); got != "saved" {
		t.Errorf("configuring says %s", got)
	}
	if got := at(t, ask("GET /settings", "/settings", nil), "rows.0.settings.incomplete"); got != "skip" {
		t.Errorf("the newest version has %s", got)
	}
	if settings := ask("GET /configure", "/configure", nil); settings["password-policy"] != "two-way" || settings["unlock"] != true {
		t.Errorf("the password policy is %v, unlocking %v", settings["password-policy"], settings["unlock"])
	}
	ask("POST /settings", "/settings", jsonObject{"version": 1})
	ask("POST /status", "/status", jsonObject{"status": "paused"})
	if got := at(t, ask("GET ", "", nil), "status"); got != "paused" {
		t.Errorf("a paused agent is %s", got)
	}
	ask("POST /status", "/status", jsonObject{"status": "enabled"})
	ask("POST /sync", "/sync", nil)
	ask("GET /preview", "/preview", nil)
	if got := at(t, ask("GET /explain", "/explain?q=ann", nil), "matches.0.name"); got != "Ann Berg" {
		t.Errorf("explained is %s", got)
	}
	ask("GET /explain", "/explain", nil)
	ask("POST /approve", "/approve", jsonObject{"kind": "users", "digest": "d1"})
	held := ask("GET /held/{kind}", "/held/users", nil)
	if got := at(t, held, "next"); got != api.Prefix+agent+"/held/users?after=more" {
		t.Errorf("what follows is at %s", got)
	}
	ask("POST /held/{kind}", "/held/users", jsonObject{"decision": "approve", "row": []string{at(t, held, "rows.0.row")}})
	twoRuns(t, p.s, a)
	ask("GET /runs", "/runs", nil)
	if got := at(t, ask("GET /runs/{run}", "/runs/second?what=user-updated", nil), "changes.rows.0.attributes.0.name"); got == "" {
		t.Error("a change has no attribute")
	}
	ask("GET /runs/{run}/changes.csv", "/runs/second/changes.csv", nil)
	ask("GET /runs/{run}/undo", "/runs/second/undo", nil)
	ask("POST /runs/{run}/undo", "/runs/second/undo", jsonObject{"sure": true})
	ask("POST /status", "/status", jsonObject{"status": "enabled"})
	if got := at(t, ask("GET /remove", "/remove", nil), "name"); got != "Head office" {
		t.Errorf("removing is about %s", got)
	}
}

func peopleByAPI(t *testing.T, p *program, s *tenanttest.Server) {
	t.Helper()
	organization := at(t, p.ask(t, "GET /organizations", "/organizations", nil), "rows.0.id")
	zoe := jsonObject{"given": "Zoe", "family": "Local", "mail": "zoe@acme.test", "logon": "zoe@acme.test", "organization": organization, "policy": tenant.FullOnboardingPolicyID.String()}
	user := strings.TrimPrefix(at(t, p.ask(t, "POST /users/new", "/users/new", zoe), "location"), api.Prefix)
	details := p.ask(t, "GET /users/{id}", user, nil)
	if got := at(t, details, "displayName"); got != "Zoe Local" {
		t.Errorf("the user is called %s", got)
	}
	delete(zoe, "policy")
	zoe["version"], zoe["family"] = details["version"], "Moved"
	p.ask(t, "POST /users/{id}/edit", user+"/edit", zoe)
	p.ask(t, "POST /users/{id}/send-again", user+"/send-again", nil)
	p.ask(t, "POST /users/{id}/state", user+"/state", jsonObject{"state": "disabled"})
	if got := at(t, p.ask(t, "GET /users", "/users?state=disabled&source=local", nil), "rows.0.familyName"); got != "Moved" {
		t.Errorf("who is disabled is called %s", got)
	}
	p.ask(t, "POST /users/{id}/state", user+"/state", jsonObject{"state": "former"})
	list := p.ask(t, "GET /users", "/users?sort=name", nil)
	if got := at(t, list, "total"); got != "121" {
		t.Errorf("there are %s users, want 121", got)
	}
	p.ask(t, "GET /users", strings.TrimPrefix(at(t, list, "next"), api.Prefix), nil)
	p.ask(t, "GET /users/{id}/history", "/users/"+at(t, list, "rows.0.id")+"/history", nil)
	if got := at(t, p.ask(t, "GET /users/provision", "/users/provision?all=yes", nil), "count"); got != "121" {
		t.Errorf("all are %s, want 121", got)
	}
	one := []string{at(t, list, "rows.0.id")}
	if got := at(t, p.ask(t, "POST /users/provision", "/users/provision", jsonObject{"user": one, "two-factor": true, "mail": false}), "provisioned"); got != "1" {
		t.Errorf("%s are provisioned, want 1", got)
	}
	group := strings.TrimPrefix(at(t, p.ask(t, "POST /groups/new", "/groups/new", jsonObject{"name": "Pilots", "organization": organization}), "location"), api.Prefix)
	p.ask(t, "POST /groups/{id}", group, jsonObject{"do": "add", "who": "zoe@acme.test"})
	if got := at(t, p.ask(t, "GET /groups/{id}", group, nil), "members.rows.0.kind"); got != "User" {
		t.Errorf("the member is a %s", got)
	}
	p.ask(t, "GET /groups", "/groups?q=pil", nil)
}

func settingsByAPI(t *testing.T, p *program) {
	t.Helper()
	heron := jsonObject{"name": "Blue Heron", "url-name": "heron", "suffix": "heron.test", "licences": 10, "min-password": 14, "strength": 4, "max-age": 90}
	organization := strings.TrimPrefix(at(t, p.ask(t, "POST /organizations/new", "/organizations/new", heron), "location"), api.Prefix)
	delete(heron, "url-name")
	heron["licences"] = 20
	p.ask(t, "POST /organizations/{id}", organization, heron)
	if got := at(t, p.ask(t, "GET /organizations/{id}", organization, nil), "licences"); got != "20" {
		t.Errorf("there are %s licences, want 20", got)
	}
	p.ask(t, "POST /organizations/{id}/remove", organization+"/remove", jsonObject{"typed": "Blue Heron"})
	p.ask(t, "POST /provisioning", "/provisioning", jsonObject{"name": "Contractors", "state": "created"})
	policy := "/provisioning/" + at(t, p.ask(t, "GET /provisioning", "/provisioning", nil), "rows.2.id")
	p.ask(t, "POST /provisioning/{id}", policy, jsonObject{"name": "Contractors", "state": "provisioned", "mail": true, "two-factor": true})
	if got := at(t, p.ask(t, "GET /provisioning/{id}", policy, nil), "mail"); got != "true" {
		t.Errorf("an e-mail is sent: %s", got)
	}
	p.ask(t, "POST /provisioning/{id}/remove", policy+"/remove", nil)
}

func administrationByAPI(t *testing.T, p *program, s *tenanttest.Server) {
	t.Helper()
	p.ask(t, "POST /settings/mail/test", "/settings/mail/test", jsonObject{"to": "x@acme.test"})
	if got := at(t, p.ask(t, "GET /settings/mail", "/settings/mail", nil), "outbox.0.to"); got != "<x@acme.test>" {
		t.Errorf("the newest e-mail is for %s", got)
	}
	cy := s.AddAdministrator(t, "cy@acme.test", tenant.RoleReader)
	if got := at(t, p.ask(t, "GET /administrators", "/administrators", nil), "rows.1.email"); got != "cy@acme.test" {
		t.Errorf("the second administrator is %s", got)
	}
	signedInAs(t, s, "cy@acme.test")
	if got := at(t, p.ask(t, "GET /administrators/{id}", "/administrators/"+cy.ID.String(), nil), "sessions.0.for"); got == "" {
		t.Error("a session does not say what it is for")
	}
	entries := p.ask(t, "GET /audit", "/audit", nil)
	if !strings.Contains(fmt.Sprint(entries["rows"]), tenanttest.Email+" by the API token Nightly report") {
		t.Error("the log does not say that a program did it")
	}
	p.ask(t, "GET /audit.csv", "/audit.csv", nil)
	this := 0
	for _, one := range p.ask(t, "GET /account", "/account", nil)["sessions"].([]any) {
		if at(t, one, "this") == "true" && at(t, one, "with") == "Nightly report" {
			this++
		}
	}
	if this != 1 {
		t.Errorf("%d of the account's sessions are the token itself, want 1", this)
	}
}

// TestBrowserMakesAnAPIToken makes one, uses it outside of the browser, and ends it where sessions are ended.
func TestBrowserMakesAnAPIToken(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/account", "API tokens")
	browsertest.Step(t, ctx, "asking for a token", browsertest.Click("#new-token summary"), chromedp.SendKeys("#token-name", "Nightly report"),
		chromedp.SendKeys("#token-password", tenanttest.Password))
	look(t, ctx, "account-new-token")
	browsertest.Step(t, ctx, "making it", browsertest.Click("#make-token"), browsertest.WaitText("It is shown this once"))
	look(t, ctx, "api-token")
	token := evaluate(t, ctx, `document.querySelector("#token").textContent`)
	if answer := s.Do(t, "GET", api.Prefix+"/account", token, nil); answer.Status != http.StatusOK {
		t.Errorf("using it: got %d", answer.Status)
	}
	browsertest.Step(t, ctx, "the list", chromedp.Navigate(s.URL+"/account"), browsertest.WaitText("for the API"))
	look(t, ctx, "account-with-token")
	browsertest.Step(t, ctx, "ending it", browsertest.Click("#sessions form button"), browsertest.WaitText("The session is ended"))
	if answer := s.Do(t, "GET", api.Prefix+"/account", token, nil); answer.Status != http.StatusUnauthorized {
		t.Errorf("after it was ended: got %d, want 401", answer.Status)
	}
}
