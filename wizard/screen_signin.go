package wizard

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// signIn asks an administrator of the tenant to sign in: in a browser on any machine, or here. Both wait on one screen,
// and whichever is first counts.
type signIn struct {
	*question
	m      *model
	device control.DeviceSignIn
	at     string // the tenant that device is good for; empty: there is none
	state  deviceState
	why    *problem.Problem // the browser's way ended
	cancel context.CancelFunc
	large  bool // the QR code fills the screen
}

// deviceState is how far the sign-in in a browser is.
type deviceState int

const (
	deviceOff deviceState = iota // not begun yet
	deviceWaiting
	deviceEnded  // by a no, or because the code ran out; or it could not begin
	deviceAbsent // this tenant does not offer it
)

// deviceBegun and deviceEndedBy are the news of the sign-in in a browser.
type (
	deviceBegun struct {
		ctx    context.Context
		device control.DeviceSignIn
		err    error
	}
	deviceDecided struct {
		ctx     context.Context
		session control.Session
		err     error
	}
)

// newSignIn asks for e-mail and password. The field for a one-time code appears when the tenant asks.
func newSignIn(m *model) *signIn {
	s, answers := m.setup, &m.setup.Prefilled
	email := newField(m.styles, "E-mail", answers.Email, "you@example.com")
	password := newSecret(m.styles, "Password", answers.Password)
	code := newField(m.styles, "One-time code", answers.Code, "123456")
	code.hidden = true
	q := m.question(2, "Signing in", email, password, code)
	q.heading = func() string { return "Sign in to " + s.discovery.TenantName }
	q.intro = func() string {
		return "As an administrator of the tenant. This is used once, to enrol the agent; nothing of it is stored."
	}
	q.begin = func() check {
		in := control.SignIn{Email: strings.TrimSpace(email.value()), Password: password.value()}
		if !code.hidden {
			in.Code = strings.ReplaceAll(code.value(), " ", "")
		}
		base, tenant := s.base, s.tenant
		return func(ctx context.Context) (func(), error) {
			session, err := tenant.SignIn(ctx, base, in)
			return func() { s.signedIn(session) }, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		switch p.Code {
		case control.NeedsCode, control.CodeWrong, control.CodeExpired:
			q.notice, code.hidden = p.Code == control.NeedsCode && code.hidden, false
			code.input.Reset()
			q.form.focusOn(code)
		case problem.CredentialsBad, problem.Unauthorized:
			q.form.focusOn(password)
		}
		return p
	}
	return &signIn{question: q, m: m, cancel: func() {}}
}

func (v *signIn) enter() tea.Cmd {
	browser := v.open
	if v.at == v.m.setup.base && time.Until(v.device.Expires) > worthWaiting {
		browser = v.resume
	}
	return tea.Batch(v.question.enter(), browser())
}

// worthWaiting is how long a code must still be good to be shown again.
const worthWaiting = 30 * time.Second

func (v *signIn) leave() {
	v.cancel()
	v.state, v.large = deviceOff, false
	v.question.leave()
}

// open begins a sign-in in a browser.
func (v *signIn) open() tea.Cmd {
	ctx := v.anew()
	tenant, base, host := v.m.setup.tenant, v.m.setup.base, v.m.setup.Host
	return func() tea.Msg {
		device, err := tenant.BeginDevice(ctx, base, host)
		return deviceBegun{ctx, device, err}
	}
}

// resume waits again for the one that was begun: the person may have its code on another screen, and a tenant takes only
// so many.
func (v *signIn) resume() tea.Cmd {
	ctx, device := v.anew(), v.device
	return func() tea.Msg { return deviceBegun{ctx, device, nil} }
}

func (v *signIn) anew() context.Context {
	v.cancel()
	ctx, cancel := context.WithCancel(v.parent)
	v.cancel, v.state, v.why = cancel, deviceOff, nil
	return ctx
}

func (v *signIn) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case deviceBegun:
		return v.begun(msg)
	case deviceDecided:
		return v.decided(msg)
	case spinner.TickMsg:
		return v.spin.turn(msg, v.state == deviceWaiting || v.question.cancel != nil)
	case tea.KeyMsg:
		if cmd, taken := v.browserKey(msg); taken {
			return cmd
		}
	}
	return v.question.update(msg)
}

