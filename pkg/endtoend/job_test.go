//go:build linux

package endtoend

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
)

// TestMainJob is the product's main job, end to end, and then what becomes of it over time. The parts build on each other.
func TestMainJob(t *testing.T) {
	plan := samba.Scene3000("example.test")
	l := newLab(t, samba.Options{Plan: plan})
	l.web = l.signIn()
	l.setup()
	if c := l.awaitCondition(control.AwaitingConfiguration); !strings.Contains(c.Hint, l.listen) {
		t.Fatalf("after the enrolment the agent should wait for its units and say where: %+v", c)
	}
	l.choose(chosen(l, plan)...)
	l.converge("the first sync")
	l.checkScene(plan)
	l.checkSecrets()
	l.in("doctor", l.doctor)
	l.in("restart", l.restart)
	l.in("deltas", l.deltas)
	l.in("halt", l.halt)
	l.in("skip", l.skip)
	l.in("guard", l.guard)
	l.in("unreachable", l.unreachable)
	l.in("killed in a full sync", l.killedInFullSync)
	l.in("killed in deltas", l.killedInDeltas)
}

// in runs a part as a subtest of its own name; a failed part ends the test, since the others build on it.
func (l *lab) in(name string, part func()) {
	l.Helper()
	whole := l.TB.(*testing.T)
	ok := whole.Run(name, func(t *testing.T) {
		l.TB = t
		defer func() { l.TB = whole }()
		part()
	})
	if !ok {
		whole.FailNow()
	}
}

// chosen gives the GUIDs of the plan's chosen units.
func chosen(l *lab, plan samba.Plan) (units []directory.GUID) {
	l.Helper()
	for _, u := range plan.Units {
		if u.Chosen {
			units = append(units, l.find(u.Path...))
		}
	}
	return units
}

func (l *lab) find(path ...string) directory.GUID {
	l.Helper()
	id, err := l.dc.Find(path...)
	if err != nil {
		l.Fatal(err)
	}
	return id
}

// checkScene holds the tenant against the plan itself, so that a search that finds nothing cannot pass.
func (l *lab) checkScene(plan samba.Plan) {
	l.Helper()
	h := l.held()
	people, everybody := 0, 0
	for _, u := range plan.Units {
		for _, p := range u.People {
			if u.Chosen && p.Value(directory.UserAccountControl) != "546" {
				people++
			}
		}
	}
	for _, g := range plan.Groups {
		if g.Name == "Everybody" {
			everybody = len(g.Members)
		}
	}
	if len(h.users) != people || people < 900 || everybody != 2000 {
		l.Fatalf("users in the tenant: got %d, want %d of 1,000; Everybody has %d of 2,000", len(h.users), people, everybody)
	}
	if got := len(h.groups["Everybody"]); got != people {
		l.Fatalf("members of Everybody in the tenant: got %d, want the %d in scope", got, people)
	}
	if got := len(h.groups["Company"]); got != 3 {
		l.Fatalf("members of Company: got %d, want the 3 groups in scope", got)
	}
}

// checkSecrets looks for the secrets where they must not be.
func (l *lab) checkSecrets() {
	l.Helper()
	h := hunt{l: l, secrets: map[string]string{l.dc.Password(): "the directory's password", adminPassword: "the administrator's password"}}
	h.files(l.dir)
	h.logs()
	if looked := h.processes(); looked < 2 {
		l.Errorf("%d processes were looked at, want agent and tenant", looked)
	}
}

// doctor looks at each thing that the agent depends on, finds it well, and says so.
func (l *lab) doctor() {
	out, _ := l.run("passly-sync", "doctor", "--state", l.state()) // its exit code may be about this machine's disk
	for _, want := range []string{"✓ Names", "✓ Ports", "✓ Certificate", "✓ Clock", "In sync"} {
		if !strings.Contains(out, want) {
			l.Errorf("the doctor does not say %q:\n%s", want, out)
		}
	}
}

