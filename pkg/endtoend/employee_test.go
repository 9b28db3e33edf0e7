//go:build linux

package endtoend

import (
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// employee is somebody at the tenant's pages, all of it real: directory, agent and tenant.
type employee struct {
	*lab
	browser *browser
	codes   []string // for recovery
}

// newEmployee is ann, who has her enrolment e-mail and whose agent is two-way.
func newEmployee(t *testing.T) *employee {
	t.Helper()
	dc, env := samba.ForTest(t, samba.Options{}), session(t)
	l := &lab{TB: t, source: dc, dir: t.TempDir(), bin: build(t), env: env, ever: map[string]bool{}}
	l.serves = func() { l.tenant = l.serve(l.listen, "--public-url", "https://"+l.listen) }
	l.begin()
	sales, err := dc.AddUnit(t.Context(), dc.Root(), "Sales")
	l.do(err)
	l.add("Sales", "Ann Berg")
	sid, err := dc.SID(l.syncAccount())
	l.do(err)
	for _, right := range []string{"CR;00299570-246d-11d0-a768-00aa006e0529", "WP;bf967a0a-0de6-11d0-a285-00aa003049e2"} {
		l.do(dc.AddRule(t.Context(), "OU=Sales,"+dc.BaseDN(), "(OA;CIIO;"+right+";bf967aba-0de6-11d0-a285-00aa003049e2;"+sid+")"))
	}
	l.do(dc.Modify(t.Context(), dc.Root(), "minPwdAge", "0"))
	l.web = l.signIn()
	l.setup()
	l.web.configure(func(form url.Values) {
		form.Set("unit", sales.String())
		form.Set("policy", tenant.FullOnboardingPolicyID.String())
		form.Set("password-policy", "two-way")
	})
	p := &employee{lab: l, browser: &browser{lab: l, client: l.roots(), base: "https://" + l.listen}}
	p.browser.client.Jar, _ = cookiejar.New(nil)
	return p
}

// syncAccount finds the agent's account.
func (l *lab) syncAccount() (id directory.GUID) {
	l.Helper()
	entries, err := l.dc.Snapshot()
	l.do(err)
	for _, e := range entries {
		if e.Name == "svc-sync" {
			id = e.GUID
		}
	}
	return id
}

// link waits for the enrolment e-mail.
func (p *employee) link() (path string) {
	p.Helper()
	box := mail.Outbox{Folder: filepath.Join(p.dir, "tenant", serve.OutboxName)}
	p.until("the enrolment e-mail is there", 30*time.Second, func() bool {
		written, _, err := box.List(10)
		if err != nil || len(written) == 0 {
			return false
		}
		full, err := box.Read(written[0].Name)
		p.do(err)
		path = tenanttest.LinkIn(p, full.Text)
		return true
	})
	return path
}

var (
	recoveryCode  = regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`)
	enrolSecret   = regexp.MustCompile(`secret=([A-Z2-7]{16,})`)
	secondStep    = regexp.MustCompile(`name="step" value="([^"]+)"`)
	changedNotice = "Your password was changed"
)

// enrols chooses a password and registers an authenticator.
func (p *employee) enrols(password string) {
	p.Helper()
	p.browser.get(p.link())
	page := p.browser.post("/enrol/password", url.Values{"password": {password}, "again": {password}})
	secret := enrolSecret.FindStringSubmatch(page)
	if secret == nil {
		p.Fatalf("no authenticator is asked for:\n%.2000s", page)
	}
	code, err := totp.GenerateCode(secret[1], time.Now())
	p.do(err)
	page = p.browser.post("/enrol/code", url.Values{"code": {code}})
	for _, found := range recoveryCode.FindAllStringSubmatch(page, -1) {
		p.codes = append(p.codes, found[1])
	}
}

func (p *employee) signsIn(password string) {
	p.Helper()
	page := p.browser.post("/me/sign-in", url.Values{"name": {"ann.berg@example.test"}, "password": {password}})
	step := secondStep.FindStringSubmatch(page)
	if step == nil || len(p.codes) == 0 {
		p.Fatalf("no code is asked for:\n%.2000s", page)
	}
	p.browser.post("/me/code", url.Values{"step": {step[1]}, "code": {p.codes[0]}})
	p.codes = p.codes[1:]
}

// TestAPersonsPasswordIsThatOfWindows enrols, signs in and changes the password at the real tenant's pages, through the real agent,
// in a real domain. Afterwards it looks for the passwords in every file, log and memory of the programs.
func TestAPersonsPasswordIsThatOfWindows(t *testing.T) {
	p := newEmployee(t)
	first, second := secretly(11)+"-snow", secretly(12)+"-snow"
	p.enrols(first)
	in := func(password string) bool { return p.bindsAs("ann.berg@example.test", password) }
	if !in(first) {
		t.Error("the password of the enrolment does not sign in to the domain")
	}
	p.signsIn(first)
	began := time.Now()
	if page := p.browser.post("/me/password", url.Values{"old": {first}, "password": {second}, "again": {second}}); !strings.Contains(page, changedNotice) {
		t.Fatalf("the change:\n%.3000s", page)
	}
	if !in(second) {
		t.Error("the new password does not sign in to the domain")
	}
	t.Logf("from sending the form until signed in to the domain: %s", time.Since(began))
	secrets := map[string]string{first: "the first password", second: "the second password"}
	if looked := (hunt{l: p.lab, secrets: secrets}).files(filepath.Join(p.dir, "tenant"), p.state()); looked < 4 {
		t.Errorf("only %d files were looked at", looked)
	}
	hunt{l: p.lab, secrets: secrets}.in("the logs", p.tenant.tail()+p.agent.tail())
	p.forgotten(first, second)
}

// forgotten looks through the memory of both programs. Of the agent's nothing may be left. In the tenant's a password may be where the
// libraries keep it out of this program's reach, until they use that memory again: as the form sent it, in what HTTP and TLS have
// read; between its length and that of the salt, in what argon2 begins with; and, now and then, on the stack of a request that has
// ended, which Go copies as it grows. More places than few mean that something holds on to it.
func (p *employee) forgotten(secrets ...string) {
	p.Helper()
	const few = 3
	elsewhere := 0
	for _, secret := range secrets {
		for form, text := range forms(secret) {
			for _, where := range inMemory(p, p.agent.command.Process.Pid, text) {
				p.Errorf("the agent's memory, %s: %s", form, where)
			}
			for _, where := range inMemory(p, p.tenant.command.Process.Pid, text) {
				read, hashed := "="+secret, `\x00\x00\x00`+secret+`\x10\x00\x00\x00`
				if !strings.Contains(where, read) && !strings.Contains(where, hashed) {
					elsewhere++
					p.Logf("the tenant's memory, %s: %s", form, where)
				}
			}
		}
	}
	if elsewhere > few {
		p.Errorf("the tenant's memory holds a password at %d other places, want at most %d", elsewhere, few)
	}
}
