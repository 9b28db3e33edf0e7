//go:build linux

package endtoend

import (
	"context"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
)

// everyday is what an administrator does after the first day, in a browser, with the real agent and the real directory behind
// the pages: it comes after TestMission's beginning.
func (c *chromium) everyday() {
	c.Helper()
	c.step("the list says how the agent is", c.page("/directory-sync"), browsertest.WaitText("Head office"), browsertest.WaitText("In sync"), browsertest.WaitText("example.test"))
	c.lookForPeople()
	c.keepLocalOnes()
	c.editAndTakeBack()
	c.undoARun()
	c.decideOnHeld()
	c.otherAdministrators()
	c.whoDidWhat()
	c.goneSilent()
	c.removeTheAgent()
}

// open opens the agent's page.
func (c *chromium) open(what string, actions ...browsertest.Action) {
	c.Helper()
	c.step(what, append([]browsertest.Action{c.page("/directory-sync"), browsertest.WaitText("example.test"), browsertest.Click("#live tbody a"), browsertest.WaitText("Last runs")}, actions...)...)
}

// lookForPeople filters, sorts, and looks at one who is synced and at one of the directory's groups.
func (c *chromium) lookForPeople() {
	c.step("only Active ones of the directory", c.page("/users?state=active&source=synced&sort=name"), browsertest.WaitText("Dan Dole"), browsertest.Until(`document.querySelectorAll("tbody tr").length === 1`))
	c.step("one of them", browsertest.Click("tbody a"), browsertest.WaitText("Head office"), browsertest.WaitText("Active Directory"))
	c.step("what became of him", browsertest.Click("#history"), browsertest.WaitText("User added"))
	c.step("a group of the directory cannot be edited", c.page("/groups?q=sales"), browsertest.Click("tbody a"), browsertest.WaitText("Active Directory"),
		browsertest.Until(`document.querySelector("#who") === null && document.querySelector("#remove") === null`))
}

// keepLocalOnes adds a policy, a Local user with it, updates the user to Provisioned, and puts people of both kinds into a
// Local group.
func (c *chromium) keepLocalOnes() {
	c.step("a policy of one's own", c.page("/provisioning/new"), chromedp.SendKeys("#name", "Contractors"), chromedp.SetValue("#state-given", "created"),
		browsertest.Click("#mail"), browsertest.Click("#two-factor"), browsertest.Click("#save"), browsertest.WaitText("Contractors"), browsertest.WaitText("Saved"))
	c.step("a Local user", c.page("/users/new"), chromedp.SendKeys("#given", "Zoe"), chromedp.SendKeys("#family", "Local"), chromedp.SendKeys("#mail", "zoe@example.test"),
		chromedp.SendKeys("#logon", "zoe@example.test"), browsertest.Until(`[...document.querySelector("#policy").options].some(o => o.text.startsWith("Contractors") && (o.selected = true))`),
		browsertest.Click("#save"), browsertest.WaitText("The Local user is added"), browsertest.WaitText("Created"))
	before := len(c.letters())
	c.step("choosing her", c.page("/users?q=zoe"), browsertest.Click("tbody input[type=checkbox]"), browsertest.Click("#provision"), browsertest.WaitText("Send email to user to activate their account"),
		browsertest.WaitText("Require 2FA setup during activation"))
	c.step("updating her to Provisioned", browsertest.Until(`["mail", "two-factor"].every(n => document.querySelector("input[name=" + n + "]").checked = true)`),
		browsertest.Click("main form .primary"), browsertest.WaitText("Provisioned now"), c.page("/users?q=zoe"), browsertest.WaitText("Provisioned"))
	c.until("her e-mail is written", 30*time.Second, func() bool { return len(c.letters()) == before+1 })
	c.step("a Local group", c.page("/groups/new"), chromedp.SendKeys("#name", "Pilots"), browsertest.Click("#save"), browsertest.WaitText("Pilots"))
	for who, shown := range map[string]string{"zoe@example.test": "Zoe Local", "dan@example.test": "Dan Dole"} {
		c.step("a member, "+who, chromedp.SendKeys("#who", who), browsertest.Click("#add"), browsertest.WaitText(shown))
	}
}

