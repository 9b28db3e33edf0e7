//go:build linux

package endtoend

import (
	"context"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/terminal/terminaltest"
)

// userCode is the code as the terminal shows it (RFC 8628 §6.1).
var userCode = regexp.MustCompile(`\b[B-Z]{4}-[B-Z]{4}\b`)

// decide reads the code off the terminal, other than the one before, and says yes or no to it in the browser.
func (f *firstDay) decide(c *terminaltest.Console, chromium context.Context, before, button, said string) (code string) {
	f.Helper()
	c.Until("shows a code for the browser", func(text string) bool {
		code = userCode.FindString(text)
		return code != "" && code != before
	})
	if text := terminaltest.Unwrapped(c.History()); !strings.Contains(text, "https://"+f.tenantAt.address+"/device") {
		f.Errorf("the terminal does not say where to enter the code:\n%s", text)
	}
	page := "https://" + f.tenantAt.address + "/device"
	if before == "" {
		browsertest.Step(f.TB, chromium, "signing in", chromedp.Navigate(page), browsertest.WaitText("Sign in to Acme"),
			chromedp.SendKeys("#email", adminMail), chromedp.SendKeys("#password", adminPassword), chromedp.Submit("#password"))
	} else {
		browsertest.Step(f.TB, chromium, "the page for codes", chromedp.Navigate(page))
	}
	browsertest.Step(f.TB, chromium, "entering the code", browsertest.WaitText("Enter the code that"),
		chromedp.SendKeys("#code", code), chromedp.Submit("#code"))
	browsertest.Step(f.TB, chromium, "seeing which machine asks", browsertest.WaitText("Sign in this set-up?"),
		browsertest.WaitText(hostName(f)), browsertest.WaitText("127.0.0.1"), browsertest.WaitText(code))
	browsertest.Step(f.TB, chromium, said, browsertest.Click(button), browsertest.WaitText(said))
	return code
}
