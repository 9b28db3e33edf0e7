package wizard

import (
	"context"
	"errors"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// check proves an answer outside the screen's loop; it must not touch the screen. What it learned is applied by the
// function it returns.
type check func(ctx context.Context) (apply func(), err error)

// question is a screen with fields whose answer is checked before the next screen comes.
type question struct {
	number  int
	heading func() string
	intro   func() string
	busy    string // what is done while checking: "Looking for the tenant"
	form    form
	// fill puts what was found meanwhile into fields that are still empty; may be nil.
	fill func()
	// begin reads the fields and gives the check for them.
	begin func() check
	// failed looks at what went wrong, to point at a field or ask for one more; it may give other words.
	failed func(p *problem.Problem) *problem.Problem

	more []key.Binding // keys of the screen around it
	back bool          // something comes before, though it is the first question
	// understood says below the fields what was understood so far; may be nil.
	understood func() string

	parent  context.Context
	cancel  context.CancelFunc // not nil while checking
	attempt int
	spin    spin
	empty   *field // enter was pressed on it with nothing in it
	problem *problem.Problem
	notice  bool // problem is no failure
}

// checked is the message by which a check ends.
type checked struct {
	q       *question
	attempt int
	apply   func()
	err     error
}

func (q *question) title() (int, string) { return q.number, "" }

func (q *question) enter() tea.Cmd {
	if q.fill != nil {
		q.fill()
	}
	q.form.enter()
	return nil
}

// leave is called before another screen comes.
func (q *question) leave() { q.form.conceal() }

func (q *question) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case checked:
		return q.checked(msg)
	case spinner.TickMsg:
		return q.spin.turn(msg, q.cancel != nil)
	case tea.KeyMsg:
		return q.key(msg)
	}
	return q.form.update(msg)
}

func (q *question) key(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, q.form.keys.Back) && q.cancel != nil:
		q.stop()
		return nil
	case key.Matches(msg, q.form.keys.Back):
		return goBack
	case q.cancel != nil:
		return nil // what is being checked stays as it is
	case key.Matches(msg, q.form.keys.Next) && !msg.Paste:
		q.form.over = false
		return q.answered()
	}
	return q.form.update(msg)
}

// answered goes to the next empty field, or checks when all are filled. A field that was left empty is asked for in words.
func (q *question) answered() tea.Cmd {
	q.empty = q.form.wanting()
	if !q.form.advance() {
		return q.start()
	}
	return nil
}

// emptyWords ask for a field that was left empty. Grey samples in a field are easily taken for values.
func emptyWords(f *field) *problem.Problem {
	p := &problem.Problem{Title: f.label + " is empty", Hint: "Type it, then press enter."}
	if f.input.Placeholder != "" {
		p.Hint = "Type it, such as " + f.input.Placeholder + ", then press enter."
	}
	return p
}

func (q *question) start() tea.Cmd {
	ctx, cancel := context.WithCancel(q.parent)
	q.cancel, q.problem, q.attempt = cancel, nil, q.attempt+1
	prove, attempt := q.begin(), q.attempt
	return tea.Batch(q.spin.Tick, func() tea.Msg {
		apply, err := prove(ctx)
		return checked{q: q, attempt: attempt, apply: apply, err: err}
	})
}

func (q *question) stop() {
	if q.cancel != nil {
		q.cancel()
		q.cancel = nil
	}
}

func (q *question) checked(msg checked) tea.Cmd {
	if msg.q != q || msg.attempt != q.attempt || q.cancel == nil {
		return nil // given up meanwhile
	}
	q.stop()
	if errors.Is(msg.err, context.Canceled) {
		return nil
	}
	if msg.err != nil {
		q.problem, q.notice = problem.Of(msg.err), false
		if q.failed != nil {
			q.problem = q.failed(q.problem)
		}
		return nil
	}
	msg.apply()
	return goOn
}

func (q *question) help() []key.Binding {
	k := q.form.keys
	if q.cancel != nil {
		stop := key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop checking"))
		return []key.Binding{stop, k.Quit}
	}
	keys := []key.Binding{k.Next}
	if q.number > 1 || q.back {
		keys = append(keys, k.Back)
	}
	if q.form.hasChoice() {
		keys = append(keys, k.Turn)
	}
	onSecret := q.form.fields[q.form.focus].secret()
	if onSecret { // where not all fit, what the field with the focus can do stays
		keys = append(keys, k.Show)
	}
	keys = append(keys, q.more...)
	if q.form.shown() > 1 {
		keys = append(keys, k.Down)
	}
	if !onSecret && q.form.hasSecret() {
		keys = append(keys, k.Show)
	}
	return append(keys, k.Quit)
}

func (q *question) view(width int) string {
	s := q.form.styles
	parts := []string{
		s.Heading.Render(terminal.Line(q.heading())), wrap(q.intro(), width), "", q.form.view(width), "",
	}
	switch {
	case q.cancel != nil:
		parts = append(parts, s.Now.Render(q.spin.View())+" "+q.busy+" …")
	case q.form.over:
		parts = append(parts, s.trouble(overWords(q.form.fields[q.form.focus]), width))
	case q.empty != nil && q.empty.missing():
		parts = append(parts, s.notice(emptyWords(q.empty), width))
	case q.problem != nil && q.notice:
		parts = append(parts, s.notice(q.problem, width))
	case q.problem != nil:
		parts = append(parts, s.trouble(q.problem, width))
	case q.form.note() != "":
		parts = append(parts, beside(markNotice, s.Now, s.Text, q.form.note(), width))
	case q.understood != nil && q.understood() != "":
		parts = append(parts, s.Faint.Render(ansi.Truncate(markHint+" "+terminal.Line(q.understood()), width, "…")))
	}
	return strings.Join(parts, "\n")
}