// editAndTakeBack changes the agent's name, looks at what the version changed, takes it back; pauses the agent and lets it go on.
func (c *chromium) editAndTakeBack() {
	c.open("editing", browsertest.Click("#edit"), browsertest.WaitText("people"), chromedp.SetValue("#name", "Back office"), browsertest.Click(".bar .primary"), browsertest.WaitText("Saved. The agent has been told."), browsertest.WaitText("Back office"))
	c.step("what the version changed", browsertest.Click("#settings"), browsertest.WaitText("Head office"), browsertest.WaitText("Back office"))
	c.step("taking it back", browsertest.Click("main form button"), browsertest.WaitText("Saved"))
	c.open("its name is the former one", browsertest.WaitText("Head office"))
	c.step("pausing", browsertest.Click("#pause"), browsertest.WaitText("Paused. Nothing is changed"))
	gil := c.add("Sales", "Gil Gone")
	c.until("the pause is in force", 20*time.Second, func() bool { _, paused := c.condition("paused"); return paused })
	if _, added := c.held().users[gil.String()]; added {
		c.Fatal("somebody was added by a paused agent")
	}
	c.step("resuming", browsertest.Click("#resume"), browsertest.WaitText("Resumed"))
	c.step("the hire of the meantime comes", c.page("/users?q=gil"), waitReloading("1 person found"))
}

// undoARun puts a wrong name back that came from the directory, mends the directory, and lets the agent go on.
func (c *chromium) undoARun() {
	ida := c.add("Sales", "Ida Right")
	c.step("she is there", c.page("/users?q=ida"), waitReloading("1 person found"))
	c.do(c.dc.Modify(context.Background(), ida, directory.DisplayName, "Ida Wrong"))
	c.step("with a wrong name", c.page("/users?q=ida"), waitReloading("Ida Wrong"))
	c.open("the last run", browsertest.Click(".runs a"), browsertest.WaitText("Ida Right"), browsertest.WaitText("Ida Wrong"))
	c.step("searching in it", chromedp.SendKeys("#q", "ida"), chromedp.Submit("#q"), browsertest.Until(`document.querySelectorAll("#changes tbody tr").length === 1`))
	c.step("undoing it", browsertest.Click("#undo"), browsertest.WaitText("1 change can be put back"), browsertest.Click("#sure"), browsertest.Click("#undo-run"), waitReloading("1 change put back"))
	c.step("the former name", c.page("/users?q=ida"), browsertest.WaitText("Ida Right"))
	c.do(c.dc.Modify(context.Background(), ida, directory.DisplayName, "Ida Right"))
	c.open("letting it go on", browsertest.Click("#resume"), browsertest.WaitText("Resumed"))
	c.step("the name stays", c.page("/directory-sync"), waitReloading("In sync"), c.page("/users?q=ida"), browsertest.WaitText("Ida Right"))
}

// decideOnHeld: a mass disabling waits; one is approved, one rejected, the rest approved.
func (c *chromium) decideOnHeld() {
	c.open("a stricter guard", browsertest.Click("#edit"), browsertest.WaitText("people"),
		chromedp.SetValue(`input[name="users-number"]`, "2"), chromedp.SetValue(`input[name="users-percent"]`, "0"), browsertest.Click(".bar .primary"), browsertest.WaitText("Saved"))
	for _, name := range []string{"Pia One", "Pia Two", "Pia Three", "Pia Four"} {
		c.add("Sales", name)
	}
	c.step("four more", c.page("/users?q=pia"), waitReloading("4 people found"))
	c.agent.stop(c.TB) // so that it hears of all at once
	for _, name := range []string{"Pia One", "Pia Two", "Pia Three", "Pia Four"} {
		c.do(c.dc.SetDisabled(context.Background(), c.find("Sales", name), true))
	}
	c.startAgent()
	c.step("they are held", c.page("/directory-sync"), browsertest.Click("#live tbody a"), browsertest.WaitText("Held"))
	c.step("one by one", browsertest.Click("#rows-users"), browsertest.WaitText("Pia"), browsertest.Click("#held tbody tr:nth-child(1) input"), browsertest.Click("#approve-rows"),
		browsertest.WaitText("Decided on 1 removal"))
	c.step("another is rejected", browsertest.Click("#held tbody tr:nth-child(1) input"), browsertest.Click("#reject-rows"), browsertest.Until(`document.querySelector("#held .chip") !== null`))
	c.step("the rest goes", browsertest.Click("#approve-all"), browsertest.WaitText("Approved"))
	c.step("three are Disabled, one is not", c.page("/users?q=pia&state=disabled"), waitReloading("3 people found"))
}

