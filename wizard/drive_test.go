package wizard

import (
	"cmp"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// world is everything that the wizard asks of the world, as a test wants it.
type world struct {
	discover  error
	signIn    error
	code      string // the one-time code that the tenant wants
	token     error
	directory error
	enrol     error
	down      int // how often the agent does not answer yet
	silent    int // how often it then leaves a caller without an answer

	gotSignIn   control.SignIn
	gotEnrol    handoff.Enrolment
	gotDomain   string
	signedOut   bool
	signOuts    int
	installed   bool
	gotChange   handoff.Directory
	gotExamined handoff.Directory
	gotCA       string
	gotRunAs    RunAs
	accepts     error // of the service's account
	caution     string
	install     error // of the service
	leftTenant  bool
	farewell    handoff.Farewell
	lacks       bool              // the account lacks a right
	rights      []directory.Right // instead of the usual ones
	checks      []preflight.Check
	device      func(context.Context) (control.Session, error) // the person in the browser
	begin       error                                          // the sign-in in a browser cannot begin
	begins      int
	tenantName  string
	keyring     error // the agent's keyring cannot be used
	enrolled    handoff.Status
	blockChecks bool // checks wait until they are cancelled
}

func (w *world) Discover(ctx context.Context, domain string) (string, control.Discovery, error) {
	w.gotDomain = domain
	if w.blockChecks {
		<-ctx.Done()
		return "", control.Discovery{}, ctx.Err()
	}
	return "https://acme.my.passly.com", control.Discovery{
		Product: "passly", Protocol: 1, TenantID: "t1", TenantName: cmp.Or(w.tenantName, "Acme Corporation"), Console: "/directory-sync",
	}, w.discover
}

func (w *world) SignIn(_ context.Context, _ string, in control.SignIn) (control.Session, error) {
	w.gotSignIn = in
	if w.signIn == nil && w.code != in.Code {
		return control.Session{}, &problem.Problem{
			Code: control.NeedsCode, Title: "This account is protected by a one-time code", Hint: "Enter the code that your authenticator shows now.",
		}
	}
	return control.Session{Session: "session-secret", Name: "Ada Lovelace"}, w.signIn
}

func (w *world) EnrolmentToken(context.Context, string, string) (control.EnrolmentToken, error) {
	return control.EnrolmentToken{Token: "token-secret"}, w.token
}

func (w *world) SignOut(context.Context, string, string) error {
	w.signedOut = true
	w.signOuts++
	return nil
}

func (w *world) Status(context.Context) (handoff.Status, error) {
	if w.down > 0 {
		w.down--
		return handoff.Status{}, &problem.Problem{Code: handoff.NotRunning, Title: "The agent is not running"}
	}
	if w.silent > 0 {
		w.silent--
		return handoff.Status{}, &problem.Problem{Code: problem.Unavailable, Title: "The agent does not answer"}
	}
	if w.enrolled.Enrolled {
		return w.enrolled, nil
	}
	return handoff.Status{Version: "1.0.0", Name: "DC1", Vault: "the Secret Service keyring of root"}, nil
}

func (w *world) SyncNow(context.Context) error { return nil }

func (w *world) ChangeDirectory(_ context.Context, d handoff.Directory) error {
	w.gotChange = d
	return w.enrol
}

func (w *world) CheckVault(_ context.Context, kind string) error {
	if w.down > 0 {
		return &problem.Problem{Code: handoff.NotRunning, Title: "The agent is not running"}
	}
	if kind != "file" {
		return w.keyring
	}
	return nil
}

func (w *world) Leave(context.Context) (handoff.Farewell, error) {
	w.leftTenant = true
	return w.farewell, nil
}

func (w *world) Enrol(_ context.Context, e handoff.Enrolment, step func(handoff.Step)) error {
	w.gotEnrol = e
	for _, name := range []string{handoff.StepDirectory, handoff.StepKey, handoff.StepKeyring, handoff.StepEnrol, handoff.StepCheckIn} {
		step(handoff.Step{Name: name, State: handoff.StepRunning})
		if w.enrol != nil && name == handoff.StepKeyring {
			step(handoff.Step{Name: name, State: handoff.StepFailed, Problem: problem.Of(w.enrol)})
			return w.enrol
		}
		step(handoff.Step{Name: name, State: handoff.StepDone})
	}
	return nil
}

func (w *world) Installed(context.Context) (RunAs, bool, error) { return w.gotRunAs, w.installed, nil }

func (w *world) Accepts(context.Context, RunAs) error { return w.accepts }

func (w *world) Caution(context.Context, RunAs) string { return w.caution }

func (w *world) Install(_ context.Context, as RunAs) error {
	w.installed, w.gotRunAs = true, as
	return w.install
}

func (w *world) Remove(context.Context) error {
	w.installed = false
	return nil
}

func (w *world) BeginDevice(context.Context, string, string) (control.DeviceSignIn, error) {
	w.begins++
	if w.begin != nil {
		return control.DeviceSignIn{}, w.begin
	}
	if w.device == nil {
		return control.DeviceSignIn{}, &problem.Problem{Code: problem.NotFound, Title: "Not offered here"}
	}
	return control.DeviceSignIn{
		Code: "BDWP-HQPK", Address: "https://acme.my.passly.com/device", Direct: "https://acme.my.passly.com/device?code=BDWP-HQPK",
		Wait: w.device, Expires: time.Now().Add(10 * time.Minute),
	}, nil
}

// mayDo is what the service account may do.
func (w *world) mayDo() directory.Access {
	a := w.usually()
	if w.rights != nil {
		a.Rights = w.rights
	}
	return a
}

func (w *world) usually() directory.Access {
	return directory.Access{
		Domain:   directory.Domain{Name: "example.test", Server: "dc1.example.test", BaseDN: "DC=example,DC=test"},
		Contexts: []directory.NamingContext{{DN: "DC=example,DC=test", Readable: true}},
		Rights: []directory.Right{
			{Name: directory.ReplicateChanges, Title: "Replicating Directory Changes", Held: true},
			{
				Name: directory.ListDeletedObjects, Title: "List deleted objects", Held: !w.lacks,
				Means: "Deletions are found by a full read once an hour instead of at once.",
				Grant: []directory.Grant{{Tool: "dsacls", Commands: []string{`dsacls "CN=Deleted Objects,DC=example,DC=test" /G "svc@example.test:LCRP"`}}},
			},
		},
	}
}

func (w *world) Start(context.Context) error { return nil }

func (w *world) options() Options {
	return Options{
		Agent: w, Tenant: func(ca []byte) (Tenant, error) {
			w.gotCA = string(ca)
			return w, nil
		},
		Examine: func(_ context.Context, d handoff.Directory) (directory.Access, error) {
			w.gotExamined = d
			return w.mayDo(), w.directory
		},
		Out:          io.Discard,
		Checks:       func() []preflight.Check { return w.checks },
		AgentCommand: "passly-sync agent",
	}
}

// driver is a person at the wizard.
type driver struct {
	t *testing.T
	m *model
	// quit says that the program ended.
	quit bool
}

func drive(t *testing.T, o Options) *driver {
	t.Helper()
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	d := &driver{t: t, m: newModel(t.Context(), o, newStyles(renderer, false))}
	if w, ok := o.Agent.(*world); ok && w.enrolled.Enrolled {
		d.m.onEnrolled(w.enrolled)
	}
	d.run(d.m.Init())
	return d
}

// run does what a command says until nothing more is to be done. The spinner stands still.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, spinner.TickMsg:
	case tea.BatchMsg:
		for _, each := range msg {
			d.run(each)
		}
	case tea.QuitMsg:
		d.quit = true
	default:
		d.send(msg)
	}
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

