package agent

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/tenant/writeback"
	"passlysync/pkg/vault"
)

// Access control entries that the least privileged account needs, with its SID for %s.
const (
	allowReset   = "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	writeLastSet = "(OA;CIIO;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	writeLockout = "(OA;CIIO;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
)

// firm is a tenant, a real domain controller, and an agent between them that is two-way.
type firm struct {
	*stage
	dc           *samba.DC
	sales, leave directory.GUID // units: in scope, out of it
	ids          map[string]directory.GUID
}

// newFirm begins with ann, whose password is first, in OU=Sales.
func newFirm(t testing.TB, rules ...string) *firm {
	t.Helper()
	f := &firm{
		stage: &stage{TB: t, tenant: tenanttest.Start(t), state: t.TempDir(), log: &logbook{}}, ids: map[string]directory.GUID{},
		dc: samba.ForTest(t, samba.Options{}),
	}
	var err error
	f.sales, err = f.dc.AddUnit(t.Context(), f.dc.Root(), "Sales")
	f.must(err)
	f.leave, err = f.dc.AddUnit(t.Context(), f.dc.Root(), "Alumni")
	f.must(err)
	f.hire("ann")
	_, sid, err := f.dc.AddAccount(t.Context(), f.dc.Root(), "writer")
	f.must(err)
	for _, rule := range rules {
		f.must(f.dc.AddRule(t.Context(), "OU=Sales,"+f.dc.BaseDN(), fmt.Sprintf(rule, sid)))
	}
	if f.vault, err = vault.Open(vault.Memory, f.state); err != nil {
		t.Fatal(err)
	}
	f.start()
	f.must(f.agent.Enrol(context.Background(), handoff.Enrolment{
		Tenant: f.tenant.URL, Token: f.tenant.EnrolmentToken(t),
		Directory: handoff.Directory{URL: f.dc.URL(), CA: string(f.dc.CA()), Account: "CN=writer," + f.dc.BaseDN(), Password: f.dc.Password()},
	}, func(handoff.Step) {}))
	f.configure(func(s *tenant.Settings) { s.PasswordPolicy = control.PasswordTwoWay })
	f.await(control.InSync)
	f.published()
	return f
}

func (f *firm) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

const atFirst = "Umbrella-1-salad"

func (f *firm) hire(name string) {
	f.Helper()
	var err error
	f.ids[name], err = f.dc.AddUser(f.Context(), f.sales, name, directory.Attribute{Name: directory.SAMAccountName, Value: name},
		directory.Attribute{Name: directory.GivenName, Value: name}, directory.Attribute{Name: directory.Surname, Value: "Berg"},
		directory.Attribute{Name: directory.Mail, Value: name + "@acme.test"}, directory.Attribute{Name: directory.UserPrincipalName, Value: name + "@example.test"},
		directory.Attribute{Name: directory.UserAccountControl, Value: "544"})
	f.must(err)
	f.must(f.dc.SetPassword(name+"@example.test", atFirst))
}

func (f *firm) configure(edit func(*tenant.Settings)) {
	f.Helper()
	agents, err := f.tenant.Agents(f.Context())
	f.must(err)
	a, err := f.tenant.Configure(f.Context(), agents[0].ID, func(s *tenant.Settings) error {
		s.Scope = []directory.GUID{f.sales}
		edit(s)
		return nil
	})
	f.must(err)
	f.until("the agent has the configuration", func() bool {
		heard, err := f.tenant.Agent(f.Context(), a.ID)
		return err == nil && heard.Heartbeat.Configuration == a.Configuration.Version
	})
}

// published waits until the tenant has the key.
func (f *firm) published() {
	f.Helper()
	f.until("the key is published", func() bool {
		agents, err := f.tenant.Agents(f.Context())
		return err == nil && len(agents[0].Heartbeat.Sealing.Public) > 0
	})
}

func (f *firm) until(what string, true func() bool) {
	f.Helper()
	for end := time.Now().Add(20 * time.Second); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			f.Fatalf("waited in vain until %s; the agent's log:\n%s", what, f.log)
		}
	}
}

func (f *firm) user(name string) (found tenant.User) {
	f.Helper()
	f.until(name+" is in the tenant", func() bool {
		is := scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: name + "@acme.test"}
		users, err := f.tenant.Store().Users(f.Context(), tenant.Scope{}, store.Query{Filter: is})
		if err == nil && len(users) == 1 {
			found = users[0]
		}
		return found.ID != 0
	})
	return found
}

func (f *firm) set(r writeback.Request) (writeback.Outcome, error) {
	f.Helper()
	if r.User.ID == 0 {
		r.User = f.user("ann")
	}
	r.From = "192.0.2.9:1"
	return f.tenant.Passwords().Set(f.Context(), r)
}

