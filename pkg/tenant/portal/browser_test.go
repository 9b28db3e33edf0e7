package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// unlabelled are the fields of a page that a screen reader could not name.
const unlabelled = `[...document.querySelectorAll("input:not([type=hidden]):not([aria-hidden]), select, button")].filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map(e => e.outerHTML).join()`

func evaluate(t *testing.T, run func(string) (string, error), expression string) string {
	t.Helper()
	text, err := run(expression)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBrowserFromTheEMailToOwnPage does in a browser what a person does: wrong input first, then all the way, and changes
// the password in the end.
func TestBrowserFromTheEMailToOwnPage(t *testing.T) {
	s := tenanttest.Start(t)
	s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID).AddPerson(t, "ann")
	link := s.Link(t, "ann")
	ctx := browsertest.Start(t)
	ask := func(expression string) string {
		return evaluate(t, func(e string) (string, error) { return chromedp.Run(ctx, chromedp.Evaluate[string](e)) }, expression)
	}
	labelled := func(page string) {
		t.Helper()
		if bad := ask(unlabelled); bad != "" {
			t.Errorf("%s: a screen reader cannot name %s", page, bad)
		}
	}
	browsertest.Step(t, ctx, "a link that is none", chromedp.Navigate(s.URL+"/enrol/"+strings.Repeat("x", 43)), browsertest.WaitText("This link does not work any more"))
	browsertest.Look(t, ctx, "enrol-ended")
	labelled("the ended link")
	browsertest.Step(t, ctx, "asking for another", chromedp.SendKeys("#email", "ann@acme.test"), chromedp.Submit("#email"), browsertest.WaitText("Look into your mailbox"))
	browsertest.Look(t, ctx, "enrol-asked")

	browsertest.Step(t, ctx, "the link", chromedp.Navigate(s.URL+link), browsertest.WaitText("Choose a password"), browsertest.Until(`location.pathname === "/enrol" && location.hash === ""`))
	browsertest.Look(t, ctx, "enrol-password")
	labelled("choosing a password")
	met := func(n string) browsertest.Action {
		return browsertest.Until(`document.querySelectorAll("#rules .met").length === ` + n)
	}
	browsertest.Step(t, ctx, "typing a common one", chromedp.SendKeys("#password", "password1234"), met("2"), browsertest.Until(`document.getElementById("told").textContent === "2 of 3 rules are met"`))
	browsertest.Look(t, ctx, "enrol-password-weak")
	browsertest.Step(t, ctx, "sending it nevertheless", chromedp.SendKeys("#again", "password1234"), chromedp.Submit("#again"), browsertest.WaitText("This password cannot be used"))
	browsertest.Look(t, ctx, "enrol-password-refused")
	browsertest.Step(t, ctx, "typing a good one", chromedp.SendKeys("#password", tenanttest.NewPassword), met("3"))
	browsertest.Step(t, ctx, "seeing it", browsertest.Click(".reveal button"), browsertest.Until(`document.getElementById("password").type === "text"`))
	browsertest.Step(t, ctx, "another the second time", chromedp.SendKeys("#again", "something else"), chromedp.Submit("#again"), browsertest.WaitText("The two passwords are not the same"),
		browsertest.Until(`document.activeElement.id === "wrong" && document.title.startsWith("The two passwords")`))
	browsertest.Step(t, ctx, "both", chromedp.SendKeys("#password", tenanttest.NewPassword), chromedp.SendKeys("#again", tenanttest.NewPassword+"\r"), browsertest.WaitText("Register your authenticator"))
	browsertest.Look(t, ctx, "enrol-second-factor")
	labelled("the second factor")
	secret := strings.ReplaceAll(ask(`document.getElementById("secret").textContent`), " ", "")
	secret = strings.TrimSpace(secret)
	browsertest.Step(t, ctx, "a code that ran out", chromedp.SendKeys("#code", s.Code(t, secret, 4*time.Minute)), chromedp.Submit("#code"), browsertest.WaitText("That code has run out"))
	browsertest.Look(t, ctx, "enrol-code-wrong")
	browsertest.Step(t, ctx, "the code", chromedp.SendKeys("#code", s.Code(t, secret, 0)), chromedp.Submit("#code"), browsertest.WaitText("Keep your recovery codes"))
	browsertest.Look(t, ctx, "enrol-recovery-codes")
	code := ask(`document.querySelector("#codes code").textContent`)
	if u := s.Person(t, "ann"); u.State != tenant.Active {
		t.Fatalf("she is %s", u.State)
	}
	browsertest.Step(t, ctx, "going on", browsertest.Click("#kept"), browsertest.WaitText("Your account is active. Sign in"))
	browsertest.Look(t, ctx, "me-sign-in")
	labelled("signing in")
	browsertest.Step(t, ctx, "signing in", chromedp.SendKeys("#name", "ann@acme.test"), chromedp.SendKeys("#password", tenanttest.NewPassword), chromedp.Submit("#password"), browsertest.WaitText("One-time code"))
	browsertest.Look(t, ctx, "me-code")
	browsertest.Step(t, ctx, "with a recovery code", chromedp.SendKeys("#code", code), chromedp.Submit("#code"), browsertest.WaitText("7 of your recovery codes are left"))
	browsertest.Look(t, ctx, "me")
	labelled("the own page")
	browsertest.Step(t, ctx, "another password", chromedp.SendKeys("#old", tenanttest.NewPassword), chromedp.SendKeys("#password", "umbrella salad nine ships"), met("3"),
		chromedp.SendKeys("#again", "umbrella salad nine ships"), chromedp.Submit("#again"), browsertest.WaitText("Your password was changed"))
	browsertest.Step(t, ctx, "new recovery codes", chromedp.SendKeys("#confirm", "umbrella salad nine ships"), chromedp.Submit("#confirm"), browsertest.WaitText("Keep your recovery codes"))
	browsertest.Step(t, ctx, "back", browsertest.Click("#kept"), browsertest.WaitText("8 of your recovery codes are left"))
	browsertest.Step(t, ctx, "signing out", browsertest.Click("form[action='/me/sign-out'] button"), browsertest.WaitText("You are signed out"))
	browsertest.Step(t, ctx, "the used link", chromedp.Navigate(s.URL+link), browsertest.WaitText("Your account is active already"))
	browsertest.Look(t, ctx, "enrol-used")
}

