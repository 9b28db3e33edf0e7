package wizard

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
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
	mending *problem.Problem  // how the last repair failed
	fixing  *preflight.Repair // under way
	tried   map[string]bool   // checks whose repair failed: the next one is offered before it is again
}

// looked and lookedAll come from the checks under way.
type (
	looked    struct{ result preflight.Result }
	lookedAll struct{}
	mended    struct {
		check string
		err   error
	}
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
	v.running, v.fixing = false, nil
}

func (v *checklist) look() tea.Cmd {
	ctx, cancel := context.WithCancel(v.m.ctx)
	v.stop()
	v.cancel, v.running, v.results, v.mending, v.tried = cancel, true, nil, nil, map[string]bool{}
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
		if v.fixing == nil {
			return nil // left meanwhile
		}
		v.fixing = nil
		if msg.err != nil {
			v.mending, v.tried[msg.check] = problem.Of(msg.err), true
			return nil
		}
		return v.look()
	case spinner.TickMsg:
		return v.spin.turn(msg, v.busy())
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
	case v.busy():
	case key.Matches(msg, k.Next) && v.stopping() == nil:
		return goOn
	case key.Matches(msg, k.Again), key.Matches(msg, k.Next):
		return v.look()
	case key.Matches(msg, k.Mend) && v.repair() != nil:
		return v.mend(*v.repair())
	}
	return nil
}

func (v *checklist) busy() bool { return v.running || v.fixing != nil }

// stopping is the failed check that setup cannot go on with.
func (v *checklist) stopping() *preflight.Result {
	for i := range v.results {
		if v.results[i].Stops() {
			return &v.results[i]
		}
	}
	return nil
}

// repair is the first check whose repair was not tried in vain, else the first that has one.
func (v *checklist) repair() *preflight.Result {
	var first *preflight.Result
	for i, r := range v.results {
		if r.Repair == nil || r.Repair.Do == nil {
			continue
		}
		if !v.tried[r.Name] {
			return &v.results[i]
		}
		if first == nil {
			first = &v.results[i]
		}
	}
	return first
}

// mend runs a repair. Meanwhile no key begins anything else.
func (v *checklist) mend(r preflight.Result) tea.Cmd {
	ctx, cancel := context.WithCancel(v.m.ctx)
	v.cancel, v.fixing, v.mending = cancel, r.Repair, nil
	do := func() tea.Msg { return mended{r.Name, r.Repair.Do(ctx)} }
	return tea.Batch(v.spin.Tick, do)
}

func (v *checklist) help() []key.Binding {
	k := v.m.keys
	if v.busy() {
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

// Rows of the screen beside the checks' and their words: title bar, steps, keys and the blank rows that are worth keeping.
const rowsAround = 5

// view shows every check where there is room, else only what is worth reading, with the others counted.
func (v *checklist) view(width int) string {
	heading := v.m.styles.Heading.Render("Looking at this machine")
	words := v.words(width)
	show := func(rows []string) string {
		return strings.Join(append(append([]string{heading, ""}, rows...), "", words), "\n")
	}
	whole := show(v.rows(width))
	if lipgloss.Height(whole) <= v.m.height-rowsAround {
		return whole
	}
	return show(v.fewRows(width))
}

func (v *checklist) rows(width int) (rows []string) {
	for _, r := range v.results {
		rows = append(rows, v.row(r, width))
	}
	return rows
}

// fewRows gives the rows of what is under way or to note, after a count of the rest.
func (v *checklist) fewRows(width int) (rows []string) {
	s, quiet := v.m.styles, map[preflight.State]int{}
	for _, r := range v.results {
		if r.State == preflight.Running || r.Notable() {
			rows = append(rows, v.row(r, width))
		} else {
			quiet[r.State]++
		}
	}
	count := s.Good.Render(markDone) + fmt.Sprintf(" %d passed", quiet[preflight.Passed])
	if n := quiet[preflight.Skipped]; n > 0 {
		count += s.Faint.Render(fmt.Sprintf("   %s %d not looked at", markSkipped, n))
	}
	return append([]string{count}, rows...)
}

// words say the worst that was found, or that all is well.
func (v *checklist) words(width int) string {
	s := v.m.styles
	switch {
	case v.running:
		return s.Faint.Render("Nothing is changed by looking.")
	case v.fixing != nil:
		return beside(v.spin.View(), s.Now, s.Text, terminal.Plain(v.fixing.Title), width)
	case v.mending != nil:
		return s.trouble(v.mending, width) + v.offer(width)
	}
	r := v.worst()
	if r == nil {
		return s.Good.Render(markDone) + " This machine is ready."
	}
	text := s.notice
	if r.State == preflight.Failed {
		text = s.trouble
	}
	return text(r.Problem, width) + v.offer(width)
}

// offer names the repair that the key runs.
func (v *checklist) offer(width int) string {
	r := v.repair()
	if r == nil {
		return ""
	}
	return "\n" + beside("f", v.m.styles.Key, v.m.styles.Text, terminal.Plain(r.Repair.Title), width)
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
	case preflight.Skipped:
		mark, title = s.Faint.Render(markSkipped), s.Faint.Render(title)
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
		if r.Notable() {
			noted++
		} else if r.State == preflight.Passed {
			passed++
		}
		s.Prefilled.offer(r.Found)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return fmt.Sprintf("%d checks passed, %d to note (passly-sync setup --check says which)", passed, noted), nil
}
