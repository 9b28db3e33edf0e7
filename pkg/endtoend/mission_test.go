//go:build linux

package endtoend

import (
	"context"
	"fmt"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/tenant/browsertest"
)

// chromium is an administrator, and then a person, in a real browser.
type chromium struct {
	*lab
	ctx         context.Context
	certificate string // of the tenant
}

// browser starts one that trusts the tenant.
func (l *lab) browser() *chromium {
	l.Helper()
	certificate, err := os.ReadFile(filepath.Join(l.dir, "tenant.pem"))
	l.do(err)
	return &chromium{l, browsertest.Start(l.TB, string(certificate)), string(certificate)}
}

func (c *chromium) step(what string, actions ...browsertest.Action) {
	c.Helper()
	browsertest.Step(c.TB, c.ctx, what, actions...)
}

func (c *chromium) page(path string) browsertest.Action {
	return chromedp.Navigate("https://" + c.listen + path)
}

func (c *chromium) ask(expression string) string {
	c.Helper()
	text, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		c.Fatalf("%s: %v", expression, err)
	}
	return text
}

// TestMission is what the product is for, as its users do it: an administrator adds an agent in the console and sets it up,
// chooses who shall come, sees before what would happen, is told who is incomplete, mends it in the directory; and a person
// gets an e-mail, and is in. Then comes what an administrator does every day.
func TestMission(t *testing.T) {
	l := newLab(t, samba.Options{Plan: samba.Simple("example.test", 60)})
	c := l.browser()
	dan := l.add("Sales", "Dan Dole", directory.Mail)
	c.getStarted()
	l.setup()
	others := c.configure()
	c.step("the halt is told by itself", browsertest.WaitText("Dan Dole"), browsertest.WaitText("e-mail"))
	c.step("why is he not here", browsertest.Click("#explain"), chromedp.SendKeys("#q", "dan dole"), chromedp.Submit("#q"),
		browsertest.WaitText("Missing"), browsertest.WaitText("Incomplete"))
	l.do(l.dc.Modify(context.Background(), dan, directory.Mail, "dan@example.test"))
	c.step("it goes on by itself", c.page("/users"), waitReloading(fmt.Sprintf("%d people in this tenant", others+1)))
	c.oneMailEach(others + 1)
	c.becomesActive("dan@example.test")
	c.everyday()
}

