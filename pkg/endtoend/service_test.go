//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
	"passlysync/pkg/vault"
)

const (
	serviceToken = "tok-5f1c2ad8e0b94b6f-of-the-service"
	laterToken   = "tok-c81e728d9d4c2f63-of-the-service"
)

// TestSCIMService is a directory's life with a SCIM service of others, without a tenant: real programs, directory and keyring, and a
// service that is none of ours, with bulk operations and without. The parts build on each other.
func TestSCIMService(t *testing.T) {
	for _, single := range []bool{false, true} {
		t.Run(fmt.Sprintf("single=%v", single), func(t *testing.T) {
			s := newOther(t, single)
			s.in("refused", s.refused)
			s.in("first sync", s.firstSync)
			s.in("deltas", s.changes)
			s.in("restart", s.restarted)
			s.in("held", s.held3)
			s.in("other units", s.otherUnits)
			s.in("token taken back", s.tokenTakenBack)
			s.in("secrets", s.noSecrets)
			s.in("removed", s.removed)
		})
	}
}

// serviceLab is a lab whose tenant is a service of others.
type serviceLab struct {
	*lab
	tokenFile string
	ids       map[string]directory.GUID
}

func newOther(t *testing.T, single bool) *serviceLab {
	t.Helper()
	env := session(t)
	l := &lab{TB: t, source: samba.ForTest(t, samba.Options{}), dir: t.TempDir(), bin: build(t), env: env, ever: map[string]bool{}}
	l.other = scimtest.Start(t, scimtest.Options{Single: single, Lax: single, Whole: single, Token: serviceToken})
	l.begin()
	s := &serviceLab{lab: l, tokenFile: l.file("service-password", serviceToken+"\n"), ids: map[string]directory.GUID{}}
	for _, unit := range []string{"Sales", "Engineering", "Alumni"} {
		id, err := l.dc.AddUnit(context.Background(), l.dc.Root(), unit)
		l.do(err)
		s.ids[unit] = id
	}
	for i := range 45 {
		s.ids[fmt.Sprint("sales", i)] = l.add("Sales", fmt.Sprintf("Sales%02d Person", i))
	}
	l.add("Engineering", "Eve Engineer")
	team, err := l.dc.AddGroup(context.Background(), s.ids["Sales"], "Team", s.ids["sales0"], s.ids["sales1"])
	l.do(err)
	s.ids["team"] = team
	l.other.Put(map[string]any{"userName": "boss@elsewhere.test", "active": true, "externalId": "5b0c9f0e-27cf-4a2c-8e3b-0d8ad1f4a111"})
	l.ever["5b0c9f0e-27cf-4a2c-8e3b-0d8ad1f4a111"] = true
	return s
}

// heldByOther is what a service of others has, but for what it had before.
func (l *lab) heldByOther() holdings {
	l.Helper()
	h, kept := holdings{users: map[string]person{}, groups: map[string][]string{}}, l.other.Kept()
	ids := map[string]string{}
	for _, u := range kept.Users {
		ids[u.ID] = u.ExternalID
		if u.UserName == "boss@elsewhere.test" {
			if u.Active == nil || !*u.Active || u.Name != nil {
				l.Fatalf("somebody else's user was touched: %+v", u)
			}
			continue
		}
		h.users[u.ExternalID] = personOf(u)
	}
	for _, g := range kept.Groups {
		ids[g.ID] = g.ExternalID
	}
	for _, g := range kept.Groups {
		members := []string{}
		for _, m := range g.Members {
			members = append(members, ids[m.Value])
		}
		slices.Sort(members)
		h.groups[g.DisplayName] = members
	}
	return h
}

func personOf(u scim.User) person {
	p := person{Logon: u.UserName, Display: u.DisplayName, Active: u.Active != nil && *u.Active}
	if u.Name != nil {
		p.Given, p.Family = u.Name.GivenName, u.Name.FamilyName
	}
	if len(u.Emails) == 1 {
		p.Mail = u.Emails[0].Value
	}
	return p
}

// setupArgs are those of an administrator's script; later ones win over earlier ones.
func (s *serviceLab) setupArgs(more ...string) []string {
	return append([]string{
		"setup", "--unattended", "--accept-terms", "--target", "scim", "--state", s.state(), "--directory", s.source.URL(),
		"--directory-ca", s.file("directory-ca.pem", string(s.source.CA())), "--directory-user", s.source.Account(),
		"--directory-password-file", s.file("directory-password", s.source.Password()+"\n"),
	}, more...)
}

