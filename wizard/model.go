package wizard

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

// screen is one page of the wizard.
type screen interface {
	enter() tea.Cmd
	leave()
	update(tea.Msg) tea.Cmd
	view(width int) string
	help() []key.Binding
	title() (number int, words string) // number of the question, or 0
}

// forward and backward are how a screen says that it is done.
type (
	forward  struct{}
	backward struct{}
)

func goOn() tea.Msg   { return forward{} }
func goBack() tea.Msg { return backward{} }

// model is the wizard as a Bubble Tea program: a row of screens and which one is shown.
type model struct {
	ctx     context.Context
	setup   *setup
	styles  *Styles
	keys    KeyMap
	screens []screen
	at      int
	steps   *steps
	width   int
	height  int
	leaving bool
}

func newModel(ctx context.Context, o Options, styles *Styles) *model {
	o = o.withDefaults()
	m := &model{
		ctx: ctx, styles: styles, keys: newKeys(), width: 80, height: 24,
		setup: &setup{Options: o, token: o.Prefilled.EnrolmentToken},
	}
	m.steps = &steps{m: m, spin: m.spinner(), cancel: func() {}}
	m.screens = []screen{newDomain(m)}
	if m.setup.token == "" {
		m.screens = append(m.screens, newSignIn(m))
	}
	m.screens = append(m.screens, newAccount(m), &summary{m}, m.steps, &done{m})
	return m
}

func (m *model) question(number int, busy string, fields ...*field) *question {
	return &question{
		number: number, busy: busy, parent: m.ctx, spin: m.spinner(),
		form: form{styles: m.styles, keys: m.keys, fields: fields},
	}
}

func (m *model) spinner() spinner.Model { return spinner.New(spinner.WithSpinner(spinner.MiniDot)) }

// Init shows the first screen.
func (m *model) Init() tea.Cmd { return m.screens[0].enter() }

// Update hands each message to the screen that is shown; news of work in the background goes to whose it is.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, nil
	case forward:
		return m, m.show(m.at + 1)
	case backward:
		return m, m.show(max(m.at-1, 0))
	case tea.KeyMsg:
		if key.Matches(msg, m.keys.Quit) {
			return m, m.quit()
		}
	case performed:
		if m.leaving {
			m.steps.ended(msg.err)
			if msg.err == nil {
				m.at = len(m.screens) - 1
			}
			return m, tea.Quit
		}
	}
	return m, m.screens[m.at].update(msg)
}

func (m *model) show(at int) tea.Cmd {
	if at == m.at {
		return nil
	}
	m.screens[m.at].leave()
	m.at = min(at, len(m.screens)-1)
	return m.screens[m.at].enter()
}

// quit leaves; work in progress is first stopped, and waited for unless asked twice.
func (m *model) quit() tea.Cmd {
	if q, ok := m.screens[m.at].(*question); ok {
		q.stop()
	}
	if !m.steps.running || m.leaving {
		return tea.Quit
	}
	m.leaving = true
	m.steps.cancel()
	return nil
}

// View draws the screen in its frame.
func (m *model) View() string {
	width := min(m.width, maxFrame) - 2*margin
	at := m.screens[m.at]
	number, title := at.title()
	help := at.help()
	if m.leaving {
		help = []key.Binding{key.NewBinding(key.WithKeys("ctrl+c"), key.WithHelp("ctrl+c", "leave now, without waiting for the agent to take back what it began"))}
	}
	return m.frame(at.view(width), number, title, help)
}

// finished reports whether the last screen was reached.
func (m *model) finished() bool { return m.at == len(m.screens)-1 }

// left says what was and was not done, for a person who left.
func (m *model) left() *problem.Problem {
	var did, open []string
	for _, row := range m.steps.rows {
		if row.State == handoff.StepDone {
			did = append(did, row.Name)
		} else {
			open = append(open, row.Name)
		}
	}
	p := &problem.Problem{Code: Left, Title: "Setup was left before the agent was enrolled", Hint: "Run “passly-sync setup” again whenever you like."}
	if len(did) == 0 {
		p.Text = "Nothing was changed, here or at the tenant."
		return p
	}
	p.Text = "Done: " + strings.Join(did, ", ") + ". Not done: " + strings.Join(open, ", ") + "."
	return p
}