// restart: the credentials come from the keyring again, and the mirror goes on where it was.
func (l *lab) restart() {
	l.agent.stop(l)
	id := l.add("Sales", "Restart Robin")
	l.startAgent()
	l.converge("what changed while the agent was stopped")
	l.noFullRead("a restart")
	l.must("passly-sync", "sync", "--state", l.state())
	_ = id
}

// noFullRead fails when the running agent has read everything.
func (l *lab) noFullRead(what string) {
	l.Helper()
	if strings.Contains(l.agent.log.String(), "reading the whole directory") {
		l.Fatalf("%s cost a full read", what)
	}
}

func (l *lab) do(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// add hires somebody complete into a unit given by its path, joined by slashes.
func (l *lab) add(unit, name string, leaveOut ...string) directory.GUID {
	l.Helper()
	given, family, _ := strings.Cut(name, " ")
	account := strings.ToLower(given + "." + family)
	account = account[:min(len(account), 20)]
	var attributes []directory.Attribute
	for _, a := range []directory.Attribute{
		{Name: directory.GivenName, Value: given},
		{Name: directory.Surname, Value: family},
		{Name: directory.DisplayName, Value: name},
		{Name: directory.SAMAccountName, Value: account},
		{Name: directory.Mail, Value: account + "@example.test"},
		{Name: directory.UserPrincipalName, Value: account + "@example.test"},
		{Name: directory.UserAccountControl, Value: "544"},
	} {
		if !slices.Contains(leaveOut, a.Name) {
			attributes = append(attributes, a)
		}
	}
	id, err := l.dc.AddUser(context.Background(), l.find(strings.Split(unit, "/")...), name, attributes...)
	l.do(err)
	return id
}

// deltas: each kind of change arrives without a full read.
func (l *lab) deltas() {
	ctx := context.Background()
	ann := l.add("Sales/Berlin", "Ann Adams")
	bob := l.add("Engineering", "Bob Brown")
	l.converge("two hires")
	l.do(l.dc.Modify(ctx, ann, directory.Surname, "Zimmer-Ünal"))
	l.converge("a changed name")
	l.do(l.dc.Modify(ctx, ann, directory.DisplayName, ""))
	l.converge("a removed attribute")
	l.do(l.dc.Rename(ctx, ann, "Zimmer, Ann"))
	l.converge("a renamed entry")
	l.do(l.dc.Move(ctx, ann, l.find("Finance")))
	l.converge("a move between chosen units")
	everybody, leads := l.find("Sales", "Everybody"), l.find("Sales", "Leads Sales")
	l.do(l.dc.AddMember(ctx, everybody, ann))
	l.do(l.dc.AddMember(ctx, leads, bob))
	l.do(l.dc.AddMember(ctx, leads, ann))
	l.converge("three new members")
	l.do(l.dc.Move(ctx, ann, l.find("Alumni")))
	l.converge("a move out of scope")
	l.do(l.dc.Move(ctx, ann, l.find("Sales")))
	l.converge("a move back")
	l.do(l.dc.Rename(ctx, l.find("Sales", "Berlin"), "Berlin & München"))
	l.converge("a renamed unit")
	l.add("Sales/Berlin & München", "Cyd Clark")
	l.converge("a hire into the renamed unit")
	l.do(l.dc.Move(ctx, l.find("Sales", "Lagos"), l.find("Finance")))
	l.converge("a moved unit")
	l.do(l.dc.SetDisabled(ctx, bob, true))
	l.converge("a disabled account")
	l.do(l.dc.SetDisabled(ctx, bob, false))
	l.converge("an enabled account")
	l.do(l.dc.Modify(ctx, bob, directory.AccountExpires, filetime(time.Now().Add(-time.Hour))))
	l.converge("an expired account")
	l.do(l.dc.Modify(ctx, bob, directory.AccountExpires, "0"))
	l.converge("an account that no longer expires")
	l.do(l.dc.Modify(ctx, bob, directory.AccountExpires, filetime(time.Now().Add(3*time.Second))))
	l.converge("an account about to expire")
	time.Sleep(time.Until(time.Now().Add(3 * time.Second)))
	l.converge("its expiry, without a change in the directory")
	l.do(l.dc.RemoveMember(ctx, everybody, ann))
	l.converge("a removed member")
	l.do(l.dc.Delete(ctx, ann))
	l.converge("a deleted user")
	l.do(l.dc.Delete(ctx, l.find("Sales", "Leads Sales")))
	l.converge("a deleted group")
	l.noFullRead("a delta")
}

// filetime writes a time as accountExpires has it.
func filetime(t time.Time) string {
	return fmt.Sprint((t.Unix() + 11644473600) * 10_000_000)
}

// halt: the documented stop, and how it ends by itself.
func (l *lab) halt() {
	ctx := context.Background()
	dan := l.add("Sales", "Dan Dole", directory.Mail, directory.GivenName)
	c := l.awaitCondition(control.Halted)
	if len(c.Subjects) != 1 || c.Subjects[0].Name != "Dan Dole" || c.Subjects[0].Place != "Sales" || strings.Join(c.Subjects[0].Missing, ", ") != "first name, e-mail" {
		l.Fatalf("the halt names the wrong things: %+v", c)
	}
	eve := l.add("Engineering", "Eve Early")
	fay := l.find("Finance")
	_ = fay
	victim := l.add("Sales", "Vic Victim", directory.Surname) // a second one
	l.until("both incomplete users are told", 30*time.Second, func() bool {
		c, _ := l.condition(control.Halted)
		return len(c.Subjects) == 2
	})
	if _, added := l.held().users[eve.String()]; added {
		l.Fatal("somebody was added behind an incomplete user")
	}
	// A halt must never keep a leaver's account alive.
	robin := l.find("Sales", "Restart Robin")
	l.do(l.dc.SetDisabled(ctx, robin, true))
	l.until("a leaver is disabled in spite of the halt", 30*time.Second, func() bool { return !l.held().users[robin.String()].Active })
	l.do(l.dc.Modify(ctx, dan, directory.Mail, "dan@example.test"))
	l.do(l.dc.Modify(ctx, dan, directory.GivenName, "Dan"))
	l.do(l.dc.Move(ctx, victim, l.find("Alumni")))
	l.converge("additions after the halt")
	if _, still := l.condition(control.Halted); still {
		l.Fatal("the agent still says that it is halted")
	}
}

// skip: the other setting.
func (l *lab) skip() {
	l.web.configure(func(form url.Values) { form["incomplete"] = []string{"skip"} })
	gus := l.add("Sales", "Gus Gray", directory.UserPrincipalName)
	l.add("Sales", "Hal Hope")
	l.converge("additions beside an incomplete user")
	c := l.awaitCondition(control.IncompleteSkipped)
	if len(c.Subjects) != 1 || c.Subjects[0].Name != "Gus Gray" || c.Subjects[0].Missing[0] != "user logon name" {
		l.Fatalf("the list names the wrong things: %+v", c)
	}
	l.do(l.dc.Modify(context.Background(), gus, directory.UserPrincipalName, "gus@example.test"))
	l.converge("the completed user")
	l.web.configure(func(form url.Values) { form["incomplete"] = []string{"halt"} })
}

// guard: a whole unit moved out of scope waits for an approval.
func (l *lab) guard() {
	ctx := context.Background()
	before := l.expectedPeople()
	finance := l.find("Finance")
	l.do(l.dc.Move(ctx, finance, l.find("Contractors")))
	l.choose(slices.DeleteFunc(slices.Clone(l.scope), func(g directory.GUID) bool { return g == finance || g == l.find("Contractors", "Finance", "Lagos") })...)
	c := l.awaitCondition(control.HeldRemovals)
	if !strings.Contains(c.Text, "users to be disabled") {
		l.Fatalf("the hold does not say what is held: %+v", c)
	}
	active := 0
	for _, p := range l.held().users {
		if p.Active {
			active++
		}
	}
	if active != before {
		l.Fatalf("active while held: got %d, want %d", active, before)
	}
	l.until("everything is approved", 60*time.Second, func() bool {
		l.web.approveAll()
		_, still := l.condition(control.HeldRemovals)
		return !still
	})
	l.converge("the approved removals")
}

func (l *lab) expectedPeople() int {
	l.Helper()
	return len(l.expect().active)
}
