package agent

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/onboarding"
)

// TestBrowserPasswordsIntoARealDomain does at the people's own pages what the two-way policy is for, with a real domain behind them that
// has its own policy: enrolling with the password of Windows, changing it too soon and in time, and forgetting it.
func TestBrowserPasswordsIntoARealDomain(t *testing.T) {
	f := newFirm(t, allowReset, writeLastSet)
	ann := f.user("ann")
	_, err := onboarding.Provision(t.Context(), f.tenant.Store(), []tenant.ID{ann.ID}, onboarding.Choice{Mail: true})
	f.must(err)
	ctx := browsertest.Start(t)
	at := func(path string) browsertest.Action { return chromedp.Navigate(f.tenant.URL + path) }
	says := browsertest.WaitText
	fill := func(field, text string) browsertest.Action { return chromedp.SendKeys(field, text) }
	const changed, forgotten = "Violet tractor under 2 snow", "Lamp below three 3 bridges"

	browsertest.Step(t, ctx, "the link", at(f.tenant.Link(t, "ann")), says("Or use your Windows password"), says("last 24 passwords"), says("capital letters"))
	browsertest.Step(t, ctx, "the password of Windows", fill("#windows", atFirst), browsertest.Click("#use-windows"), says("Your account is active"))
	browsertest.Step(t, ctx, "signing in with it", fill("#name", "ann@acme.test"), fill("#password", atFirst), chromedp.Submit("#password"), says("It is changed in Windows first"))
	choose := func(old, password, then string) {
		t.Helper()
		browsertest.Step(t, ctx, "changing it", fill("#old", old), fill("#password", password), fill("#again", password), chromedp.Submit("#again"), says(then))
	}
	choose(atFirst, changed, "too new to be changed")
	if got := f.verify("ann", atFirst); got != "" {
		t.Errorf("after a refused change the one before is %q", got)
	}
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "minPwdAge", "0"))
	choose("Not-mine-0-lamp", changed, "is not right")
	choose(atFirst, changed, "Your password was changed")
	if got := f.verify("ann", changed); got != "" {
		t.Errorf("in Windows the changed one is %q", got)
	}
	if got := f.verify("ann", "Not-mine-0-lamp"); got != directory.PasswordWrong { // the one before is let in for an hour more: OldPasswordAllowedPeriod
		t.Errorf("in Windows another one is %q", got)
	}
	browsertest.Step(t, ctx, "forgetting it", at("/me/forgot"), fill("#email", "ann@acme.test"), chromedp.Submit("#email"), says("Look into your mailbox"))
	browsertest.Step(t, ctx, "the link", at(f.tenant.LinkTo(t, "ann", "/me/reset/")), says("It becomes your password of Windows too"))
	browsertest.Step(t, ctx, "another", fill("#password", forgotten), fill("#again", forgotten), chromedp.Submit("#again"), says("Your password was set"))
	if got := f.verify("ann", forgotten); got != "" {
		t.Errorf("in Windows the reset one is %q", got)
	}
	browsertest.Step(t, ctx, "signing in with it", fill("#name", "ann@acme.test"), fill("#password", forgotten), chromedp.Submit("#password"), says("It is changed in Windows first"))
	if account, err := f.tenant.Store().Account(t.Context(), ann.ID); err != nil || account.PasswordHash != "" {
		t.Errorf("Passly keeps %q (%v) of who uses the password of Windows", account.PasswordHash, err)
	}
	if answer := f.tenant.Do(t, http.MethodGet, "/me", "", nil); answer.Status != http.StatusSeeOther {
		t.Errorf("without a session: got %d", answer.Status)
	}
}