// refuses sets a password that is not to be taken: the person's words have to be short, and those of an administrator hold what
// the hint says.
func (f *firm) refuses(what string, r writeback.Request, want problem.Code, says ...string) {
	f.Helper()
	_, err := f.set(r)
	if !problem.Is(err, want) {
		f.Errorf("%s: got %v, want %s", what, err, want)
		return
	}
	person, whole := problem.Of(err), writeback.ForAdministrator(err)
	if words := person.Title + person.Text + person.Hint; len(words) > 260 || strings.Contains(words, "CN=") || strings.Contains(words, "dsacls") {
		f.Errorf("%s: a person is told %q", what, words)
	}
	for _, text := range says {
		if !strings.Contains(whole.Title+" "+whole.Text+" "+whole.Hint, text) {
			f.Errorf("%s: an administrator is not told %q: %+v", what, text, whole)
		}
	}
}

func (f *firm) verify(name, password string) problem.Code {
	f.Helper()
	err := f.tenant.Passwords().Verify(f.Context(), f.user(name), []byte(password), "192.0.2.9:1")
	if err == nil {
		return ""
	}
	return problem.Of(err).Code
}

func reset(password string) writeback.Request { return writeback.Request{New: []byte(password)} }

func change(old, fresh string) writeback.Request {
	return writeback.Request{Old: []byte(old), New: []byte(fresh)}
}

func TestPasswordsReachTheDomain(t *testing.T) {
	f := newFirm(t, allowReset, writeLastSet, writeLockout)
	if got := f.verify("ann", atFirst); got != "" {
		t.Fatalf("the first password: %q", got)
	}
	rules, err := f.tenant.Passwords().Rules(t.Context(), f.user("ann"))
	if err != nil || !rules.Known || rules.MinLength != 7 || !rules.Complex || rules.History != 24 {
		t.Errorf("rules: %+v %v", rules, err)
	}
	status, err := f.agent.Status(t.Context())
	for _, c := range status.Conditions {
		if c.Code == control.PasswordRightsMissing || err != nil {
			t.Errorf("with all rights: %+v %v", c, err)
		}
	}
	f.until("the domain's rules are told", func() bool {
		agents, err := f.tenant.Agents(t.Context())
		return err == nil && agents[0].Heartbeat.Passwords != nil && agents[0].Heartbeat.Passwords.MinLength == 7
	})
	began := time.Now()
	if _, err := f.set(reset("Violet-2-tractor")); err != nil {
		t.Fatalf("a reset: %v", err)
	}
	t.Logf("a reset took %s", time.Since(began))
	if got := f.verify("ann", "Violet-2-tractor"); got != "" {
		t.Errorf("the new password: %q", got)
	}
	if got := f.verify("ann", "wrong"); got != directory.PasswordWrong {
		t.Errorf("a wrong one: %q", got)
	}
	f.refuses("too short", reset("Sh0rt!"), directory.PasswordTooShort)
	f.refuses("too simple", reset("only lower letters"), directory.PasswordNotComplex)
	f.refuses("too soon", change("Violet-2-tractor", "Violet-3-tractor"), directory.PasswordTooYoung)
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "minPwdAge", "0"))
	f.refuses("a wrong old one", change("wrong", "Violet-3-tractor"), directory.PasswordOldWrong)
	if _, err := f.set(change("Violet-2-tractor", "Violet-3-tractor")); err != nil {
		t.Errorf("a change: %v", err)
	}
	f.refuses("had before", change("Violet-3-tractor", "Violet-2-tractor"), directory.PasswordUsedBefore)
	outcome, err := f.set(reset("Violet-2-tractor"))
	if (err == nil) != outcome.HistoryUnchecked || err != nil && !problem.Is(err, directory.PasswordUsedBefore) {
		t.Errorf("had before, by a reset: %+v %v", outcome, err)
	}
	t.Logf("the domain holds resets against the history: %t", err != nil)
	r := reset("Violet-4-tractor")
	r.MustChange = true
	outcome, err = f.set(r)
	if err != nil || len(outcome.Remarks) != 0 {
		t.Errorf("to be changed: %+v %v", outcome, err)
	}
	if got := f.verify("ann", "Violet-4-tractor"); got != directory.PasswordExpired {
		t.Errorf("to be changed first: %q", got)
	}
}

