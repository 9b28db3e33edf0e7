//go:build linux

package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/clock"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/handoff"
	"passlysync/pkg/scim/scimtest"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/vault/vaulttest"
	"passlysync/pkg/wine"
)

const (
	adminMail     = "admin@acme.test"
	adminPassword = "a-long-enough-password"
)

// source is a directory as the setup command is told of it.
type source interface {
	URL() string
	CA() []byte
	Account() string
	Password() string
}

// lab is the whole product on one machine: a directory, a keyring, and the programs' processes.
type lab struct {
	testing.TB
	source source
	dc     *samba.DC // the source, where it is a real one
	dir    string
	bin    string
	env    []string // with the keyring's session
	listen string
	ca     string // file: trusts the tenant
	tenant *process
	// kept says where the tenant is kept, with its state folder; empty: there.
	kept   []string
	serves func() // starts what serves the tenant; nil: one process
	agent  *process
	// other takes the tenant's place; nil: there is a tenant.
	other *scimtest.Service
	web   *browser
	scope []directory.GUID // what was chosen last
	// windows is the machine that the agent is on; nil: this one.
	windows     *wine.Machine
	stateFolder string          // of the agent there
	ever        map[string]bool // externalIds that were once expected in the tenant
}

func newLab(t testing.TB, o samba.Options) *lab {
	t.Helper()
	return newLabOn(t, samba.ForTest(t, o), session(t))
}

// session is a keyring, for the programs and for this process.
func session(t testing.TB) []string {
	t.Helper()
	build(t) // before the session, whose home has no build cache
	env := vaulttest.Session(t)
	vaulttest.Use(t, env)
	return env
}

// newLabOn is a lab around a directory and a keyring that are there already.
func newLabOn(t testing.TB, from source, env []string) *lab {
	t.Helper()
	return (&lab{TB: t, source: from, dir: t.TempDir(), bin: build(t), env: env, ever: map[string]bool{}}).begin()
}

// begin makes the tenant and starts the programs, until the test ends.
func (l *lab) begin() *lab {
	l.Helper()
	t := l.TB
	l.dc, _ = l.source.(*samba.DC)
	if l.other == nil {
		l.makeTenant()
		l.startTenant()
	}
	l.startAgent()
	t.Cleanup(func() {
		if t.Failed() {
			_ = l.agent.command.Process.Signal(syscall.SIGQUIT) // its stacks
			<-l.agent.done
		}
		l.agent.kill()
		l.tenant.kill()
		if t.Failed() {
			t.Logf("agent's log:\n%s", l.agent.tail())
		}
		if t.Failed() && l.tenant != nil {
			t.Logf("tenant's log:\n%s", l.tenant.tail())
		}
	})
	return l
}

// programs are agent and tenant, built once, with a build tag or none.
type programs struct {
	sync.Once
	tag string
	dir string
	err error
}

var built, jumping = programs{}, programs{tag: "jumping"} // the second with clocks that jump, see package clock

// build builds the programs once.
func build(t testing.TB) string { return built.build(t) }

func (p *programs) build(t testing.TB) string {
	t.Helper()
	p.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "programs-*"); p.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-tags", p.tag, "-o", p.dir, "passlysync/cmd/passly-sync", "passlysync/cmd/passly-tenant").CombinedOutput()
		if err != nil {
			p.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.dir
}

// apart are the tests that have a process of their own beside the others where everything is tested (ENDTOEND in the Makefile): most of
// their time is waiting.
const apart = "^Test(SCIMService|WithoutDirSync|Chaos|Windows)"

func TestMain(m *testing.M) {
	flag.Parse()
	switch os.Getenv("ENDTOEND") {
	case "apart":
		_ = flag.Set("test.run", apart)
	case "rest":
		_ = flag.Set("test.skip", apart)
	}
	code := m.Run()
	postgrestest.Stop()
	for _, p := range []*programs{&built, &jumping} {
		if p.dir != "" {
			_ = os.RemoveAll(p.dir)
		}
	}
	os.Exit(code)
}

// file writes a secret or certificate for a flag.
func (l *lab) file(name, content string) string {
	l.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		l.Fatal(err)
	}
	return path
}

func (l *lab) makeTenant() {
	l.Helper()
	ca, cert, key := certificates(l)
	l.ca = l.file("tenant-ca.pem", ca)
	l.file("tenant.pem", cert)
	l.file("tenant.key", key)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.Fatal(err)
	}
	l.listen = listener.Addr().String()
	listener.Close()
	l.must("passly-tenant", append([]string{
		"init", "--state", filepath.Join(l.dir, "tenant"), "--name", "Acme", "--admin", adminMail,
		"--password-file", l.file("admin-password", adminPassword+"\n"),
	}, l.kept...)...)
}

func (l *lab) startTenant() {
	l.Helper()
	if l.serves != nil {
		l.serves()
		return
	}
	l.tenant = l.serve(l.listen)
}