// waitReloading waits for a page that does not keep itself up to date to say something.
func waitReloading(text string) browsertest.Action {
	return reloadUntil(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// reloadUntil loads the page again until an expression of it is true.
func reloadUntil(expression string) browsertest.Action {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		for {
			said, err := chromedp.Evaluate[bool](expression)(ctx, target)
			if err == nil && said {
				return none, nil
			}
			if _, err := chromedp.Evaluate[chromedp.Void]("location.reload()")(ctx, target); err != nil && ctx.Err() != nil {
				return none, fmt.Errorf("waiting for %s: %w", expression, ctx.Err())
			}
			select {
			case <-ctx.Done():
				return none, fmt.Errorf("waiting for %s: %w", expression, ctx.Err())
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
}

// getStarted goes the documented way to where the page waits for the agent, and finds the installer on it.
func (c *chromium) getStarted() {
	installers := filepath.Join(c.dir, "tenant", "installers")
	c.do(os.MkdirAll(installers, 0o700))
	c.do(os.WriteFile(filepath.Join(installers, "passly-sync-1.0.0-x64.msi"), []byte("MSI"), 0o600))
	c.step("signing in", c.page("/directory-sync"), chromedp.SendKeys("#email", adminMail), chromedp.SendKeys("#password", adminPassword),
		chromedp.Submit("#password"), browsertest.WaitText("No agent yet"))
	c.step("the plus, and its middle button", browsertest.Click(".fab summary"), browsertest.Click(".fab li:nth-child(2) a"), browsertest.WaitText("Let's Get Started"))
	c.step("let's get started", browsertest.Click("#start"), browsertest.WaitText("Download Agent Installer"), browsertest.WaitText("Windows Server, 64 bit"),
		browsertest.WaitText("Waiting for the agent to check in"))
}

// configure chooses two units and the Full Onboarding Policy, and gives how many people the preview says will be added once
// the incomplete one is mended.
func (c *chromium) configure() int {
	c.Helper()
	c.step("the agent appears without a reload", browsertest.WaitText("has checked in"))
	c.step("next", browsertest.Click(".arrived a"), browsertest.WaitText("Which people?"))
	for _, unit := range []string{"Sales", "Engineering"} {
		c.step("ticking "+unit, browsertest.Click(fmt.Sprintf("input[value='%s']", c.find(unit))))
	}
	c.step("organization, name, policy", browsertest.Click(".bar .primary"), browsertest.WaitText("Agent Friendly Name"),
		chromedp.SetValue("#name", "Head office"), chromedp.SetValue("#policy", "2"))
	c.step("preview", browsertest.Click(".bar .primary"), browsertest.WaitText("What will happen"), browsertest.WaitText("Dan Dole"), browsertest.WaitText("Incomplete"))
	var added, waiting int
	if _, err := fmt.Sscan(c.ask(`[0, 7].map(i => document.querySelectorAll(".tiles dd")[i].textContent).join(" ")`), &added, &waiting); err != nil || added+waiting != 24 {
		c.Fatalf("the preview says that %d people will be added and %d wait for the incomplete one (%v), want 24 together", added, waiting, err)
	}
	rows := c.ask(`(() => { const r = new XMLHttpRequest(); r.open("GET", document.getElementById("csv").href, false); r.send(); return r.responseText; })().split("\n").filter(r => r.startsWith("add,user,")).length.toString()`)
	if rows != fmt.Sprint(added) {
		c.Errorf("the file has %s people to be added, want %d", rows, added)
	}
	c.step("finish", browsertest.Click(".bar .primary"), browsertest.WaitText("Its first sync has begun"))
	return added + waiting
}

// letters gives the e-mails in the outbox by the address that they are for.
func (c *chromium) letters() map[string][]string {
	c.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "tenant", "outbox", "*.eml"))
	c.do(err)
	letters := map[string][]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		c.do(err)
		to := regexp.MustCompile(`(?m)^To:.*?([^\s<"]+@[^\s>"]+)`).FindStringSubmatch(string(raw))
		if to == nil {
			c.Fatalf("for nobody: %.500s", raw)
		}
		letters[to[1]] = append(letters[to[1]], string(raw))
	}
	return letters
}

// oneMailEach: everybody who was added got one e-mail, and nobody two.
func (c *chromium) oneMailEach(people int) {
	c.Helper()
	c.until(fmt.Sprintf("%d people have an e-mail", people), 30*time.Second, func() bool { return len(c.letters()) == people })
	for to, all := range c.letters() {
		if len(all) != 1 {
			c.Errorf("%s got %d e-mails, want one", to, len(all))
		}
	}
}

var enrolLink = regexp.MustCompile(`https://[^\s"]+/enrol/[A-Za-z0-9_-]+`)

// becomesActive is a person with the e-mail: a password, a second factor, in.
func (c *chromium) becomesActive(address string) {
	c.Helper()
	raw, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(c.letters()[address][0])))
	c.do(err)
	link := enrolLink.FindString(string(raw))
	if link == "" {
		c.Fatalf("no link in %.2000s", raw)
	}
	link = link[strings.Index(link, "/enrol"):]
	c.step("the link", c.page(link), browsertest.WaitText("Choose a password"), chromedp.SendKeys("#password", "umbrella salad nine ships"),
		chromedp.SendKeys("#again", "umbrella salad nine ships\r"), browsertest.WaitText("Register your authenticator"))
	secret := strings.TrimSpace(strings.ReplaceAll(c.ask(`document.getElementById("secret").textContent`), " ", ""))
	code, err := totp.GenerateCode(secret, time.Now())
	c.do(err)
	c.step("the second factor", chromedp.SendKeys("#code", code), chromedp.Submit("#code"), browsertest.WaitText("Keep your recovery codes"))
	c.step("the administrator sees it", c.page("/users?q=dan"), browsertest.WaitText("Active"))
}