// otherAdministrators: one is invited as a reader, joins, and is told no where a reader may not.
func (c *chromium) otherAdministrators() {
	c.step("inviting", c.page("/administrators"), chromedp.SendKeys("#email", "ben@example.test"), browsertest.Click("input[value=reader]"), browsertest.Click("#invite"), browsertest.WaitText("Send this link"))
	link := c.ask(`document.getElementById("link").textContent`)
	owner := c.ctx
	other := browsertest.Start(c.TB, c.certificate)
	c.ctx = other
	c.step("joining", chromedp.Navigate("https://"+c.listen+link[strings.Index(link, "/join"):]), chromedp.SendKeys("#password", "green ladder at noon"), chromedp.SendKeys("#again", "green ladder at noon"),
		chromedp.Submit("#again"), browsertest.WaitText("Your password is saved"))
	c.step("signing in", chromedp.SendKeys("#email", "ben@example.test"), chromedp.SendKeys("#password", "green ladder at noon"), chromedp.Submit("#password"), browsertest.WaitText("Head office"))
	c.step("a reader is told no", browsertest.Click("#live tbody a"), browsertest.WaitText("Last runs"), browsertest.Click("#pause"), browsertest.WaitText("may look, but not change anything"))
	c.ctx = owner
	c.step("locking him", c.page("/administrators"), browsertest.Click("tbody tr:last-child a"), browsertest.Until(`document.querySelector("#lock") !== null`), browsertest.Click("#lock"), browsertest.WaitText("Locked, and signed out everywhere"))
	c.ctx = other
	c.step("he is out", c.page("/users"), browsertest.WaitText("Sign in to"))
	c.ctx = owner
}

// whoDidWhat: the audit log has it all.
func (c *chromium) whoDidWhat() {
	c.step("the audit log", c.page("/audit"), browsertest.WaitText("Locked ben@example.test"), browsertest.WaitText("Approved"))
	c.step("searched", chromedp.SendKeys("#q", "Ida"), chromedp.Submit("#q"), browsertest.WaitText("No entry"), c.page("/audit?q=Head+office"), browsertest.WaitText("Undid a run of the agent Head office"))
}

// goneSilent: an agent that is stopped is shown as offline within 45 seconds, by itself.
func (c *chromium) goneSilent() {
	c.step("watching the list", c.page("/directory-sync"), browsertest.WaitText("Head office"))
	c.agent.stop(c.TB)
	began := time.Now()
	c.until("it is shown as offline", tenant.OfflineAfter+15*time.Second, func() bool {
		return c.ask(`String(document.body.innerText.includes("Offline"))`) == "true"
	})
	if took := time.Since(began); took > 45*time.Second {
		c.Errorf("it took %s until an agent was shown as offline, want 45 s at most", took.Round(time.Second))
	}
	c.startAgent()
	c.step("and as back", browsertest.WaitText("In sync"))
}

// removeTheAgent asks for the name, and says what becomes of its people.
func (c *chromium) removeTheAgent() {
	c.open("removing", browsertest.Click("#remove-agent"), browsertest.WaitText("people"), chromedp.SendKeys("#name", "head"), browsertest.Click("#remove"), browsertest.WaitText("The name is another one"))
	c.step("with its name", chromedp.SetValue("#name", "Head office"), browsertest.Click("#remove"), browsertest.WaitText("The agent is removed here"))
	c.step("its people stay as Local users", c.page("/users?source=local"), browsertest.WaitText("Dan Dole"), browsertest.WaitText("people"))
}
