package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// field finds a hidden field's value.
func field(t *testing.T, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no field %s in %.900s", name, body)
	}
	return found[1]
}

func TestSigningInWithACode(t *testing.T) {
	s := tenanttest.Start(t)
	secret := s.TurnOnCodes(t)
	first := post(t, s, "/sign-in", url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}, "next": {"/device?code=BBBB-BBBB"}})
	if first.Status != 200 || first.Header.Get("Set-Cookie") != "" || !strings.Contains(first.Body, "One-time code") {
		t.Fatalf("after the password: got %d %s %.300s", first.Status, first.Header.Get("Set-Cookie"), first.Body)
	}
	form := url.Values{"step": {field(t, first.Body, "step")}, "next": {field(t, first.Body, "next")}, "code": {"abc"}}
	if page := s.Do(t, "GET", "/users", "", nil, "Cookie", "passly="+form.Get("step")); page.Status != http.StatusSeeOther {
		t.Errorf("the first step as a session: got %d, want to be sent to sign in", page.Status)
	}
	if wrong := post(t, s, "/sign-in/code", form); wrong.Status != 401 || !strings.Contains(wrong.Body, "not right") || field(t, wrong.Body, "step") != form.Get("step") {
		t.Errorf("a wrong code: got %d %.300s", wrong.Status, wrong.Body)
	}
	form.Set("code", s.Code(t, secret, 0))
	done := post(t, s, "/sign-in/code", form)
	if done.Status != http.StatusSeeOther || done.Header.Get("Set-Cookie") == "" || done.Header.Get("Location") != "/device?code=BBBB-BBBB" {
		t.Errorf("the right code: got %d to %q", done.Status, done.Header.Get("Location"))
	}
	if replayed := post(t, s, "/sign-in/code", form); replayed.Status != 401 || !strings.Contains(replayed.Body, "used already") {
		t.Errorf("the code again: got %d", replayed.Status)
	}
	s.Clock.Advance(6 * time.Minute)
	form.Set("code", s.Code(t, secret, 0))
	if late := post(t, s, "/sign-in/code", form); late.Status != 401 || !strings.Contains(late.Body, "took too long") {
		t.Errorf("six minutes later: got %d %.300s", late.Status, late.Body)
	}
}

func TestAccountTurnsCodesOnAndOff(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	shown := v.get(t, "/account/second-factor")
	secret := field(t, shown.Body, "secret")
	if !strings.Contains(shown.Body, "<svg") || strings.Contains(shown.Body, "style=") || len(shown.Body) > 100_000 || !strings.Contains(shown.Body, "<span>"+secret[:4]+"</span>") {
		t.Errorf("the page has %d bytes: %.300s", len(shown.Body), shown.Body)
	}
	form := url.Values{"secret": {secret}, "password": {"wrong"}, "code": {s.Code(t, secret, 0)}}
	if answer := v.post(t, "/account/second-factor", form); answer.Status != 401 || field(t, answer.Body, "secret") != secret {
		t.Errorf("a wrong password: got %d", answer.Status)
	}
	form.Set("password", tenanttest.Password)
	if answer := v.post(t, "/account/second-factor", form, "Sec-Fetch-Site", "cross-site"); answer.Status != http.StatusForbidden {
		t.Errorf("from another site: got %d, want 403", answer.Status)
	}
	if answer := v.post(t, "/account/second-factor", form); answer.Status != http.StatusOK || strings.Count(answer.Body, "<li><code>") != 8 {
		t.Fatalf("turning on: got %d %.500s", answer.Status, answer.Body)
	}
	if page := v.get(t, "/account").Body; !strings.Contains(page, "Turn off") || strings.Contains(page, secret) {
		t.Errorf("the account page: %.500s", page)
	}
	off := url.Values{"password": {tenanttest.Password}, "code": {s.Code(t, secret, 0)}}
	if answer := v.post(t, "/account/second-factor/off", off); answer.Status != 401 || !strings.Contains(answer.Body, "used already") {
		t.Errorf("turning off with the same code: got %d", answer.Status)
	}
	s.Clock.Advance(time.Minute)
	off.Set("code", s.Code(t, secret, 0))
	if answer := v.post(t, "/account/second-factor/off", off); answer.Header.Get("Location") != "/account?done=codes-off" {
		t.Errorf("turning off: got %d %.500s", answer.Status, answer.Body)
	}
}

// TestBrowserOneTimeCodes turns them on and signs in with one.
func TestBrowserOneTimeCodes(t *testing.T) {
	s := tenanttest.Start(t)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/account", "Your password alone signs you in")
	look(t, ctx, "account-off")
	browsertest.Step(t, ctx, "the page with the secret", browsertest.Click("#on"), browsertest.WaitText("scan this code"))
	look(t, ctx, "second-factor")
	secret := evaluate(t, ctx, `document.querySelector("input[name=secret]").value`)
	browsertest.Step(t, ctx, "turning on", chromedp.SendKeys("#password", tenanttest.Password), chromedp.SendKeys("#code", s.Code(t, secret, 0)), chromedp.Submit("#code"),
		browsertest.WaitText("One-time codes are on"), browsertest.WaitText("They are shown this one time"))
	look(t, ctx, "recovery-codes")
	recovery := evaluate(t, ctx, `document.querySelector("#codes code").textContent`)
	browsertest.Step(t, ctx, "going on", browsertest.Click("#kept"), browsertest.WaitText("8 recovery codes left"))
	look(t, ctx, "account-on")
	browsertest.Step(t, ctx, "alarms off", browsertest.Click("#set-alarms"), browsertest.WaitText("You are not written to any more"))
	look(t, ctx, "alarms-off")
	browsertest.Step(t, ctx, "and on", browsertest.Click("#set-alarms"), browsertest.WaitText("You are written to when an agent needs somebody"))
	s.Clock.Advance(time.Minute)
	browsertest.Step(t, ctx, "signing in again", browsertest.Click(`.account button`), browsertest.WaitText("Sign in to Acme"), chromedp.SendKeys("#email", tenanttest.Email),
		chromedp.SendKeys("#password", tenanttest.Password), chromedp.Submit("#password"), browsertest.WaitText("Enter the code that your authenticator shows now"))
	browsertest.Step(t, ctx, "a code that ran out", chromedp.SendKeys("#code", s.Code(t, secret, 4*time.Minute)), chromedp.Submit("#code"), browsertest.WaitText("That code has run out, enter the one shown now"))
	look(t, ctx, "sign-in-code")
	browsertest.Step(t, ctx, "the code", chromedp.SendKeys("#code", s.Code(t, secret, 0)), chromedp.Submit("#code"), browsertest.WaitText("No agent yet"))
	browsertest.Step(t, ctx, "without the authenticator", browsertest.Click(`.account button`), browsertest.WaitText("Sign in to Acme"), chromedp.SendKeys("#email", tenanttest.Email),
		chromedp.SendKeys("#password", tenanttest.Password), chromedp.Submit("#password"), browsertest.WaitText("Lost the authenticator?"), chromedp.SendKeys("#code", recovery), chromedp.Submit("#code"),
		browsertest.WaitText("No agent yet"))
}

func evaluate(t *testing.T, ctx context.Context, expression string) string {
	t.Helper()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		t.Fatal(fmt.Errorf("looking at %s: %w", expression, err))
	}
	return text
}
