//go:build linux

package endtoend

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/terminal/terminaltest"
)

const (
	codesMail     = "ada@acme.test" // an administrator with one-time codes
	codesPassword = "a-longer-password-of-ada"
	newPassword   = "Lab-Sync-2027!" // of the service account, later
)

// firstDay is everything that setup is for: a lab whose agent waits to be enrolled, and the person at the terminal.
type firstDay struct {
	*lab
	tenantAt        *recorder
	work, temporary string // folders in which setup runs
	directoryCA     string // file
	secret          string // of the one-time codes
	used            string // a code that was used
	password        string // of the service account now
	agentID         string
	typed           map[string]string // secret → what it is: everything that was typed or made
}

func newFirstDay(t testing.TB) *firstDay {
	t.Helper()
	dc := samba.ForTest(t, samba.Options{})
	f := &firstDay{temporary: t.TempDir(), work: t.TempDir(), password: dc.Password()}
	f.lab = newLabOn(t, dc, append(session(t), "TMPDIR="+f.temporary))
	f.tenantAt = f.record()
	f.directoryCA = f.file("directory-ca.pem", string(dc.CA()))
	f.typed = map[string]string{adminPassword: "the administrator's password", f.password: "the service account's password"}
	f.web = f.signIn()
	return f
}

// TestSetup is a machine's life with setup, in a real terminal, with every component real. The parts build on each other.
func TestSetup(t *testing.T) {
	f := newFirstDay(t)
	f.in("by password and code", f.byPasswordAndCode)
	f.in("another password", f.changePassword)
	f.in("enrol again", f.enrolAgain)
	f.in("remove", f.remove)
	f.in("by browser", f.byBrowser)
	f.in("no secret is left", f.noSecretIsLeft)
	f.remove()
	f.in("line by line", f.lineByLine)
	f.remove()
	f.in("line by line in a terminal", f.lineByLineInATerminal)
	f.remove()
	f.in("unattended", f.unattended)
	f.remove()
	f.in("by a token", f.byToken)
	f.remove()
	f.in("keys and seconds", func() { f.log(f.timed()) })
	f.in("no secret is left at the end", f.noSecretIsLeft)
	f.in("every session was ended", f.everySessionEnded)
}

// turnOnCodes makes an administrator who signs in with one-time codes.
func (f *firstDay) turnOnCodes() {
	f.Helper()
	f.typed[codesPassword] = "the password of the administrator with codes"
	f.must("passly-tenant", "administrator", "add", "--state", filepath.Join(f.dir, "tenant"), "--email", codesMail,
		"--password-file", f.file("ada-password", codesPassword+"\n"))
	web := f.signInAs(codesMail, codesPassword)
	for _, tag := range input.FindAllString(web.get("/account/second-factor"), -1) {
		if fields := attributes(tag); fields["name"] == "secret" {
			f.secret = fields["value"]
		}
	}
	f.used = f.code(0)
	f.typed[f.secret], f.typed[f.used] = "the secret of the one-time codes", "a one-time code"
	page := web.post("/account/second-factor", url.Values{"secret": {f.secret}, "password": {codesPassword}, "code": {f.used}})
	if !strings.Contains(page, "One-time codes are on") {
		f.Fatalf("one-time codes were not turned on:\n%s", page)
	}
}

// code is what the authenticator shows; one that goes ahead of the clock by half a minute shows the next.
func (f *firstDay) code(ahead time.Duration) string {
	f.Helper()
	code, err := totp.GenerateCode(f.secret, time.Now().Add(ahead))
	if err != nil {
		f.Fatal(err)
	}
	return code
}

// byPasswordAndCode: with wrong input at every question on the way.
func (f *firstDay) byPasswordAndCode() {
	f.turnOnCodes()
	c := f.open(80, 24)
	f.begin(c)
	f.findTenant(c)
	f.signInWithCode(c)
	f.signInToDirectory(c)
	f.toSummary(c)
	f.resizes(c)
	c.Keys("Enter")
	c.Waits("The agent is enrolled")
	f.resizes(c)
	f.nothingSecret(c)
	f.isEnrolled()
	if page := f.web.get("/directory-sync"); !strings.Contains(page, hostName(f)) {
		f.Errorf("the tenant does not list %s:\n%s", hostName(f), page)
	}
	c.Keys("Enter")
	c.Waits("The agent is enrolled with Acme. Go on at https://" + f.tenantAt.address)
	f.nothingSecret(c)
}

