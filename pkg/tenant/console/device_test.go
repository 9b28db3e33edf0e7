package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// begin asks for a sign-in with the real client, as the wizard does.
func begin(t *testing.T, s *tenanttest.Server) (*control.Setup, control.DeviceSignIn) {
	t.Helper()
	setup, err := control.NewSetup(nil)
	if err != nil {
		t.Fatal(err)
	}
	device, err := setup.BeginDevice(t.Context(), s.URL, "dc1.example.test")
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	return setup, device
}

func TestDevicePageApproves(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	setup, device := begin(t, s)
	path := strings.TrimPrefix(device.Direct, s.URL)
	shown := v.get(t, path)
	for _, part := range []string{device.Code, "dc1.example.test", "127.0.0.1", "started yourself", "Approve", "Deny"} {
		if !strings.Contains(shown.Body, part) {
			t.Errorf("the page does not say %q: %d %.900s", part, shown.Status, shown.Body)
		}
	}
	if answer := v.post(t, "/device", url.Values{"code": {device.Code}}); answer.Status != http.StatusBadRequest {
		t.Errorf("neither yes nor no: got %d, want 400", answer.Status)
	}
	done := v.post(t, "/device", url.Values{"code": {device.Code}, "decision": {"approve"}})
	if done.Status != 200 || !strings.Contains(done.Body, "Go back to the terminal, it goes on by itself") {
		t.Fatalf("approving: got %d %.600s", done.Status, done.Body)
	}
	session, err := device.Wait(t.Context())
	if err != nil || session.Name != tenanttest.Email {
		t.Fatalf("the wizard got %+v, %v", session, err)
	}
	if token, err := setup.EnrolmentToken(t.Context(), s.URL, session.Session); err != nil || token.Token == "" {
		t.Errorf("an enrolment token: %v", err)
	}
	if again := v.post(t, "/device", url.Values{"code": {device.Code}, "decision": {"approve"}}); again.Status != http.StatusNotFound || !strings.Contains(again.Body, "No set-up waits") {
		t.Errorf("approving twice: got %d", again.Status)
	}
}

func TestDevicePageDenies(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	_, device := begin(t, s)
	if done := v.post(t, "/device", url.Values{"code": {device.Code}, "decision": {"deny"}}); !strings.Contains(done.Body, "Denied") {
		t.Fatalf("denying: got %d %.600s", done.Status, done.Body)
	}
	if _, err := device.Wait(t.Context()); !problem.Is(err, control.SignInDenied) {
		t.Errorf("the wizard got %v, want sign-in-denied", err)
	}
}

func TestSignInKeepsTheCodeOfALink(t *testing.T) {
	s := tenanttest.Start(t)
	_, device := begin(t, s)
	path := strings.TrimPrefix(device.Direct, s.URL)
	sent := s.Do(t, "GET", path, "", nil)
	to, err := url.Parse(sent.Header.Get("Location"))
	if err != nil || to.Query().Get("next") != path {
		t.Fatalf("sent to %q, want %q kept", sent.Header.Get("Location"), path)
	}
	answer := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}, "next": {path}})
	if got := answer.Header.Get("Location"); got != path {
		t.Errorf("after signing in: sent to %q, want %q", got, path)
	}
}

func TestAttackOnTheDevicePage(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	_, device := begin(t, s)
	yes := url.Values{"code": {device.Code}, "decision": {"approve"}}
	if answer := v.post(t, "/device", yes, "Sec-Fetch-Site", "cross-site"); answer.Status != http.StatusForbidden {
		t.Errorf("from another site: got %d, want 403", answer.Status)
	}
	if answer := post(t, s, "/device", yes); answer.Status != http.StatusSeeOther {
		t.Errorf("without a session: got %d, want to be sent to sign in", answer.Status)
	}
	if answer := v.get(t, "/device?code="+url.QueryEscape(`"><script>x</script>`)); answer.Status != http.StatusNotFound || strings.Contains(answer.Body, "<script>x") {
		t.Errorf("markup as a code: got %d %.400s", answer.Status, answer.Body)
	}
	var last tenanttest.Answer
	for range 22 {
		last = v.get(t, "/device?code=BBBB-BBBB")
	}
	if last.Status != http.StatusTooManyRequests {
		t.Errorf("guessing: got %d, want 429", last.Status)
	}
	s.Clock.Advance(time.Hour)
	if _, err := s.Desk().Devices.Find(t.Context(), device.Code, administrator(t, s)); !problem.Is(err, problem.NotFound) {
		t.Errorf("an hour later: got %v, want not-found", err)
	}
}

// TestBrowserApprovesASetUp follows the wizard's link: sign in, look, approve.
func TestBrowserApprovesASetUp(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	_, device := begin(t, s)
	browsertest.Step(t, ctx, "following the link", chromedp.Navigate(device.Direct), browsertest.WaitText("Sign in to Acme"))
	browsertest.Step(t, ctx, "signing in", chromedp.SendKeys("#email", tenanttest.Email), chromedp.SendKeys("#password", tenanttest.Password),
		chromedp.Submit("#password"), browsertest.WaitText("Sign in this set-up?"), browsertest.WaitText(device.Code))
	look(t, ctx, "device-asks")
	browsertest.Step(t, ctx, "approving", browsertest.Click("#approve"), browsertest.WaitText("it goes on by itself"))
	look(t, ctx, "device-approved")
	if _, err := device.Wait(t.Context()); err != nil {
		t.Errorf("the wizard got %v", err)
	}
	_, other := begin(t, s)
	browsertest.Step(t, ctx, "entering a wrong code", chromedp.Navigate(other.Address), chromedp.SendKeys("#code", "bbbb bbbb"), chromedp.Submit("#code"),
		browsertest.WaitText("No set-up waits with this code"))
	look(t, ctx, "device-code")
	browsertest.Step(t, ctx, "entering the right one", chromedp.SetValue("#code", strings.ToLower(other.Code)), chromedp.Submit("#code"), browsertest.WaitText("Sign in this set-up?"))
	browsertest.Step(t, ctx, "denying", browsertest.Click("#deny"), browsertest.WaitText("was not signed in"))
	look(t, ctx, "device-denied")
}
