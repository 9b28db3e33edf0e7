package controlserver_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/tenanttest"
)

func form(t *testing.T, s *tenanttest.Server, path string, values url.Values) tenanttest.Answer {
	t.Helper()
	return s.Do(t, "POST", path, "", values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func beginDevice(t *testing.T, s *tenanttest.Server, host string) tenanttest.Answer {
	t.Helper()
	return form(t, s, control.DevicePath, url.Values{"client_id": {control.SetupClient}, "host": {host}})
}

func begun(t *testing.T, s *tenanttest.Server) control.DeviceBegun {
	t.Helper()
	var b control.DeviceBegun
	answer := beginDevice(t, s, "dc1")
	if answer.Status != 200 {
		t.Fatalf("beginning: %d %s", answer.Status, answer.Body)
	}
	answer.Into(t, &b)
	return b
}

func poll(t *testing.T, s *tenanttest.Server, code string) tenanttest.Answer {
	t.Helper()
	return form(t, s, control.DeviceTokenPath, url.Values{"client_id": {control.SetupClient}, "grant_type": {control.DeviceGrant}, "device_code": {code}})
}

func wantRefusal(t *testing.T, what string, a tenanttest.Answer, kind string) {
	t.Helper()
	var told control.DeviceRefusal
	a.Into(t, &told)
	if a.Status != 400 || told.Kind != kind || told.Description == "" && kind != control.DeviceSlowDown || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: got %d %s, want the error %s", what, a.Status, a.Body, kind)
	}
}

// decide says yes or no as the tenant's administrator does.
func decide(t *testing.T, s *tenanttest.Server, userCode string, approve bool) error {
	t.Helper()
	admin, err := s.Store().Administrator(t.Context(), tenanttest.Email)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Desk().Devices.Decide(t.Context(), userCode, admin, approve)
	return err
}

func TestDeviceSignInIsApprovedAndEnrols(t *testing.T) {
	s := tenanttest.Start(t)
	b := begun(t, s)
	if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(b.UserCode) || b.VerificationURI != s.URL+"/device" ||
		b.VerificationURIComplete != s.URL+"/device?code="+b.UserCode || b.ExpiresIn != 600 || b.Interval != 1 || len(b.DeviceCode) < 40 {
		t.Errorf("got %+v", b)
	}
	wantRefusal(t, "before anybody decided", poll(t, s, b.DeviceCode), control.DevicePending)
	wantRefusal(t, "again at once", poll(t, s, b.DeviceCode), control.DeviceSlowDown)
	if err := decide(t, s, strings.ToLower(strings.ReplaceAll(b.UserCode, "-", " ")), true); err != nil {
		t.Fatalf("approving a code typed in another way: %v", err)
	}
	s.Clock.Advance(5 * time.Second)
	var token control.DeviceToken
	poll(t, s, b.DeviceCode).Into(t, &token)
	if token.TokenType != "Bearer" || token.Name != tenanttest.Email || token.ExpiresIn <= 0 {
		t.Fatalf("got %+v", token)
	}
	if answer := s.Do(t, "POST", control.EnrolmentTokensPath, token.AccessToken, nil); answer.Status != 200 {
		t.Errorf("an enrolment token for it: got %d %s", answer.Status, answer.Body)
	}
	if page := s.Do(t, "GET", "/users", "", nil, "Cookie", "passly="+token.AccessToken); page.Status != http.StatusSeeOther {
		t.Errorf("in the console: got %d, want to be sent to sign in", page.Status)
	}
	s.Clock.Advance(5 * time.Second)
	wantRefusal(t, "a device code used twice", poll(t, s, b.DeviceCode), control.DeviceInvalidGrant)
}

func TestDeviceSignInThatEndsOtherwise(t *testing.T) {
	s := tenanttest.Start(t)
	denied, late, slow := begun(t, s), begun(t, s), begun(t, s)
	if err := decide(t, s, denied.UserCode, false); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "denied", poll(t, s, denied.DeviceCode), control.DeviceDenied)
	if err := decide(t, s, denied.UserCode, true); !problem.Is(err, problem.NotFound) {
		t.Errorf("approving what was denied: got %v, want not-found", err)
	}
	s.Clock.Advance(9*time.Minute + 50*time.Second)
	if err := decide(t, s, slow.UserCode, true); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(20 * time.Second)
	if answer := poll(t, s, slow.DeviceCode); answer.Status != 200 {
		t.Errorf("approved in the last seconds: got %d %s, want its token", answer.Status, answer.Body)
	}
	wantRefusal(t, "late", poll(t, s, late.DeviceCode), control.DeviceExpired)
	if err := decide(t, s, late.UserCode, true); !problem.Is(err, problem.NotFound) {
		t.Errorf("approving what ran out: got %v, want not-found", err)
	}
}

func TestAttackDeviceSignIn(t *testing.T) {
	s := tenanttest.Start(t)
	b := begun(t, s)
	if err := decide(t, s, b.UserCode, true); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "the short code in the long one's place", poll(t, s, b.UserCode), control.DeviceInvalidGrant)
	wantRefusal(t, "a made-up code", poll(t, s, "x"), control.DeviceInvalidGrant)
	for name, values := range map[string]url.Values{
		"another client":     {"client_id": {"x"}, "grant_type": {control.DeviceGrant}, "device_code": {b.DeviceCode}},
		"another grant":      {"client_id": {control.SetupClient}, "grant_type": {"password"}, "device_code": {b.DeviceCode}},
		"a code given twice": {"client_id": {control.SetupClient}, "grant_type": {control.DeviceGrant}, "device_code": {"x", b.DeviceCode}},
		"no code":            {"client_id": {control.SetupClient}, "grant_type": {control.DeviceGrant}},
	} {
		wantRefusal(t, name, form(t, s, control.DeviceTokenPath, values), control.DeviceInvalidRequest)
	}
	wantProblem(t, "a long name", beginDevice(t, s, strings.Repeat("x", 121)), 400, problem.Invalid)
	wantProblem(t, "a name that turns the text around", beginDevice(t, s, "dc\u202e1"), 400, problem.Invalid)
	wantProblem(t, "another client begins", form(t, s, control.DevicePath, url.Values{"client_id": {"x"}}), 400, problem.Invalid)
}

func TestAttackDeviceSignInsWithoutEnd(t *testing.T) {
	s := tenanttest.Start(t)
	for range 10 {
		begun(t, s)
	}
	quick := beginDevice(t, s, "dc1")
	wantProblem(t, "an eleventh at once", quick, 429, problem.TooMany)
	if quick.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.Clock.Advance(4 * time.Minute)
	wantProblem(t, "an eleventh that waits", beginDevice(t, s, "dc1"), 429, problem.TooMany)
	s.Clock.Advance(7 * time.Minute)
	begun(t, s)
}

func TestAttackGuessingUserCodes(t *testing.T) {
	s := tenanttest.Start(t)
	b := begun(t, s)
	for range 20 {
		if err := decide(t, s, "BBBB-BBBB", true); !problem.Is(err, problem.NotFound) {
			t.Fatalf("a guess: got %v, want not-found", err)
		}
	}
	if err := decide(t, s, b.UserCode, true); !problem.Is(err, problem.TooMany) {
		t.Errorf("after many guesses: got %v, want too-many", err)
	}
	wantRefusal(t, "it still waits", poll(t, s, b.DeviceCode), control.DevicePending)
}