// TestBrowserForgotPassword goes from the sign-in page to another password, with a second factor, and chooses one more that an administrator
// asks for.
func TestBrowserForgotPassword(t *testing.T) {
	s := tenanttest.Start(t)
	secret, _ := addLocal(t, s, "ann", true)
	ctx := browsertest.Start(t)
	browsertest.Step(t, ctx, "forgot", chromedp.Navigate(s.URL+"/me/sign-in"), browsertest.Click("a[href='/me/forgot']"), browsertest.WaitText("An e-mail will tell you how to go on"))
	browsertest.Look(t, ctx, "forgot")
	browsertest.Step(t, ctx, "asking", chromedp.SendKeys("#email", "ann@acme.test"), chromedp.Submit("#email"), browsertest.WaitText("Look into your mailbox"))
	browsertest.Look(t, ctx, "forgot-asked")
	link := s.LinkTo(t, "ann", "/me/reset/")
	browsertest.Step(t, ctx, "the link", chromedp.Navigate(s.URL+link), browsertest.WaitText("To set a new password, enter the code"), browsertest.Until(`location.pathname === "/me/reset" && location.hash === ""`))
	browsertest.Look(t, ctx, "reset-code")
	s.Clock.Advance(time.Minute)
	browsertest.Step(t, ctx, "the code", chromedp.SendKeys("#code", s.Code(t, secret, 0)), chromedp.Submit("#code"), browsertest.WaitText("You will be signed out everywhere"))
	browsertest.Step(t, ctx, "typing", chromedp.SendKeys("#password", another), browsertest.Until(`document.querySelectorAll("#rules .met").length === 3`))
	browsertest.Look(t, ctx, "reset")
	browsertest.Step(t, ctx, "setting it", chromedp.SendKeys("#again", another), chromedp.Submit("#again"), browsertest.WaitText("Your password was set"))
	mustChange(t, s, "ann")
	s.Clock.Advance(time.Minute)
	browsertest.Step(t, ctx, "signing in", chromedp.SendKeys("#name", "ann@acme.test"), chromedp.SendKeys("#password", another), chromedp.Submit("#password"), browsertest.WaitText("One-time code"))
	browsertest.Step(t, ctx, "with the code", chromedp.SendKeys("#code", s.Code(t, secret, 0)), chromedp.Submit("#code"), browsertest.WaitText("Choose another password"))
	browsertest.Look(t, ctx, "new-password")
	browsertest.Step(t, ctx, "choosing it", chromedp.SendKeys("#password", tenanttest.NewPassword), chromedp.SendKeys("#again", tenanttest.NewPassword), chromedp.Submit("#again"), browsertest.WaitText("Your password was changed"))
	browsertest.Step(t, ctx, "the used link", chromedp.Navigate(s.URL+link), browsertest.WaitText("This link was used"))
	browsertest.Look(t, ctx, "reset-used")
}

// TestBrowserWindowsPassword enrols with the password of Windows, and changes it there from the own page.
func TestBrowserWindowsPassword(t *testing.T) {
	s, _, w := twoWay(t)
	ctx := browsertest.Start(t)
	browsertest.Step(t, ctx, "the link", chromedp.Navigate(s.URL+s.Link(t, "ann")), browsertest.WaitText("Or use your Windows password"), browsertest.WaitText("last 24 passwords"))
	browsertest.Look(t, ctx, "enrol-windows")
	browsertest.Step(t, ctx, "that of Windows", chromedp.SendKeys("#windows", ofWindows), browsertest.Click("#use-windows"), browsertest.WaitText("Your account is active"))
	browsertest.Step(t, ctx, "signing in", chromedp.SendKeys("#name", "ann@acme.test"), chromedp.SendKeys("#password", ofWindows), chromedp.Submit("#password"), browsertest.WaitText("It is changed in Windows first"))
	browsertest.Look(t, ctx, "me-windows")
	browsertest.Step(t, ctx, "changing it", chromedp.SendKeys("#old", ofWindows), chromedp.SendKeys("#password", complexOne), browsertest.Until(`document.querySelectorAll("#rules .met").length === 4`),
		chromedp.SendKeys("#again", complexOne), chromedp.Submit("#again"), browsertest.WaitText("Your password was changed"))
	if password, _ := w.now(); password != complexOne {
		t.Errorf("in Windows it is %q", password)
	}
}
