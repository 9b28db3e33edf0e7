package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

// visitor is a browser that is signed in.
type visitor struct {
	s      *tenanttest.Server
	cookie string
}

func signedIn(t testing.TB, s *tenanttest.Server) visitor {
	t.Helper()
	answer := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}})
	set := answer.Header.Get("Set-Cookie")
	if answer.Status != http.StatusSeeOther || set == "" {
		t.Fatalf("signing in: %d %s", answer.Status, answer.Body)
	}
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie %q lacks %s", set, part)
		}
	}
	cookie, _, _ := strings.Cut(set, ";")
	return visitor{s, cookie}
}

func administrator(t *testing.T, s *tenanttest.Server) tenant.Administrator {
	t.Helper()
	admin, err := s.Store().Administrator(t.Context(), tenanttest.Email)
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func post(t testing.TB, s *tenanttest.Server, path string, form url.Values, headers ...string) tenanttest.Answer {
	t.Helper()
	return s.Do(t, "POST", path, "", form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

func (v visitor) get(t *testing.T, path string, headers ...string) tenanttest.Answer {
	t.Helper()
	return v.s.Do(t, "GET", path, "", nil, append([]string{"Cookie", v.cookie}, headers...)...)
}

func (v visitor) post(t *testing.T, path string, form url.Values, headers ...string) tenanttest.Answer {
	t.Helper()
	return post(t, v.s, path, form, append([]string{"Cookie", v.cookie}, headers...)...)
}

// TestEveryPage asks for every page with people, an agent and a group there, and with nobody there.
func TestEveryPage(t *testing.T) {
	for _, filled := range []bool{false, true} {
		s := tenanttest.Start(t)
		v := signedIn(t, s)
		pages := map[string]string{
			"/directory-sync": "No agent yet", "/users": "Nobody here yet", "/groups": "No groups yet", "/organizations": "Acme",
			"/provisioning": "Full Onboarding Policy", "/users?q=x": "Nobody found", "/groups?q=x": "No group found",
		}
		if filled {
			a := s.Enrol(t, "dc1")
			fillIn(t, a)
			agent := "/directory-sync/" + a.ID.String()
			pages = map[string]string{
				"/directory-sync": "2 users are incomplete", agent: "Mara Lindqvist", agent + "/configure": "The agent is not connected",
				"/users": "60 people", "/users?state=disabled": "Nobody found", "/groups": "Everybody", "/users?q=given5": "11 people found",
			}
		}
		for path, want := range pages {
			answer := v.get(t, path)
			if answer.Status != 200 || !strings.Contains(answer.Body, want) {
				t.Errorf("%s: got %d, want 200 with %q: %.600s", path, answer.Status, want, answer.Body)
			}
			if len(answer.Body) > 100_000 {
				t.Errorf("%s has %d bytes, want under 100 kB", path, len(answer.Body))
			}
			for _, bad := range []string{"<script>", "style=", "onclick=", "javascript:"} {
				if strings.Contains(answer.Body, bad) {
					t.Errorf("%s holds %s, which the content security policy forbids", path, bad)
				}
			}
			if csp := answer.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") ||
				answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: the security headers are %v", path, answer.Header)
			}
		}
	}
}

func TestPagesOfUsersFollowEachOther(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	fillIn(t, s.Enrol(t, "dc1"))
	first := v.get(t, "/users").Body
	_, rest, ok := strings.Cut(first, `href="/users?after=`)
	if !ok {
		t.Fatal("the first page has no next one")
	}
	after, _, _ := strings.Cut(rest, `"`)
	second := v.get(t, "/users?after="+after).Body
	if got := strings.Count(first, "<tr>") + strings.Count(second, "<tr>") - 2; got != 60 {
		t.Errorf("both pages have %d people, want 60", got)
	}
	if !strings.Contains(first, "Given59 Family") || !strings.Contains(second, "Given0 Family") || strings.Contains(second, "rel=\"next\"") {
		t.Error("the pages do not go from the newest to the oldest")
	}
}

func TestAttackWithoutSession(t *testing.T) {
	s := tenanttest.Start(t)
	for _, path := range []string{"/", "/users", "/directory-sync", "/nothing"} {
		for _, cookie := range []string{"passly=", "passly=rubbish", "__Host-passly=x"} {
			answer := s.Do(t, "GET", path, "", nil, "Cookie", cookie)
			if answer.Status != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Location"), "/sign-in") {
				t.Errorf("%s with %s: got %d, want to be sent to sign in", path, cookie, answer.Status)
			}
		}
	}
	if answer := s.Do(t, "GET", "/live", "", nil); answer.Status != http.StatusUnauthorized {
		t.Errorf("live events without a session: got %d, want 401", answer.Status)
	}
}

func TestAttackCrossSiteRequests(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	path := "/directory-sync/" + a.ID.String() + "/configure"
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.test"}} {
		if answer := v.post(t, path, url.Values{"name": {"Mine"}}, headers...); answer.Status != http.StatusForbidden {
			t.Errorf("%v: got %d, want 403", headers, answer.Status)
		}
		if answer := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}}, headers...); answer.Status != http.StatusForbidden {
			t.Errorf("signing in by %v: got %d, want 403", headers, answer.Status)
		}
	}
	if agent, err := s.Agent(t.Context(), a.ID); err != nil || agent.Configuration.Version != 0 {
		t.Errorf("the configuration was changed: %+v (%v)", agent.Configuration, err)
	}
}