// browserKey shows or hides the large QR code; it asks for a new code where the last one is over.
func (v *signIn) browserKey(msg tea.KeyMsg) (tea.Cmd, bool) {
	switch {
	case key.Matches(msg, v.m.keys.Browser) && v.state == deviceWaiting:
		v.large = !v.large
	case key.Matches(msg, v.m.keys.Browser) && v.state == deviceAbsent:
	case key.Matches(msg, v.m.keys.Browser):
		return v.open(), true
	case v.large && (key.Matches(msg, v.m.keys.Back) || key.Matches(msg, v.m.keys.Next)):
		v.large = false
	case !v.large:
		return nil, false
	}
	return nil, true
}

func (v *signIn) begun(msg deviceBegun) tea.Cmd {
	switch {
	case msg.ctx.Err() != nil:
		return nil
	case problem.Is(msg.err, problem.NotFound): // an older tenant
		v.state = deviceAbsent
		return nil
	case msg.err != nil:
		v.over(msg.err, "Press ctrl+b to try again, or sign in here:")
		return nil
	}
	v.device, v.at, v.state = msg.device, v.m.setup.base, deviceWaiting
	return tea.Batch(v.spin.Tick, func() tea.Msg {
		session, err := msg.device.Wait(msg.ctx)
		return deviceDecided{msg.ctx, session, err}
	})
}

// over says why the browser's way ended; the other one is there.
func (v *signIn) over(err error, hint string) {
	why := *problem.Of(err)
	why.Hint = hint
	v.at, v.state, v.why = "", deviceEnded, &why
}

func (v *signIn) decided(msg deviceDecided) tea.Cmd {
	if msg.ctx.Err() != nil || errors.Is(msg.err, context.Canceled) {
		return nil
	}
	v.large = false
	if msg.err != nil {
		v.over(msg.err, "Press ctrl+b for a new code, or sign in here:")
		return nil
	}
	v.at = ""
	v.question.stop()
	v.m.setup.signedIn(msg.session)
	return goOn
}

func (v *signIn) help() []key.Binding {
	if v.large {
		return []key.Binding{key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "back to typing")), v.m.keys.Quit}
	}
	v.more = []key.Binding{key.NewBinding(key.WithKeys("ctrl+b"), key.WithHelp("ctrl+b", "browser"))}
	switch v.state {
	case deviceWaiting:
		v.more = []key.Binding{v.m.keys.Browser}
	case deviceAbsent:
		v.more = nil
	}
	return v.question.help()
}

// bare reports that the screen needs the whole frame.
func (v *signIn) bare() bool { return v.large }

func (v *signIn) view(width int) string {
	if v.large {
		return v.largeView(width)
	}
	s := v.m.styles
	browser := ""
	switch v.state {
	case deviceWaiting:
		browser = s.Now.Render(v.spin.View()) + " " + s.Label.Render("In a browser, on any machine:") + "\n" +
			indent(v.directions(width-2), 2) + "\n" + s.Faint.Render("  Setup goes on by itself. Or sign in here:") + "\n"
	case deviceEnded:
		browser = s.notice(v.why, width) + "\n\n"
	}
	heading, rest, _ := strings.Cut(v.question.view(width), "\n\n")
	return heading + "\n\n" + browser + rest
}

func (v *signIn) directions(width int) string {
	s := v.m.styles
	return wrap("open "+s.Heading.Render(terminal.Plain(v.device.Address)), width) + "\nand enter " + s.Heading.Render(terminal.Plain(v.device.Code))
}

func (v *signIn) largeView(width int) string {
	code, err := qrCode(v.device.Direct, v.m.styles.Light)
	if err != nil {
		code = terminal.Plain(v.device.Direct)
	}
	return "Scan this; its page shows " + terminal.Plain(v.device.Code) + "\n" + code
}
