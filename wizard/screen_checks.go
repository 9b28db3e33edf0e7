package wizard

import (
	"context"
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/handoff"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
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

// awoken says that an agent answers by now, and is enrolled: its service was stopped when setup began.
type awoken struct{ status handoff.Status }

// awake looks for an agent that a repair may have started.
func (v *checklist) awake() tea.Msg {
	if v.m.enrolled != nil {
		return nil
	}
	if status, err := v.m.setup.Agent.Status(v.m.ctx); err == nil && status.Enrolled {
		return awoken{status}
	}
	return nil
}

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
		return v.awake
	case awoken:
		v.m.onEnrolled(msg.status)
		v.m.at = 0
		return v.m.screens[0].enter()
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
