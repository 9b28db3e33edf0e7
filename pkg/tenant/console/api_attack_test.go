package console_test

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
)

// setState gives a person a state, whatever was before.
func setState(t *testing.T, s *tenanttest.Server, name string, state tenant.State) {
	t.Helper()
	u := s.Person(t, name)
	u.State = state
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) }); err != nil {
		t.Fatal(err)
	}
}

// sessionWithCode signs in by password and one-time code.
func sessionWithCode(t *testing.T, s *tenanttest.Server, secret string) string {
	t.Helper()
	first := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}})
	second := post(t, s, "/sign-in/code", url.Values{"step": {field(t, first.Body, "step")}, "code": {s.Code(t, secret, 0)}})
	cookie, _, _ := strings.Cut(second.Header.Get("Set-Cookie"), ";")
	return strings.TrimPrefix(cookie, "passly=")
}

func installerFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "passly-sync-1.2.3-x64.msi"), []byte("installer"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestAttackStolenAPIToken is the most powerful token in wrong hands: it leads to nobody's account, makes nobody an administrator
// and shuts nobody out.
func TestAttackStolenAPIToken(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	token := makeToken(t, v, "stolen")
	p := newProgram(t, s, token)
	organization := at(t, p.ask(t, "GET /organizations", "/organizations", nil), "rows.0.id")
	zoe := jsonObject{"given": "Zoe", "family": "Local", "mail": "zoe@acme.test", "logon": "zoe@acme.test", "organization": organization}
	added := jsonObject{"policy": tenant.FullOnboardingPolicyID.String()}
	maps.Copy(added, zoe)
	user := strings.TrimPrefix(at(t, p.ask(t, "POST /users/new", "/users/new", added), "location"), api.Prefix)
	cy := s.AddAdministrator(t, "cy@acme.test", tenant.RoleAdministrator)
	p.ask(t, "POST /settings/mail/test", "/settings/mail/test", jsonObject{"to": "x@acme.test"})
	mail := at(t, p.ask(t, "GET /settings/mail", "/settings/mail", nil), "outbox.0.name")
	for path, body := range map[string]any{
		"GET /settings/mail/outbox/" + mail:                     nil,
		"POST /administrators":                                  jsonObject{"email": "eve@evil.test", "role": "owner"},
		"POST /administrators/" + cy.ID.String() + "/role":      jsonObject{"role": "owner"},
		"POST /administrators/" + cy.ID.String() + "/lock":      jsonObject{"locked": true},
		"POST /administrators/" + cy.ID.String() + "/codes-off": jsonObject{},
		"POST /administrators/" + cy.ID.String() + "/invite":    jsonObject{},
		"POST /administrators/" + cy.ID.String() + "/remove":    jsonObject{"email": "cy@acme.test"},
		"POST /account/tokens":                                  jsonObject{"name": "x", "days": 365},
		"POST /account/sessions/end-others":                     jsonObject{},
		"POST " + user + "/password":                            jsonObject{"password": "Stolen-2026-x"},
	} {
		method, path, _ := strings.Cut(path, " ")
		if got := s.Do(t, method, api.Prefix+path, token, body); got.Status != http.StatusNotFound && got.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: got %d %.200s", method, path, got.Status, got.Body)
		}
	}
	redirect := func(state tenant.State) {
		t.Helper()
		setState(t, s, "zoe", state)
		zoe["version"], zoe["mail"] = p.ask(t, "GET /users/{id}", user, nil)["version"], "eve@evil.test"
		if got := s.Do(t, "POST", api.Prefix+user+"/edit", token, zoe); got.Status != http.StatusForbidden {
			t.Errorf("sending the links of who is %s elsewhere: got %d %.300s", state, got.Status, got.Body)
		}
	}
	redirect(tenant.Provisioned)
	redirect(tenant.Active)
	redirect(tenant.Disabled)
	zoe["mail"], zoe["family"] = "ZOE@acme.test", "Moved"
	p.ask(t, "POST /users/{id}/edit", user+"/edit", zoe)
	if got := v.get(t, "/account").Status; got != http.StatusOK {
		t.Errorf("whom the token was stolen from is out: %d", got)
	}
}

