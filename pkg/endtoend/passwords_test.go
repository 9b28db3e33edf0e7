//go:build linux

package endtoend

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/tenant/writeback"
)

// writing is a lab whose agent is a process and two-way, and whose tenant is in this one, so that it can be asked as pages ask.
type writing struct {
	*lab
	at    *tenanttest.Server
	sales directory.GUID
	ann   tenant.User
}

const annsFirst = "Umbrella-1-salad"

func newWriting(t *testing.T) *writing {
	t.Helper()
	return newWritingAt(t, samba.ForTest(t, samba.Options{}), func(dc *samba.DC) []string {
		return []string{"--directory", dc.URL(), "--directory-ca", dc.CAFile()}
	})
}

// newWritingAt is newWriting at a controller, with the flags that lead to it.
func newWritingAt(t *testing.T, dc *samba.DC, at func(*samba.DC) []string) *writing {
	t.Helper()
	env := session(t)
	f := &writing{at: tenanttest.Start(t), lab: &lab{TB: t, source: dc, dc: dc, dir: t.TempDir(), bin: build(t), env: env}}
	f.startAgent()
	t.Cleanup(func() {
		f.agent.kill()
		if t.Failed() {
			t.Logf("agent's log:\n%s", f.agent.tail())
		}
	})
	var err error
	f.sales, err = dc.AddUnit(t.Context(), dc.Root(), "Sales")
	f.do(err)
	f.hireAnn()
	account, password := dc.Admin()
	f.must("passly-sync", append([]string{
		"setup", "--unattended", "--accept-terms", "--state", f.state(), "--domain", f.at.URL,
		"--enrolment-token-file", f.file("token", f.at.EnrolmentToken(t)+"\n"), "--directory-user", account,
		"--directory-password-file", f.file("directory-password", password+"\n"),
	}, at(dc)...)...)
	f.twoWay()
	return f
}

func (f *writing) hireAnn() {
	f.Helper()
	_, err := f.dc.AddUser(f.Context(), f.sales, "ann", directory.Attribute{Name: directory.SAMAccountName, Value: "ann"},
		directory.Attribute{Name: directory.GivenName, Value: "Ann"}, directory.Attribute{Name: directory.Surname, Value: "Berg"},
		directory.Attribute{Name: directory.Mail, Value: "ann@acme.test"}, directory.Attribute{Name: directory.UserPrincipalName, Value: "ann@example.test"},
		directory.Attribute{Name: directory.UserAccountControl, Value: "544"})
	f.do(err)
	f.do(f.dc.SetPassword("ann@example.test", annsFirst))
}

// twoWay chooses the unit and the policy, and waits until ann is in the tenant.
func (f *writing) twoWay() {
	f.Helper()
	agents, err := f.at.Agents(f.Context())
	f.do(err)
	_, err = f.at.Configure(f.Context(), agents[0].ID, func(c *tenant.Settings) error {
		c.Scope, c.PasswordPolicy = []directory.GUID{f.sales}, control.PasswordTwoWay
		return nil
	})
	f.do(err)
	f.until("ann is in the tenant", 20*time.Second, func() bool {
		is := scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: "ann@acme.test"}
		users, err := f.at.Store().Users(f.Context(), tenant.Scope{}, store.Query{Filter: is})
		if err == nil && len(users) == 1 {
			f.ann = users[0]
		}
		return f.ann.ID != 0
	})
}

func (f *writing) reset(password string) error {
	_, err := f.at.Passwords().Set(f.Context(), writeback.Request{User: f.ann, New: []byte(password)})
	return err
}

func (f *writing) verify(password string) error {
	return f.at.Passwords().Verify(f.Context(), f.ann, []byte(password), "192.0.2.1:1")
}

// signsIn asks the controller itself, by nothing of this project.
func (f *writing) signsIn(password string) bool {
	f.Helper()
	return f.bindsAs("ann@example.test", password)
}

func (l *lab) bindsAs(account, password string) bool {
	l.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.dc.CA())
	conn, err := ldap.DialURL(l.dc.URL(), ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: strings.TrimPrefix(l.dc.URL(), "ldaps://")}))
	l.do(err)
	defer conn.Close()
	err = conn.Bind(account, password)
	if err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		l.Fatal(err)
	}
	return err == nil
}