func (s *serviceLab) unit(name string) string { return "OU=" + name + "," + s.dc.BaseDN() }

// refused: each thing that is wrong is said as what it is, before anything is kept here or there.
func (s *serviceLab) refused() {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>Welcome</html>") }))
	defer web.Close()
	right := []string{"--scim-url", s.other.URL, "--scim-token-file", s.tokenFile}
	open := s.file("open-token", serviceToken+"\n")
	s.do(os.Chmod(open, 0o644))
	defer os.Remove(open)
	for _, wrong := range []struct {
		what, says string
		args       []string
	}{
		{"a wrong token", "refuses the token", []string{"--scim-url", s.other.URL, "--scim-token-file", s.file("wrong-password", "no-such-token\n")}},
		{"nobody there", "refuses the connection", []string{"--scim-url", "http://127.0.0.1:1/scim/v2", "--scim-token-file", s.tokenFile}},
		{"plain HTTP to another machine", "Plain HTTP to another machine is refused", []string{"--scim-url", "http://scim.example.test/scim/v2", "--scim-token-file", s.tokenFile}},
		{"a web site", "There is no SCIM 2.0 service at " + web.URL, []string{"--scim-url", web.URL, "--scim-token-file", s.tokenFile}},
		{"another path", "There is no SCIM 2.0 service at " + s.other.URL + "x", []string{"--scim-url", s.other.URL + "x", "--scim-token-file", s.tokenFile}},
		{"a token that others can read", "others than its owner can read or change it (mode 0644)", []string{"--scim-url", s.other.URL, "--scim-token-file", open}},
		{"no such unit", "There is no organizational unit OU=Nowhere," + s.dc.BaseDN(), append(right, "--unit", s.unit("Nowhere"))},
		{"a limit that is none", `"many" is no limit`, append(right, "--guard-users", "many")},
		{"a tenant's answer", "--domain is for a tenant", append(right, "--domain", "acme")},
		{"no token", "Missing: --scim-token-file.", right[:2]},
	} {
		out, err := s.run("passly-sync", s.setupArgs(wrong.args...)...)
		if err == nil || !strings.Contains(out, wrong.says) || strings.Contains(out, serviceToken) {
			s.Errorf("%s: %v, want an error that says %q\n%s", wrong.what, err, wrong.says, out)
		}
	}
	if status, err := s.status(); err != nil || status.Enrolled {
		s.Fatalf("the agent should wait to be set up: %+v %v", status, err)
	}
	if _, err := os.Stat(filepath.Join(s.state(), "agent.json")); err == nil {
		s.Fatal("something was kept")
	}
	for what, times := range s.other.Asked() {
		if !strings.HasPrefix(what, "GET ") {
			s.Errorf("the service got %d × %s", times, what)
		}
	}
}

func (s *serviceLab) setsUp(more ...string) string {
	s.Helper()
	return s.must("passly-sync", s.setupArgs(append([]string{"--scim-url", s.other.URL, "--scim-token-file", s.tokenFile}, more...)...)...)
}

// firstSync: one command, and everybody in the unit is there.
func (s *serviceLab) firstSync() {
	out := s.setsUp("--unit", s.unit("Sales"), "--guard-users", "5", "--guard-memberships", "5,1%")
	s.scope = []directory.GUID{s.ids["Sales"]}
	s.converge("the first sync")
	if got := len(s.other.Kept().Users); got != 46 {
		s.Fatalf("users: got %d, want 45 of Sales and the one that was there", got)
	}
	status, out2 := s.inSync(), s.must("passly-sync", "status", "--state", s.state())
	if status.Target != handoff.TargetSCIM || len(status.Without) != 4 || status.Counts.People != 45 || status.Settings.Guard.Users != (control.Limit{Number: 5}) {
		s.Errorf("the status is wrong: %+v", status)
	}
	for _, want := range []string{"SCIM service", s.other.URL, "enrolment e-mails", "two-way passwords", s.unit("Sales"), "The SCIM service holds what the chosen units hold"} {
		if !strings.Contains(out2, want) {
			s.Errorf("status does not say %q:\n%s", want, out2)
		}
	}
	if strings.Contains(out+out2, "enant") {
		s.Errorf("a tenant is spoken of:\n%s\n%s", out, out2)
	}
}

