package wizard

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
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
	ctx      context.Context
	setup    *setup
	styles   *Styles
	keys     KeyMap
	screens  []screen
	at       int
	steps    *steps
	width    int
	height   int
	leaving  bool
	back     bool            // the last step was backwards
	enrolled *handoff.Status // nil: the machine was not enrolled
}

func newModel(ctx context.Context, o Options, styles *Styles) *model {
	o = o.withDefaults()
	m := &model{
		ctx: ctx, styles: styles, keys: newKeys(), width: 80, height: 24,
		setup: &setup{Options: o, token: o.Prefilled.EnrolmentToken},
	}
	m.steps = &steps{m: m, cancel: func() {}}
	m.screens = m.whole()
	return m
}

// onEnrolled opens on how things are instead of on the questions.
func (m *model) onEnrolled(status handoff.Status) {
	m.setup.recall(m.ctx, status)
	m.enrolled = &m.setup.known
	m.screens = []screen{&menu{m: m}}
}

// whole is the set-up from its beginning: the checklist, three questions, summary, steps, done.
func (m *model) whole() []screen {
	m.steps = &steps{
		m: m, spin: newSpin(), cancel: func() {}, heading: "Enrolling the agent", plan: m.setup.planned(), do: m.setup.perform,
	}
	var all []screen
	if len(m.setup.Checks()) > 0 && m.enrolled == nil {
		all = append(all, newChecklist(m))
	}
	target := newDomain(m)
	if m.setup.toService() {
		target = newService(m)
	}
	target.back = m.enrolled != nil || len(all) > 0
	all = append(all, target)
	if m.setup.token == "" && !m.setup.toService() {
		all = append(all, newSignIn(m))
	}
	rights := newRights(m)
	all = append(all, newAccount(m, m.accountFields()), rights)
	if m.setup.toService() {
		all = append(all, newUnits(m))
	}
	if m.setup.Service != nil && m.setup.Managed != nil {
		all = append(all, newRunAs(m))
	}
	return append(all, &summary{m, rights}, m.steps, &done{m})
}

// follow shows other screens, from their first.
func (m *model) follow(screens []screen) tea.Cmd {
	m.screens[m.at].leave()
	m.screens, m.at = screens, 0
	return m.screens[0].enter()
}

// skip goes past a screen in the direction in which one came.
func (m *model) skip() tea.Cmd {
	if m.back {
		return goBack
	}
	return goOn
}

func (m *model) question(number int, busy string, fields ...*field) *question {
	return &question{
		number: number, busy: busy, parent: m.ctx, spin: newSpin(),
		form: form{styles: m.styles, keys: m.keys, fields: fields},
	}
}

// Init shows the first screen.
func (m *model) Init() tea.Cmd { return m.screens[0].enter() }

// Update hands each message to the screen that is shown; news of work in the background goes to whose it is.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, nil
	case forward:
		m.back = false
		return m, m.show(m.at + 1)
	case backward:
		return m, m.goBack()
	case tea.KeyMsg:
		if key.Matches(msg, m.keys.Quit) {
			return m, m.quit()
		}
		if m.tooSmall() {
			return m, nil
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

// goBack goes one screen back; before the first of what was begun from the menu comes the menu.
func (m *model) goBack() tea.Cmd {
	m.back = true
	if m.at == 0 && m.enrolled != nil {
		return m.follow([]screen{&menu{m: m}})
	}
	return m.show(max(m.at-1, 0))
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
	if busy, ok := m.screens[m.at].(interface{ stop() }); ok {
		busy.stop()
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
	width, at := m.inner(), m.screens[m.at]
	if m.tooSmall() {
		return m.frame(m.smallView(width), 0, "", []key.Binding{m.keys.Quit}, true)
	}
	number, title := at.title()
	help := at.help()
	if m.leaving {
		help = []key.Binding{key.NewBinding(key.WithKeys("ctrl+c"), key.WithHelp("ctrl+c", "leave now, without waiting for the agent to take back what it began"))}
	}
	bare, _ := at.(interface{ bare() bool })
	return m.frame(at.view(width), number, title, help, bare != nil && bare.bare())
}

// finished reports whether what was begun is done.
func (m *model) finished() bool {
	switch m.screens[m.at].(type) {
	case *done, *ended:
		return true
	}
	return false
}

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
	p := leftProblem(m.enrolled != nil)
	if len(did) == 0 {
		p.Text = "Nothing was changed, here or at the tenant."
		return p
	}
	p.Text = "Done: " + strings.Join(did, ", ") + ". Not done: " + strings.Join(open, ", ") + "."
	return p
}

func leftProblem(enrolled bool) *problem.Problem {
	title := "Setup was left before the agent was enrolled"
	if enrolled {
		title = "Setup was left"
	}
	return &problem.Problem{Code: Left, Title: title, Hint: "Run “passly-sync setup” again whenever you like."}
}