// hurried is the desk with less patience than two minutes.
func (f *writing) hurried(life time.Duration) *writeback.Desk {
	return writeback.New(writeback.Options{Tenant: f.at.Info(), Store: f.at.Store(), Agents: f.at.Registry(), Log: discard(), Now: time.Now, Life: life})
}

// says checks what a person is told, and that it came soon enough.
func (f *writing) says(what string, began time.Time, err error, code problem.Code, within time.Duration) {
	f.Helper()
	if p := problem.Of(err); p == nil || p.Code != code || time.Since(began) > within || strings.Contains(p.Text, "Nothing was changed") == (code == writeback.OutcomeUnknown) {
		f.Errorf("%s: after %s got %+v, want %s", what, time.Since(began), p, code)
	}
}

// TestAnAgentThatIsOffOrStandsStill: the person is told that nothing was changed, and nothing is changed later.
func TestAnAgentThatIsOffOrStandsStill(t *testing.T) {
	f := newWriting(t)
	f.do(f.agent.command.Process.Signal(syscall.SIGSTOP))
	began := time.Now()
	f.says("standing still", began, f.reset("Violet-2-tractor"), writeback.AgentAway, 12*time.Second)
	f.do(f.agent.command.Process.Signal(syscall.SIGCONT))
	f.until("it is awake", 20*time.Second, func() bool {
		return f.reset("short") != nil && problem.Is(f.reset("short"), directory.PasswordTooShort)
	})
	if !f.signsIn(annsFirst) {
		t.Error("a command that was withdrawn was obeyed later")
	}
	f.agent.kill()
	f.until("it is known to be off", 20*time.Second, func() bool {
		began = time.Now()
		return problem.Is(f.reset("Violet-3-tractor"), writeback.AgentAway) && time.Since(began) < time.Second
	})
	f.startAgent()
	f.until("it is back", 20*time.Second, func() bool { return problem.Is(f.reset("short"), directory.PasswordTooShort) })
	if !f.signsIn(annsFirst) {
		t.Error("a command to an agent that was off was obeyed later")
	}
	f.do(f.reset("Violet-4-tractor"))
}

// TestAControllerThatStandsStill: what was not sent to it is not sent later; of what an agent had begun when it was killed it is said
// that it is not known, and it does not begin again.
func TestAControllerThatStandsStill(t *testing.T) {
	f := newWriting(t)
	f.do(f.reset("Violet-1-tractor")) // the agent is signed in
	f.do(f.dc.Pause())
	began := time.Now()
	_, err := f.hurried(3*time.Second).Set(t.Context(), writeback.Request{User: f.ann, New: []byte("Violet-2-tractor")})
	f.says("a controller that stands still", began, err, directory.Unreachable, 15*time.Second)
	f.do(f.dc.Resume())
	if !f.signsIn("Violet-1-tractor") {
		t.Error("it was set after it was said not to be")
	}
	f.until("passwords are set again", 30*time.Second, func() bool { return f.reset("Violet-3-tractor") == nil })
	if !f.signsIn("Violet-3-tractor") {
		t.Error("the last one does not count")
	}
	f.do(f.dc.Pause())
	ended := make(chan error, 1)
	go func() {
		_, err := f.hurried(5*time.Second).Set(t.Context(), writeback.Request{User: f.ann, New: []byte("Violet-4-tractor")})
		ended <- err
	}()
	time.Sleep(1500 * time.Millisecond) // it has begun, and cannot go on
	f.agent.kill()
	began = time.Now()
	f.do(f.dc.Resume())
	f.startAgent()
	f.says("an agent that was killed", began, <-ended, writeback.OutcomeUnknown, 30*time.Second)
	f.until("passwords are set again", 30*time.Second, func() bool { return f.reset("Violet-5-tractor") == nil })
	time.Sleep(time.Second)
	if !f.signsIn("Violet-5-tractor") {
		t.Error("a command was begun again after the next")
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
