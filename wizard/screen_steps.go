package wizard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// steps does what the summary announced and shows how far it is.
type steps struct {
	m       *model
	heading string
	plan    []string // names of the steps that are sure to come
	do      func(ctx context.Context, tell func(handoff.Step)) error
	rows    []handoff.Step
	running bool
	problem *problem.Problem
	spin    spin
	cancel  context.CancelFunc
	news    chan tea.Msg
}

// stepped and performed come from the work in the background.
type stepped struct{ step handoff.Step }

type performed struct{ err error }

func (v *steps) title() (int, string) { return 0, "Setting up" }

func (v *steps) enter() tea.Cmd { return v.start() }

func (*steps) leave() {}

func (v *steps) start() tea.Cmd {
	ctx, cancel := context.WithCancel(v.m.ctx)
	v.rows, v.problem, v.running, v.cancel = nil, nil, true, cancel
	for _, name := range v.plan {
		v.rows = append(v.rows, handoff.Step{Name: name})
	}
	news := make(chan tea.Msg, 64)
	v.news = news
	go func() {
		defer close(news)
		err := v.do(ctx, func(s handoff.Step) { news <- stepped{s} })
		news <- performed{err}
	}()
	return tea.Batch(v.spin.Tick, hear(news))
}

// hear waits for the next message of the work.
func hear(news <-chan tea.Msg) tea.Cmd {
	return func() tea.Msg { return <-news }
}

func (v *steps) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case stepped:
		v.put(msg.step)
		return hear(v.news)
	case performed:
		return v.ended(msg.err)
	case spinner.TickMsg:
		return v.spin.turn(msg, v.running)
	case tea.KeyMsg:
		return v.key(msg)
	}
	return nil
}

func (v *steps) key(msg tea.KeyMsg) tea.Cmd {
	switch {
	case v.running && key.Matches(msg, v.m.keys.Back):
		v.cancel()
	case v.running:
	case key.Matches(msg, v.m.keys.Retry):
		return v.start()
	case key.Matches(msg, v.m.keys.Back):
		return goBack
	}
	return nil
}

// settle has work that still runs take back what it began, and waits for it: the terminal is gone, or setup was ended.
func (v *steps) settle() {
	if !v.running {
		return
	}
	v.cancel()
	patience := time.NewTimer(undoIn)
	defer patience.Stop()
	for {
		select {
		case msg, more := <-v.news:
			if !more {
				return
			}
			if told, ok := msg.(stepped); ok {
				v.put(told.step)
			}
		case <-patience.C:
			return
		}
	}
}

func (v *steps) ended(err error) tea.Cmd {
	v.running = false
	v.cancel()
	switch {
	case err == nil:
		return goOn
	case errors.Is(err, context.Canceled):
		v.problem = &problem.Problem{
			Code: Left, Title: "Stopped", Text: "Nothing is lost: an agent that was enrolled goes on, and trying again goes on from here.", Hint: "Try again, or go back and change something.",
		}
	default:
		v.problem = problem.Of(err)
	}
	return nil
}

// put shows the newest news of a step; one that was not planned comes after those that began.
func (v *steps) put(s handoff.Step) {
	same := func(row handoff.Step) bool { return row.Name == s.Name }
	if i := slices.IndexFunc(v.rows, same); i >= 0 {
		v.rows[i] = s
		return
	}
	i := slices.IndexFunc(v.rows, func(row handoff.Step) bool { return row.State == "" })
	if i < 0 {
		i = len(v.rows)
	}
	v.rows = slices.Insert(v.rows, i, s)
}

func (v *steps) help() []key.Binding {
	k := v.m.keys
	if v.running {
		return []key.Binding{key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop")), k.Quit}
	}
	return []key.Binding{k.Retry, k.Back, k.Quit}
}

func (v *steps) view(width int) string {
	s := v.m.styles
	parts := []string{s.Heading.Render(v.heading), ""}
	var ask *problem.Problem
	for _, row := range v.rows {
		parts = append(parts, v.row(row, width))
		if row.State == handoff.StepRunning && v.running {
			ask = row.Problem
		}
	}
	switch {
	case v.problem != nil:
		parts = append(parts, "", s.trouble(v.problem, width))
	case ask != nil:
		parts = append(parts, "", s.notice(ask, width))
	}
	return strings.Join(parts, "\n")
}

func (v *steps) row(row handoff.Step, width int) string {
	s := v.m.styles
	row.Name = terminal.Line(row.Name)
	mark, name := s.Faint.Render(markLater), s.Faint.Render(row.Name)
	switch row.State {
	case handoff.StepRunning:
		mark, name = s.Now.Render(v.spin.View()), row.Name
		if !v.running {
			mark = s.Faint.Render(markSkipped)
		}
	case handoff.StepDone:
		mark, name = s.Good.Render(markDone), row.Name
	case handoff.StepUndone:
		mark = s.Faint.Render(markSkipped)
	case handoff.StepFailed:
		mark, name = s.Bad.Render(markFailed), s.Bad.Render(row.Name)
	}
	text := mark + " " + name
	if row.Detail != "" {
		text += "  " + s.Faint.Render(terminal.Line(row.Detail))
	}
	return ansi.Truncate(text, width, "…")
}