// findTenant answers the first question, rightly at last.
func (f *firstDay) findTenant(c *terminaltest.Console) {
	f.Helper()
	other := httptest.NewServer(http.NotFoundHandler())
	f.Cleanup(other.Close)
	c.Types("no-such-host.invalid")
	c.Waits("✗ No host is called no-such-host.invalid")
	f.resizes(c)
	c.Retypes("127.0.0.1:1")
	c.Waits("✗ 127.0.0.1:1 refuses the connection")
	elsewhere := strings.TrimPrefix(other.URL, "http://")
	c.Retypes(elsewhere)
	c.Waits("✗ " + elsewhere + " is not a Passly tenant")
	c.Retypes(f.tenantAt.address)
	c.Waits("comes from an authority that is not trusted here")
	f.resizes(c)
	c.Types(filepath.Join(f.work, "nowhere.pem"))
	c.Waits("✗ The CA file cannot be read")
	c.Retypes(f.ca)
	c.Waits("Sign in to Acme")
}

// signInWithCode answers the second.
func (f *firstDay) signInWithCode(c *terminaltest.Console) {
	f.Helper()
	next, wrong := f.code(30*time.Second), "000000"
	for _, right := range []string{f.code(0), next} {
		if wrong == right {
			wrong = "111111"
		}
	}
	f.typed["a-wrong-password"], f.typed[next] = "a wrong password", "a one-time code"
	c.Types(codesMail, "a-wrong-password")
	c.Waits("✗ E-mail or password is wrong")
	c.Retypes(codesPassword)
	c.Waits("i This account is protected by a one-time code")
	c.Types(wrong)
	c.Waits("✗ The one-time code is not right")
	f.resizes(c)
	c.Types(f.used)
	c.Waits("✗ That code was used already")
	c.Types(next)
	c.Waits("Which account reads the directory?")
}

// signInToDirectory answers the third.
func (f *firstDay) signInToDirectory(c *terminaltest.Console) {
	f.Helper()
	f.typed["a-wrong-directory-password"] = "a wrong password of the service account"
	c.Types("ldaps://no-such-host.invalid", f.source.Account(), "a-wrong-directory-password")
	c.Waits("✗ The name of the directory, no-such-host.invalid, cannot be resolved")
	c.Retypes(f.source.URL())
	c.Waits("✗ The directory's certificate is signed by a CA that is not trusted here")
	f.resizes(c)
	c.Types(f.directoryCA)
	c.Waits("✗ The account's name or password is wrong")
	c.Keys("BTab")
	c.Retypes("nobody@example.test")
	c.Waits("The account is nobody@example.test")
	c.Keys("BTab")
	c.Retypes(f.source.Account())
	c.Waits("The account is " + f.source.Account())
	c.Retypes(f.password)
}

func hostName(f *firstDay) string {
	f.Helper()
	name, err := os.Hostname()
	if err != nil {
		f.Fatal(err)
	}
	return name
}

// isEnrolled holds the status against what was set up, and remembers who the agent is.
func (f *firstDay) isEnrolled() {
	f.Helper()
	s, err := f.status()
	if err != nil || !s.Enrolled || s.TenantName != "Acme" || s.DirectoryAccount != f.source.Account() || s.AgentID == "" {
		f.Fatalf("the status after setup: %+v, %v", s, err)
	}
	f.agentID = s.AgentID
	f.exits(0, "status", "--state", f.state())
}

// opensEnrolled opens setup on a machine whose agent is enrolled.
func (f *firstDay) opensEnrolled() *terminaltest.Console {
	f.Helper()
	c := f.open(80, 24)
	c.Waits("This machine's agent is enrolled")
	c.Waits(f.source.Account())
	return c
}

// changePassword gives the agent the service account's new password, and sees it at work.
func (f *firstDay) changePassword() {
	f.do(f.dc.SetPassword(f.source.Account(), newPassword))
	f.password, f.typed[newPassword] = newPassword, "the service account's new password"
	c := f.opensEnrolled()
	f.resizes(c)
	f.choose(c, "Change the service account")
	c.Waits("Which account reads the directory?")
	c.Types("a-wrong-directory-password")
	c.Waits("✗ The account's name or password is wrong")
	c.Retypes(newPassword)
	c.Waits("The service account is changed")
	f.resizes(c)
	c.Keys("Enter")
	unit, err := f.dc.AddUnit(context.Background(), f.dc.Root(), "Staff")
	f.do(err)
	f.add("Staff", "Ann Adams")
	f.lab.choose(unit)
	f.converge("somebody, read with the new password")
}

// enrolAgain gives the same agent a new key.
func (f *firstDay) enrolAgain() {
	before := f.agentID
	c := f.opensEnrolled()
	f.choose(c, "Enrol again")
	c.Waits("Step 1 of 3")
	c.Keys("Enter")
	c.Waits("Sign in to Acme")
	c.Types(adminMail, adminPassword)
	c.Waits("Which account reads the directory?")
	c.Types(f.password)
	f.toSummary(c)
	c.Keys("Enter")
	c.Waits("The agent is enrolled")
	if f.isEnrolled(); f.agentID != before {
		f.Errorf("enrolled again, the agent is %s, want %s as before", f.agentID, before)
	}
	f.converge("everybody, by the new key")
}