func (s *serviceLab) inSync() handoff.Status {
	s.Helper()
	s.awaitCondition(control.InSync)
	status, err := s.status()
	s.do(err)
	return status
}

// changes: each kind of change arrives by itself and without a full read.
func (s *serviceLab) changes() {
	ctx := context.Background()
	ann := s.add("Sales", "Ann Adams")
	s.converge("a hire")
	s.do(s.dc.Modify(ctx, ann, directory.Surname, "Zimmer-Ünal"))
	s.converge("a changed name")
	s.do(s.dc.Rename(ctx, ann, "Zimmer, Ann"))
	s.converge("a renamed entry")
	s.do(s.dc.AddMember(ctx, s.ids["team"], ann))
	s.converge("a new member")
	before := s.other.Asked()
	s.do(s.dc.RemoveMember(ctx, s.ids["team"], s.ids["sales0"]))
	s.converge("a removed member")
	if after := s.other.Asked(); after["PUT /Users"] != before["PUT /Users"] || after["PUT /Groups"] > before["PUT /Groups"]+1 {
		s.Errorf("one member that left cost more than a part of the group: %v, before %v", after, before)
	}
	s.do(s.dc.Rename(ctx, s.ids["team"], "Crew"))
	s.converge("a renamed group")
	s.do(s.dc.SetDisabled(ctx, s.ids["sales1"], true))
	s.converge("a leaver")
	s.do(s.dc.SetDisabled(ctx, s.ids["sales1"], false))
	s.converge("who came back")
	s.do(s.dc.Move(ctx, s.ids["sales2"], s.ids["Alumni"]))
	s.converge("who was moved out")
	s.do(s.dc.Delete(ctx, ann))
	s.converge("a deleted user")
	_, err := s.dc.AddGroup(ctx, s.ids["Sales"], "Leads", s.ids["sales3"], s.ids["team"])
	s.do(err)
	s.converge("a group in a group")
	if n := strings.Count(s.agent.log.String(), "reading the whole directory"); n != 1 {
		s.Errorf("the whole directory was read %d times, want once", n)
	}
}

// restarted: everything that is needed is in the keyring and the state folder.
func (s *serviceLab) restarted() {
	s.agent.stop(s)
	s.add("Sales", "Restart Robin")
	s.startAgent()
	s.converge("what changed while the agent was stopped")
	s.noFullRead("a restart")
}

// heldRows asks for the list, as a script would.
func (s *serviceLab) heldRows() (page control.HeldPage) {
	s.Helper()
	out, _ := s.run("passly-sync", "held", "--json", "--state", s.state()) // its exit code says that something waits
	var pages []control.HeldPage
	if err := json.Unmarshal([]byte(out), &pages); err != nil || len(pages) != 1 || pages[0].Held.Kind != control.RemoveUsers {
		s.Fatalf("held: %v\n%s", err, out)
	}
	return pages[0]
}

// held3: too many leavers at once wait, and are decided on here: one is approved, one rejected, then the rest approved.
func (s *serviceLab) held3() {
	ctx := context.Background()
	s.agent.stop(s) // they are to be seen at once
	for i := 10; i < 20; i++ {
		s.do(s.dc.Move(ctx, s.ids[fmt.Sprint("sales", i)], s.ids["Alumni"]))
	}
	s.startAgent()
	if c := s.awaitCondition(control.HeldRemovals); !strings.Contains(c.Hint, "passly-sync held") || strings.Contains(c.Hint, "console") {
		s.Errorf("the hold does not say how it is decided on here: %+v", c)
	}
	page := s.heldRows()
	if page.Held.Count != 10 || len(page.Rows) != 10 || !strings.Contains(page.Rows[0].Reason, "scope") && !strings.Contains(page.Rows[0].Reason, "unit") {
		s.Fatalf("held: %+v", page)
	}
	listed, _ := s.run("passly-sync", "held", "--state", s.state())
	if !strings.Contains(listed, "users:"+page.Rows[3].Row) || !strings.Contains(listed, "--approve-all users:"+page.Held.Digest) {
		s.Errorf("the list does not name what is decided on:\n%s", listed)
	}
	if out, err := s.run("passly-sync", "held", "--approve-all", "users:0123abcd", "--state", s.state()); err == nil || s.active() != 45 {
		s.Fatalf("a set that was never shown was approved: %s; %d are active", out, s.active())
	}
	s.must("passly-sync", "held", "--approve", "users:"+page.Rows[0].Row, "--state", s.state())
	s.until("one is disabled", 20*time.Second, func() bool { return s.active() == 44 })
	s.must("passly-sync", "held", "--reject", "users:"+page.Rows[1].Row, "--state", s.state())
	s.until("eight are left", 20*time.Second, func() bool { p := s.heldRows(); return p.Held.Count == 8 && p.Held.Rejected == 1 })
	if s.active() != 44 {
		s.Fatalf("active: got %d, want 44", s.active())
	}
	s.until("the rest is disabled", 20*time.Second, func() bool {
		_, err := s.run("passly-sync", "held", "--approve-all", "users:"+s.heldRows().Held.Digest, "--state", s.state())
		return err == nil
	})
	s.until("all but the rejected one are disabled", 20*time.Second, func() bool { return s.active() == 36 })
	s.must("passly-sync", "held", "--approve", "users:"+s.heldRows().Rows[0].Row, "--state", s.state())
	s.converge("the decisions")
	s.inSync()
	if out := s.must("passly-sync", "held", "--state", s.state()); !strings.Contains(out, "No removal is held.") {
		s.Errorf("held: %s", out)
	}
}