// begin sends a key and does not wait for what it starts; it gives what was started.
func (d *driver) begin(key tea.KeyType) tea.Cmd {
	_, cmd := d.m.Update(tea.KeyMsg{Type: key})
	return cmd
}

// press types keys: "enter", "esc", …, anything else is text.
func (d *driver) press(keys ...string) *driver {
	special := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab,
		"ctrl+c": tea.KeyCtrlC, "ctrl+r": tea.KeyCtrlR, "ctrl+u": tea.KeyCtrlU, "ctrl+b": tea.KeyCtrlB,
		"down": tea.KeyDown, "right": tea.KeyRight, "left": tea.KeyLeft,
	}
	for _, k := range keys {
		if t, ok := special[k]; ok {
			d.send(tea.KeyMsg{Type: t})
		} else {
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
		}
	}
	return d
}

func (d *driver) size(width, height int) string {
	d.send(tea.WindowSizeMsg{Width: width, Height: height})
	return d.m.View()
}

// sees checks that the screen shows the words, however they are wrapped.
func (d *driver) sees(words ...string) *driver {
	d.t.Helper()
	screen := strings.Join(strings.Fields(d.size(100, 40)), " ")
	for _, w := range words {
		if !strings.Contains(screen, w) {
			d.t.Fatalf("the screen does not show %q:\n%s", w, d.m.View())
		}
	}
	return d
}

// hides checks that the screen does not show the words.
func (d *driver) hides(words ...string) *driver {
	d.t.Helper()
	screen := strings.Join(strings.Fields(d.size(100, 40)), " ")
	for _, w := range words {
		if strings.Contains(screen, w) {
			d.t.Fatalf("the screen shows %q:\n%s", w, d.m.View())
		}
	}
	return d
}

// Keys that answer each question.
var (
	answerDomain  = []string{"acme", "enter"}
	answerSignIn  = []string{"ada@acme.test", "enter", "pass-word", "enter"}
	answerAccount = []string{"dc1.example.test", "enter", "svc@example.test", "enter", "dir-secret", "enter"}
)

func (d *driver) through(answers ...[]string) *driver {
	for _, keys := range answers {
		d.press(keys...)
	}
	return d
}
