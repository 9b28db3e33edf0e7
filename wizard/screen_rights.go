package wizard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// rights shows what the service account may do in the directory, and for what it lacks the commands that grant it.
type rights struct {
	m       *model
	at      int // which lacking right is shown
	tool    int // by which tool it is granted
	spin    spin
	cancel  context.CancelFunc // not nil while checking again
	problem *problem.Problem
	said    string // what a key did
	wanted  bool   // somebody asked to see them, though nothing that sync needs is lacking
}

// examined ends a check of the rights.
type examined struct {
	access directory.Access
	err    error
}

func newRights(m *model) *rights { return &rights{m: m, spin: newSpin()} }

func (v *rights) title() (int, string) { return v.m.setup.accountNumber(), "" }

// enter skips the screen where nothing that sync needs is lacking: there is nothing to decide.
func (v *rights) enter() tea.Cmd {
	v.at, v.tool, v.problem, v.said = 0, 0, nil, ""
	if !v.wanted && len(needed(v.m.setup.access)) == 0 && v.unreadable() == "" {
		return v.m.skip()
	}
	return nil
}

func (v *rights) leave() { v.stop() }

func (v *rights) stop() {
	if v.cancel != nil {
		v.cancel()
		v.cancel = nil
	}
}

func (v *rights) lacking() []directory.Right { return lacking(v.m.setup.access) }

func lacking(a directory.Access) []directory.Right {
	var out []directory.Right
	for _, r := range a.Rights {
		if !r.Held {
			out = append(out, r)
		}
	}
	return out
}

// needed are the lacking rights that sync itself uses.
func needed(a directory.Access) (out []directory.Right) {
	for _, r := range lacking(a) {
		if r.Only == "" {
			out = append(out, r)
		}
	}
	return out
}

func (v *rights) unreadable() string { return unreadable(v.m.setup.access) }

// unreadable is a naming context that the account cannot read, or empty.
func unreadable(a directory.Access) string {
	for _, c := range a.Contexts {
		if !c.Readable {
			return c.DN
		}
	}
	return ""
}

func (v *rights) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case examined:
		return v.examined(msg)
	case spinner.TickMsg:
		return v.spin.turn(msg, v.cancel != nil)
	case tea.KeyMsg:
		return v.key(msg)
	}
	return nil
}

func (v *rights) examined(msg examined) tea.Cmd {
	if v.cancel == nil || errors.Is(msg.err, context.Canceled) {
		return nil
	}
	v.stop()
	if v.problem = problem.Of(msg.err); v.problem == nil {
		before := len(v.lacking())
		v.m.setup.access, v.at = msg.access, 0
		v.said = fmt.Sprintf("Checked again: %d of %d rights that were lacking are there now.", before-len(v.lacking()), before)
	}
	return nil
}

func (v *rights) key(msg tea.KeyMsg) tea.Cmd {
	k, lack := v.m.keys, v.lacking()
	switch {
	case key.Matches(msg, k.Back) && v.cancel != nil:
		v.stop()
	case v.cancel == nil && v.wanted && (key.Matches(msg, k.Back) || key.Matches(msg, k.Next)):
		return v.toSummary()
	case key.Matches(msg, k.Back):
		return goBack
	case v.cancel != nil:
	case key.Matches(msg, k.Next):
		return goOn
	case key.Matches(msg, k.Again):
		return v.again()
	case len(lack) == 0:
	case key.Matches(msg, k.Down):
		v.at, v.said = (v.at+1)%len(lack), ""
	case key.Matches(msg, k.Up):
		v.at, v.said = (v.at+len(lack)-1)%len(lack), ""
	case msg.Type == tea.KeyRight:
		v.tool++
	case msg.Type == tea.KeyLeft:
		v.tool = max(v.tool-1, 0)
	case key.Matches(msg, k.Copy):
		v.copy()
	case key.Matches(msg, k.Save):
		v.save()
	}
	return nil
}

// toSummary goes back to who asked to see the rights.
func (v *rights) toSummary() tea.Cmd {
	v.wanted = false
	return v.m.show(slices.IndexFunc(v.m.screens, func(s screen) bool {
		_, is := s.(*summary)
		return is
	}))
}

func (v *rights) again() tea.Cmd {
	ctx, cancel := context.WithCancel(v.m.ctx)
	v.cancel, v.problem, v.said = cancel, nil, ""
	s := v.m.setup
	account := s.directory
	return tea.Batch(v.spin.Tick, func() tea.Msg {
		access, err := s.Examine(ctx, account)
		return examined{access, err}
	})
}

// grant is the way that is shown to give the right that is shown.
func (v *rights) grant() (directory.Grant, bool) {
	lack := v.lacking()
	if len(lack) == 0 || len(lack[v.at].Grant) == 0 {
		return directory.Grant{}, false
	}
	ways := lack[v.at].Grant
	return ways[v.tool%len(ways)], true
}

// copy hands the commands to the terminal's clipboard (OSC 52), which works through SSH where the terminal allows it.
func (v *rights) copy() {
	if g, ok := v.grant(); ok {
		termenv.NewOutput(v.m.setup.Out).Copy(strings.Join(g.Commands, "\n"))
		v.said = "Handed to the terminal's clipboard. Where the terminal takes none, press w."
	}
}

func (v *rights) help() []key.Binding {
	k := v.m.keys
	if v.cancel != nil {
		return []key.Binding{key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "stop checking")), k.Quit}
	}
	return []key.Binding{k.Next, k.Again, k.Down, k.Back, k.Quit}
}