// TestAPIRefusesWhatItDoesNotAskFor sends what is malformed, and looks that nothing came of it.
func TestAPIRefusesWhatItDoesNotAskFor(t *testing.T) {
	s := tenanttest.Start(t)
	token := makeToken(t, signedIn(t, s), "x")
	const good = `{"name":"Contractors","state":"created"`
	for name, row := range map[string]struct{ body, kind, want string }{
		"no JSON":         {"name=x", "application/json", "not valid JSON"},
		"a form":          {"name=x", "application/x-www-form-urlencoded", "reads JSON"},
		"a list":          {"[]", "application/json", "wrong kind"},
		"a key twice":     {good + `,"name":"other"}`, "application/json", "not valid JSON"},
		"a field too few": {`{"name":"Contractors"}`, "application/json", "is missing"},
		"null":            {`{"name":null,"state":"created"}`, "application/json", "is missing"},
		"an unknown one":  {good + `,"admin":true}`, "application/json", "does not take"},
		"of another kind": {good + `,"mail":"yes"}`, "application/json", "of type boolean"},
		"not of the list": {`{"name":"Contractors","state":"active"}`, "application/json", "one of created, provisioned"},
		"trailing data":   {good + `}{}`, "application/json", "not valid JSON"},
		"far too much":    {good + `,"x":"` + strings.Repeat("x", 300<<10) + `"}`, "application/json", ""},
	} {
		answer := s.Do(t, "POST", api.Prefix+"/provisioning", token, row.body, "Content-Type", row.kind)
		var p api.Problem
		answer.Into(t, &p)
		if answer.Status < 400 || answer.Status >= 500 || p.Status != answer.Status || !strings.Contains(p.Title+p.Hint, row.want) || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d %+v, want %q", name, answer.Status, p, row.want)
		}
	}
	if all, err := s.Store().Policies(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("there are %d policies (%v), want the built-in ones", len(all), err)
	}
	for path, want := range map[string]int{"/nowhere": 404, "/sign-out": 404, "/account/tokens": 404, "/users/zzzz": 404, "/users?after=x": 200} {
		if answer := s.Do(t, "GET", api.Prefix+path, token, nil); answer.Status != want || strings.Contains(answer.Body, "<html") {
			t.Errorf("%s: got %d %.100s, want %d", path, answer.Status, answer.Body, want)
		}
	}
}

// TestAttackFloodByAToken asks as fast as it can: it is slowed down, others are not.
func TestAttackFloodByAToken(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	flood, other := makeToken(t, v, "flood"), makeToken(t, v, "other")
	ask := func(token string) tenanttest.Answer { return s.Do(t, "GET", api.Prefix+"/account", token, nil) }
	asked := 0
	for asked < 2000 && ask(flood).Status == http.StatusOK {
		asked++
	}
	last := ask(flood)
	if asked < 100 || last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("after %d: got %d %s", asked, last.Status, last.Body)
	}
	if got := ask(other).Status; got != http.StatusOK {
		t.Errorf("another token: got %d", got)
	}
	s.Clock.Advance(2 * time.Second)
	if got := ask(flood).Status; got != http.StatusOK {
		t.Errorf("a little later: got %d", got)
	}
}

// TestAttackTokensBeyondTheirUse tries a cookie as a token, a token as a cookie, and tokens that have ended.
func TestAttackTokensBeyondTheirUse(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	token := makeToken(t, v, "x")
	status := func(bearer string, headers ...string) int {
		t.Helper()
		return s.Do(t, "GET", api.Prefix+"/users", bearer, nil, headers...).Status
	}
	cookie := strings.TrimPrefix(v.cookie, "passly=")
	for name, got := range map[string]int{
		"nothing": status(""), "a guess": status("x"), "a session of a browser": status(cookie),
		"a browser's cookie": status("", "Cookie", v.cookie), "an agent's token": status(s.Enrol(t, "dc1").Token),
	} {
		if got != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", name, got)
		}
	}
	if got := (visitor{s, "passly=" + token}).get(t, "/users").Status; got != http.StatusSeeOther {
		t.Errorf("a token as a cookie: got %d, want the sign-in page", got)
	}
	if got := status(token); got != http.StatusOK {
		t.Fatalf("the token itself: got %d", got)
	}
	s.ChangeAdministrator(t, func(a *tenant.Administrator) { a.Locked = true })
	if got := status(token); got != http.StatusUnauthorized {
		t.Errorf("of a locked account: got %d, want 401", got)
	}
	s.ChangeAdministrator(t, func(a *tenant.Administrator) { a.Locked = false })
	v = signedIn(t, s)
	token = makeToken(t, v, "x")
	s.Clock.Advance(31 * 24 * time.Hour)
	if got := status(token); got != http.StatusUnauthorized {
		t.Errorf("after its days: got %d, want 401", got)
	}
}

// TestAttackTokenFromAnOpenBrowser wants a token without the password, or for ever.
func TestAttackTokenFromAnOpenBrowser(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	for name, form := range map[string]url.Values{
		"no password":    {"name": {"x"}, "days": {"30"}},
		"wrong password": {"name": {"x"}, "days": {"30"}, "password": {"wrong"}},
		"for ever":       {"name": {"x"}, "days": {"100000"}, "password": {tenanttest.Password}},
		"for no time":    {"name": {"x"}, "days": {"0"}, "password": {tenanttest.Password}},
		"no name":        {"name": {" "}, "days": {"30"}, "password": {tenanttest.Password}},
		"no number":      {"name": {"x"}, "days": {"many"}, "password": {tenanttest.Password}},
	} {
		if got := v.post(t, "/account/tokens", form); got.Status < 400 || strings.Contains(got.Body, `id="token"`) {
			t.Errorf("%s: got %d", name, got.Status)
		}
	}
	secret := s.TurnOnCodes(t)
	v.cookie = "passly=" + sessionWithCode(t, s, secret)
	if got := v.post(t, "/account/tokens", url.Values{"name": {"x"}, "days": {"30"}, "password": {tenanttest.Password}}); got.Status < 400 {
		t.Errorf("without the one-time code: got %d", got.Status)
	}
	s.Clock.Advance(time.Minute)
	if got := v.post(t, "/account/tokens", url.Values{"name": {"x"}, "days": {"30"}, "password": {tenanttest.Password}, "code": {s.Code(t, secret, 0)}}); got.Status != 200 {
		t.Errorf("with it: got %d", got.Status)
	}
}
