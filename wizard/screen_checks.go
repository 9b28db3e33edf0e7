package wizard

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// checklist looks at the machine before the questions and fills in as its checks finish.
type checklist struct {
	m       *model
	results []preflight.Result
	running bool
	spin    spin
	cancel  context.CancelFunc
	news    chan tea.Msg
	mending *problem.Problem // how the last repair failed
}

// looked and lookedAll come from the checks under way.
type (
	looked    struct{ result preflight.Result }
	lookedAll struct{}
	mended    struct{ err error }
)

func newChecklist(m *model) *checklist {
	return &checklist{m: m, spin: newSpin(), cancel: func() {}}
}

func (v *checklist) title() (int, string) {
	if v.m.enrolled != nil {
		return 0, "This machine"
	}
	return beforeQuestions, "This machine"
}

func (v *checklist) enter() tea.Cmd {
	if v.results != nil {
		return nil // back from the first question
	}
	return v.look()
}

func (v *checklist) leave() { v.stop() }

func (v *checklist) stop() {
	v.cancel()
	v.running = false
}

func (v *checklist) look() tea.Cmd {
	ctx, cancel := context.WithCancel(v.m.ctx)
	v.stop()
	v.cancel, v.running, v.results, v.mending = cancel, true, nil, nil
	checks := v.m.setup.Checks()
	for _, c := range checks {
		v.results = append(v.results, preflight.Result{Name: c.Name, Title: c.Title, Must: c.Must})
	}
	news := make(chan tea.Msg, 2*len(checks)+1)
	v.news = news
	go func() {
		defer close(news)
		preflight.Run(ctx, checks, func(r preflight.Result) { news <- looked{r} })
		news <- lookedAll{}
	}()
	return tea.Batch(v.spin.Tick, hear(news))
}

func (v *checklist) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case looked:
		v.put(msg.result)
		return hear(v.news)
	case lookedAll:
		v.running = false
		for _, r := range v.results {
			v.m.setup.Prefilled.offer(r.Found)
		}
	case mended:
		if msg.err != nil {
			v.mending = problem.Of(msg.err)
			return nil
		}
		return v.look()
	case spinner.TickMsg:
		return v.spin.turn(msg, v.running)
	case tea.KeyMsg:
		return v.key(msg)
	}
	return nil
}

func (v *checklist) put(r preflight.Result) {
	for i := range v.results {
		if v.results[i].Name == r.Name {
			v.results[i] = r
		}
	}
}

// offer takes what was found for what was not answered.
func (a *Answers) offer(f preflight.Found) {
	if a.DirectoryURL == "" {
		a.DirectoryURL = f.Directory
	}
	if a.DirectoryCAFile == "" {
		a.DirectoryCAFile = f.DirectoryCA
	}
}

func (v *checklist) key(msg tea.KeyMsg) tea.Cmd {
	k := v.m.keys
	switch {
	case key.Matches(msg, k.Back):
		return goBack
	case v.running:
	case key.Matches(msg, k.Next) && v.stopping() == nil:
		return goOn
	case key.Matches(msg, k.Again), key.Matches(msg, k.Next):
		return v.look()
	case key.Matches(msg, k.Mend) && v.repair() != nil:
		repair := v.repair()
		return func() tea.Msg { return mended{repair.Do(v.m.ctx)} }
	}
	return nil
}

// stopping is the failed check that setup cannot go on with.
func (v *checklist) stopping() *preflight.Result {
	for i := range v.results {
		if v.results[i].Stops() {
			return &v.results[i]
		}
	}
	return nil
}

func (v *checklist) repair() *preflight.Repair {
	for _, r := range v.results {
		if r.Repair != nil && r.Repair.Do != nil {
			return r.Repair
		}
	}
	return nil
}

func (v *checklist) help() []key.Binding {
	k := v.m.keys
	if v.running {
		return []key.Binding{k.Quit}
	}
	var keys []key.Binding
	if v.stopping() == nil {
		keys = append(keys, k.Next)
	}
	if v.repair() != nil {
		keys = append(keys, k.Mend)
	}
	return append(keys, k.Again, k.Quit)
}

func (v *checklist) view(width int) string {
	s := v.m.styles
	rows := []string{s.Heading.Render("Looking at this machine"), ""}
	for _, r := range v.results {
		rows = append(rows, v.row(r, width))
	}
	rows = append(rows, "", v.words(width))
	return strings.Join(rows, "\n")
}

// words say the worst that was found, or that all is well.
func (v *checklist) words(width int) string {
	s := v.m.styles
	if v.running {
		return s.Faint.Render("Nothing is changed by looking.")
	}
	if v.mending != nil {
		return s.trouble(v.mending, width)
	}
	if r := v.worst(); r != nil {
		text := s.notice
		if r.State == preflight.Failed {
			text = s.trouble
		}
		words := text(r.Problem, width)
		if repair := v.repair(); repair != nil {
			words += "\n" + beside("f", s.Key, s.Text, terminal.Plain(repair.Title), width)
		}
		return words
	}
	return s.Good.Render(markDone) + " This machine is ready."
}

// worst is the first failed check, else the first warning; a must-have comes before all.
func (v *checklist) worst() *preflight.Result {
	if r := v.stopping(); r != nil {
		return r
	}
	for _, state := range []preflight.State{preflight.Failed, preflight.Warning} {
		for i, r := range v.results {
			if r.State == state && r.Problem != nil {
				return &v.results[i]
			}
		}
	}
	return nil
}

func (v *checklist) row(r preflight.Result, width int) string {
	s := v.m.styles
	mark, title := s.Faint.Render(markLater), terminal.Plain(r.Title)
	switch r.State {
	case preflight.Running:
		mark = s.Now.Render(v.spin.View())
	case preflight.Passed:
		mark = s.Good.Render(markDone)
	case preflight.Warning:
		mark = s.Now.Render(markWarning)
	case preflight.Failed:
		mark, title = s.Bad.Render(markFailed), s.Bad.Render(title)
	}
	gap := strings.Repeat(" ", max(labelWidth-2-ansi.StringWidth(title), 1))
	return ansi.Truncate(mark+" "+title+gap+s.Faint.Render(terminal.Plain(r.Detail)), width, "…")
}

// checkMachine makes the checks without a screen and tells them as one step.
func (s *setup) checkMachine(ctx context.Context) (string, error) {
	results := preflight.Run(ctx, s.Checks(), func(preflight.Result) {})
	passed, noted := 0, 0
	for _, r := range results {
		if r.Stops() {
			return "", r.Problem
		}
		if r.State == preflight.Passed {
			passed++
		} else {
			noted++
		}
		s.Prefilled.offer(r.Found)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return fmt.Sprintf("%d checks passed, %d to note (passly-sync setup --check says which)", passed, noted), nil
}