func (s *serviceLab) active() (n int) {
	s.Helper()
	for _, p := range s.held().users {
		if p.Active {
			n++
		}
	}
	return n
}

// otherUnits: set up again, the agent stays who it is and goes on with other units.
func (s *serviceLab) otherUnits() {
	before := s.inSync()
	s.setsUp("--unit", s.unit("Sales"), "--unit", s.unit("Engineering"))
	s.scope = []directory.GUID{s.ids["Sales"], s.ids["Engineering"]}
	s.converge("another unit")
	after := s.inSync()
	if after.AgentID != before.AgentID || len(after.Units) != 2 || after.Settings.Guard != control.DefaultGuard {
		s.Errorf("after: %+v", after)
	}
	if out, err := s.run("passly-sync", s.setupArgs("--scim-url", "http://localhost:1/scim", "--scim-token-file", s.tokenFile)...); err == nil || !strings.Contains(out, "--again") {
		s.Errorf("another service was taken by accident: %v\n%s", err, out)
	}
}

// tokenTakenBack: it is said, leavers wait, and a new token mends it.
func (s *serviceLab) tokenTakenBack() {
	s.other.Takes(laterToken)
	s.do(s.dc.SetDisabled(context.Background(), s.ids["sales5"], true))
	if c := s.awaitCondition(control.TenantCredentialsRefused); !strings.Contains(c.Title, "refuses the token") || !strings.Contains(c.Hint, "--scim-token-file") {
		s.Errorf("the condition does not say what to do: %+v", c)
	}
	s.do(os.WriteFile(s.tokenFile, []byte(laterToken), 0o600))
	s.setsUp("--unit", s.unit("Sales"), "--unit", s.unit("Engineering"))
	s.converge("a leaver, by the new token")
	s.inSync()
}

// noSecrets looks for token and password where they must not be.
func (s *serviceLab) noSecrets() {
	h := hunt{l: s.lab, secrets: map[string]string{s.dc.Password(): "the directory's password", serviceToken: "the first token", laterToken: "the token"}}
	if looked := h.files(s.dir); looked < 2 {
		s.Errorf("%d files were looked at", looked)
	}
	h.in("the agent's log", s.agent.log.String())
	if h.processes() < 1 {
		s.Error("no process was looked at")
	}
	for _, args := range [][]string{{"status", "--json"}, {"doctor"}, {"doctor", "--json"}, {"preview"}} {
		out, _ := s.run("passly-sync", append(args, "--state", s.state())...)
		h.in(strings.Join(args, " "), out)
	}
}

// removed: the token is gone with the agent, the people stay.
func (s *serviceLab) removed() {
	people := len(s.other.Kept().Users)
	paths, err := host.PathsIn(s.state())
	s.do(err)
	said, err := handoff.Dial(paths.Channel).Leave(context.Background())
	if err != nil || !said.Told {
		s.Fatalf("leaving: %+v %v", said, err)
	}
	s.awaitCondition(control.AwaitingEnrolment)
	keyring, err := vault.Open(vault.Keyring, s.state())
	s.do(err)
	if _, err := keyring.Get(context.Background(), "agent-credentials"); err == nil {
		s.Error("the token is still in the keyring")
	}
	if got := len(s.other.Kept().Users); got != people {
		s.Errorf("people in the service: got %d, want %d", got, people)
	}
}