func TestAttackSessionAfterSigningOut(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	if answer := v.post(t, "/sign-out", nil); answer.Status != http.StatusSeeOther {
		t.Errorf("signing out: got %d", answer.Status)
	}
	if answer := v.get(t, "/users"); answer.Status != http.StatusSeeOther {
		t.Errorf("the old cookie: got %d, want to be sent to sign in", answer.Status)
	}
}

func TestAttackRedirectElsewhere(t *testing.T) {
	s := tenanttest.Start(t)
	for _, next := range []string{"https://evil.test/", "//evil.test", `/\evil.test`, "/\tevil", "javascript:alert(1)"} {
		answer := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}, "next": {next}})
		if got := answer.Header.Get("Location"); got != "/directory-sync" {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
}

func TestAttackMarkupInNames(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, `<script>alert(1)</script>`)
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Conditions = []control.Condition{{Code: "x", Severity: `"><b>`, Title: "<img src=x onerror=alert(1)>", Subjects: []control.Subject{{Name: "<i>", Missing: []string{"<u>"}}}}}
	})
	a.Do(t, "POST", "/scim/v2/Users", `{"userName":"<b>bold</b>"}`)
	for _, path := range []string{"/directory-sync", "/directory-sync/" + a.ID.String(), "/users", "/users?q=%3Cb%3E"} {
		body := v.get(t, path).Body
		for _, bad := range []string{"<script>alert", "<img src=x", "<i>", "<u>", "<b>bold", `""><b>`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
	}
}

func TestAttackGuessingInTheConsole(t *testing.T) {
	s := tenanttest.Start(t)
	var last tenanttest.Answer
	for range 6 {
		last = post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {"wrong"}})
	}
	if last.Status != http.StatusTooManyRequests || !strings.Contains(last.Body, "Too many attempts") {
		t.Errorf("the sixth guess: got %d, want 429 in words", last.Status)
	}
}

func TestConfiguringOnAnOldVersionIsRefusedAndKeepsWhatWasTyped(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"version": {"0"}, "name": {"Typed"}, "organization": {agent.Organization.String()}, "policy": {agent.Policy.String()},
		"status": {"paused"}, "incomplete": {"halt"}, "unit": {"01020304-0506-0708-090a-0b0c0d0e0f10"},
	}
	for _, kind := range []string{"users", "groups", "memberships"} {
		form.Set(kind+"-number", "20")
		form.Set(kind+"-percent", "10")
	}
	path := fmt.Sprintf("/directory-sync/%s/configure", a.ID)
	if answer := v.post(t, path, form); answer.Status != http.StatusSeeOther {
		t.Fatalf("saving: got %d %.400s", answer.Status, answer.Body)
	}
	form.Set("name", "Typed later")
	answer := v.post(t, path, form)
	if answer.Status != http.StatusConflict || !strings.Contains(answer.Body, "changed meanwhile") || !strings.Contains(answer.Body, "Typed later") {
		t.Errorf("saving on the old version: got %d %.600s", answer.Status, answer.Body)
	}
	form.Set("version", "1")
	form.Set("users-percent", "300")
	if answer := v.post(t, path, form); answer.Status != http.StatusBadRequest || !strings.Contains(answer.Body, "out of bounds") {
		t.Errorf("a limit out of bounds: got %d", answer.Status)
	}
}