// remove takes the agent off the machine; a wrong word does not.
func (f *firstDay) remove() {
	f.Helper()
	c := f.opensEnrolled()
	f.choose(c, "Remove")
	c.Waits("Remove the agent from this machine?")
	c.Types("yes")
	c.Waits("✗ Nothing was removed")
	c.Retypes("remove")
	c.Waits("The agent is removed")
	c.Keys("Enter")
	f.exits(3, "status", "--state", f.state())
	if s, err := f.status(); err != nil || s.Enrolled || s.AgentID != "" {
		f.Fatalf("the status after the removal: %+v, %v", s, err)
	}
	f.until("what was read from the directory is gone from the machine", 20*time.Second, func() bool {
		left, err := filepath.Glob(filepath.Join(f.state(), "mirror.db*"))
		return err == nil && len(left) == 0
	})
}

// byBrowser: the administrator approves in a browser elsewhere, after having said no once.
func (f *firstDay) byBrowser() {
	certificate, err := os.ReadFile(filepath.Join(f.dir, "tenant.pem"))
	f.do(err)
	chromium := browsertest.Start(f.TB, string(certificate))
	c := f.open(60, 20, "--domain", f.tenantAt.address, "--ca", f.ca, "--directory", f.source.URL(),
		"--directory-ca", f.directoryCA, "--directory-user", f.source.Account())
	f.begin(c)
	c.Keys("Enter")
	c.Waits("ctrl+b QR")
	c.Keys("C-b")
	c.Waits("Scan this")
	f.resizes(c)
	c.Keys("C-b")
	c.Waits("Or sign in here")
	first := f.decide(c, chromium, "", "#deny", "Denied")
	c.Waits("i The sign-in was declined in the browser")
	c.Waits("Press ctrl+b for a new code")
	f.resizes(c)
	c.Keys("C-b")
	f.decide(c, chromium, first, "#approve", "Approved")
	c.Waits("Which account reads the directory?")
	c.Types(f.password)
	f.toSummary(c)
	c.Keys("Enter")
	c.Waits("The agent is enrolled")
	f.nothingSecret(c)
	f.isEnrolled()
	c.Keys("Enter")
	c.Waits("Go on at")
	f.nothingSecret(c)
}

// nothingSecret looks at the terminal and at the processes as they are now.
func (f *firstDay) nothingSecret(c *terminaltest.Console) {
	f.Helper()
	h := f.hunt()
	h.in("the terminal", c.History())
	h.in("the terminal's styled screen", c.Styled())
	if looked := h.processes(); looked < 2 {
		f.Errorf("%d processes were looked at, want agent and tenant at least", looked)
	}
}

// noSecretIsLeft looks at everything that outlives setup.
func (f *firstDay) noSecretIsLeft() {
	h := f.hunt()
	if len(f.tenantAt.secrets()) < 4 {
		f.Errorf("the tenant gave out %d secrets, want sessions, tokens and device codes", len(f.tenantAt.secrets()))
	}
	h.logs()
	h.processes()
	if looked := h.files(f.dir, f.work, f.temporary, f.home()); looked < 5 {
		f.Errorf("%d files were looked at", looked)
	}
}

// everySessionEnded: an administrator's session is for one set-up and ends with it.
func (f *firstDay) everySessionEnded() {
	sessions := 0
	for _, what := range f.tenantAt.secrets() {
		if what == "sign-in's session" || what == "device-token's access_token" {
			sessions++
		}
	}
	if ended := f.tenantAt.times(control.SignOutPath); sessions < 4 || ended != sessions {
		f.Errorf("of %d sessions %d were ended", sessions, ended)
	}
}

// hunt looks for everything that was typed or given out. One place may hold one of it: the tenant's database the secret of
// the one-time codes, which it needs in the clear to check them. That file is its own account's only.
func (f *firstDay) hunt() hunt {
	all := f.tenantAt.secrets()
	for secret, what := range f.typed {
		all[secret] = what
	}
	database := filepath.Join(f.dir, "tenant", "tenant.db")
	return hunt{l: f.lab, secrets: all, allowed: func(path, secret string) bool {
		return secret == f.secret && strings.HasPrefix(path, database) && onlyOwners(path)
	}}
}

func onlyOwners(path string) bool {
	about, err := os.Stat(path)
	return err == nil && about.Mode().Perm() == 0o600
}

// home is that of the keyring's session, which is the agent's.
func (f *firstDay) home() string {
	f.Helper()
	for _, pair := range f.env {
		if name, value, _ := strings.Cut(pair, "="); name == "HOME" {
			return value
		}
	}
	f.Fatal("the session has no home")
	return ""
}