// serve starts a process that serves the tenant at an address.
func (l *lab) serve(listen string, more ...string) *process {
	l.Helper()
	p := l.start("tenant", "passly-tenant", append(append([]string{
		"serve", "--state", filepath.Join(l.dir, "tenant"), "--listen", listen,
		"--tls-cert", filepath.Join(l.dir, "tenant.pem"), "--tls-key", filepath.Join(l.dir, "tenant.key"),
	}, l.kept...), more...)...)
	l.until("the tenant answers", 20*time.Second, func() bool {
		conn, err := net.Dial("tcp", listen)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p
}

func (l *lab) state() string {
	if l.windows != nil {
		return l.stateFolder
	}
	return filepath.Join(l.dir, "agent")
}

func (l *lab) startAgent() {
	l.Helper()
	l.agent = l.start("agent", "passly-sync", "agent", "--state", l.state())
	l.until("the agent answers", 20*time.Second, func() bool { _, err := l.status(); return err == nil })
}

// must runs a program to its end and gives what it printed.
func (l *lab) must(program string, args ...string) string {
	l.Helper()
	out, err := l.run(program, args...)
	if err != nil {
		l.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func (l *lab) run(program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := l.command(ctx, program, args...).CombinedOutput()
	return string(out), err
}

func (l *lab) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	if l.windows != nil && program == "passly-sync" {
		return l.windows.Command(ctx, onWindows, args...)
	}
	command := exec.CommandContext(ctx, filepath.Join(l.bin, program), args...)
	command.Env = append(os.Environ(), l.env...)
	return command
}

// setup enrols the agent, as an administrator's script would.
func (l *lab) setup() {
	l.Helper()
	l.must("passly-sync", "setup", "--unattended", "--accept-terms", "--state", l.state(), "--domain", l.listen, "--ca", l.ca,
		"--email", adminMail, "--password-file", filepath.Join(l.dir, "admin-password"),
		"--directory", l.source.URL(), "--directory-ca", l.file("directory-ca.pem", string(l.source.CA())), "--directory-user", l.source.Account(),
		"--directory-password-file", l.file("directory-password", l.source.Password()+"\n"))
}

// status asks the agent; its exit code only says whether somebody should look.
func (l *lab) status() (handoff.Status, error) {
	out, err := l.run("passly-sync", "status", "--json", "--state", l.state())
	var s handoff.Status
	if jsonErr := json.Unmarshal([]byte(out), &s); jsonErr != nil {
		return s, fmt.Errorf("%w: %s", jsonErr, out)
	}
	if len(s.Conditions) == 0 {
		return s, err
	}
	return s, nil
}

func (l *lab) condition(code control.ConditionCode) (control.Condition, bool) {
	s, err := l.status()
	if err != nil {
		return control.Condition{}, false
	}
	for _, c := range s.Conditions {
		if c.Code == code {
			return c, true
		}
	}
	return control.Condition{}, false
}

// awaitCondition waits until the agent says it.
func (l *lab) awaitCondition(code control.ConditionCode) control.Condition {
	l.Helper()
	var found control.Condition
	l.until(string(code), 60*time.Second, func() (ok bool) { found, ok = l.condition(code); return ok })
	return found
}

// until waits for something to come true.
func (l *lab) until(what string, limit time.Duration, true func() bool) {
	l.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		if true() {
			return
		}
		if time.Now().After(end) {
			s, err := l.status()
			l.Fatalf("waited %s in vain for: %s\nstatus: %+v %v", limit, what, s.Conditions, err)
		}
	}
}

// process is one of the product's, with its log.
type process struct {
	command *exec.Cmd
	done    chan struct{}
	log     *record
}

func (l *lab) start(name, program string, args ...string) *process {
	l.Helper()
	p := &process{command: exec.Command(filepath.Join(l.bin, program), args...), done: make(chan struct{}), log: &record{}}
	p.command.Env = append(append(os.Environ(), l.env...), clock.Variable+"="+l.clock(name))
	p.command.Stdout, p.command.Stderr = p.log, p.log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		l.Fatalf("starting the %s: %v", name, err)
	}
	go func() { _ = p.command.Wait(); close(p.done) }()
	return p
}

// clock is the file that says how wrong the clock of a program is that was built with one that jumps.
func (l *lab) clock(name string) string { return filepath.Join(l.dir, name+".clock") }

// kill ends a process as a power cut would.
func (p *process) kill() {
	if p == nil {
		return
	}
	_ = p.command.Process.Kill()
	<-p.done
}

// stop ends a process as a service manager would.
func (p *process) stop(t testing.TB) {
	t.Helper()
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.kill()
		t.Fatalf("%s did not end when asked to\n%s", p.command.Path, p.tail())
	}
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("%s ended with code %d\n%s", p.command.Path, code, p.tail())
	}
}

func (p *process) tail() string {
	text := p.log.String()
	if at := crash.FindStringIndex(text); at != nil { // its end is the least of it
		return text[max(0, at[0]-5000):min(len(text), at[0]+25000)]
	}
	return text[max(0, len(text)-30000):]
}

// crash is how the runtime begins when a program ends by itself.
var crash = regexp.MustCompile(`(?m)^(panic: |fatal error: |unexpected fault address|SIG[A-Z]+: |runtime: )`)

// record keeps what a process printed.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