func TestWhoseSettingIsRefused(t *testing.T) {
	f := newFirm(t)
	c := f.await(control.PasswordRightsMissing)
	if !strings.Contains(c.Text, "Reset password: held in 0 of 1 unit") || !strings.Contains(c.Text, "pwdLastSet") || strings.Contains(c.Text, "lockoutTime") || !strings.Contains(c.Hint, `dsacls "OU=Sales,`) {
		t.Errorf("the condition says %q, %q", c.Text, c.Hint)
	}
	f.refuses("without the right", reset("Violet-2-tractor"), directory.ResetRightMissing, "samba-tool", `dsacls "OU=Sales,`)
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], "adminCount", "1"))
	f.refuses("a protected one", reset("Violet-2-tractor"), directory.AccountProtected, "adminCount")
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], "adminCount", ""))
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutThreshold", "3"))
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], "lockoutTime", "133500000000000000"))
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutDuration", "-9223372036854775808"))
	f.refuses("a locked one", reset("Violet-2-tractor"), directory.AccountLocked, "Unlock on reset")
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], "lockoutTime", "0"))
	ann := f.user("ann")
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], directory.AccountExpires, "132000000000000000"))
	f.refuses("an expired one", writeback.Request{User: ann, New: []byte("Violet-2-tractor")}, directory.AccountExpired, "CN=ann")
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], directory.AccountExpires, "0"))
	f.must(f.dc.SetDisabled(t.Context(), f.ids["ann"], true))
	f.refuses("a disabled one", writeback.Request{User: ann, New: []byte("Violet-2-tractor")}, directory.AccountDisabled, "CN=ann")
	f.must(f.dc.SetDisabled(t.Context(), f.ids["ann"], false))
	f.must(f.dc.Move(t.Context(), f.ids["ann"], f.leave))
	f.until("the agent knows that she was moved", func() bool {
		_, err := f.set(writeback.Request{User: ann, New: []byte("short")}) // never taken
		return problem.Is(err, control.NotSynced)
	})
	f.refuses("one who was moved", writeback.Request{User: ann, New: []byte("Violet-2-tractor")}, control.NotSynced, "Alumni")
	f.hire("bob")
	bob := f.user("bob")
	f.must(f.dc.Delete(t.Context(), f.ids["bob"]))
	f.refuses("one who is gone", writeback.Request{User: bob, New: []byte("Violet-2-tractor")}, directory.AccountGone)
	ann.ExternalID = f.leave.String()
	f.refuses("one whom the agent did not add", writeback.Request{User: ann, New: []byte("Violet-2-tractor")}, control.NotSynced)
}

func TestUnlockOnReset(t *testing.T) {
	f := newFirm(t, allowReset, writeLockout)
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutThreshold", "3"))
	f.must(f.dc.Modify(t.Context(), f.ids["ann"], "lockoutTime", "133500000000000000"))
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutDuration", "-9223372036854775808"))
	f.configure(func(s *tenant.Settings) { s.UnlockOnReset = true })
	if outcome, err := f.set(reset("Violet-2-tractor")); err != nil || len(outcome.Remarks) > 0 {
		t.Fatalf("unlock on reset: %+v %v", outcome, err)
	}
	if got := f.verify("ann", "Violet-2-tractor"); got != "" {
		t.Errorf("signing in: %q", got)
	}
}

// TestAttackLockingOut: whoever guesses here cannot lock somebody out of Windows, and the domain's own count stays below.
func TestAttackLockingOut(t *testing.T) {
	f := newFirm(t)
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutThreshold", "5"))
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockOutObservationWindow", "-18000000000"))
	f.must(f.dc.Modify(t.Context(), f.dc.Root(), "lockoutDuration", "-18000000000"))
	tried := 0
	for i := range 12 {
		if got := f.verify("ann", fmt.Sprintf("guess-%d", i)); got == directory.PasswordWrong {
			tried++
		} else if got != problem.TooMany {
			t.Errorf("guess %d: %q", i, got)
		}
	}
	if tried != 3 {
		t.Errorf("the domain saw %d guesses, want 3 of its 5", tried)
	}
	f.refuses("the old one as a guess", change("guess", "Violet-2-tractor"), problem.TooMany)
}

func TestTheDirectoryIsAway(t *testing.T) {
	f := newFirm(t, allowReset)
	f.must(f.dc.StopProcess())
	f.refuses("no domain controller", reset("Violet-2-tractor"), directory.Unreachable)
	f.must(f.dc.Restart(t.Context()))
	if _, err := f.set(reset("Violet-2-tractor")); err != nil {
		t.Errorf("it is back: %v", err)
	}
}

// TestAttackDiskAndLogThief: the password is in no file of agent or tenant, and in no log.
func TestAttackDiskAndLogThief(t *testing.T) {
	f := newFirm(t, allowReset)
	const secret = "Violet-4711-tractor"
	if _, err := f.set(reset(secret)); err != nil {
		t.Fatal(err)
	}
	f.verify("ann", secret)
	f.refuses("wrong", change(secret+"!", secret+"?"), directory.PasswordOldWrong)
	places := map[string][]byte{"the agent's log": []byte(f.log.String())}
	for _, folder := range []string{f.state, f.tenant.State} {
		f.must(filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			places[path], err = os.ReadFile(path)
			return err
		}))
	}
	if len(places) < 5 {
		t.Fatalf("only %d places were looked at", len(places))
	}
	for place, content := range places {
		if bytes.Contains(content, []byte(secret)) || bytes.Contains(content, []byte("V\x00i\x00o\x00l\x00e\x00t\x00-\x004\x007\x001\x001")) {
			t.Errorf("%s holds the password", place)
		}
	}
}
