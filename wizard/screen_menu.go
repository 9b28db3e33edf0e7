package wizard

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// menu is the first screen on a machine whose agent is enrolled: how things are, and what can be done.
type menu struct {
	m  *model
	at int
}

// entry is one thing to do on an enrolled machine.
type entry struct {
	title string
	means string
	begin func(m *model) tea.Cmd                    // on the screen
	plain func(l *lines, ctx context.Context) error // as lines
	stays bool                                      // comes back to the menu
}

func (s *setup) entries() []entry {
	again := entry{"Enrol again", "The same agent with a new key, where wanted with its service under another account. Its people and settings stay.", (*model).beginAgain, (*lines).again, false}
	move := entry{"Move to another tenant", "Enrols there as a new agent and leaves the tenant it is in, where its people stay as they are.", (*model).beginMove, (*lines).move, false}
	toService := entry{"Sync into a SCIM service instead", "Leaves the tenant, where its people stay as they are.", (*model).beginService, (*lines).service, false}
	all := []entry{
		{"Check again", "Looks at this machine; changes nothing.", (*model).beginCheck, (*lines).machine, true},
		{"Change the service account", "Another account or password for the directory. No sign-in to Passly is needed.", (*model).beginAccount, (*lines).changeAccount, false},
	}
	switch {
	case s.known.Target == handoff.TargetSCIM:
		again.title, again.means = "Set up again", "Another token, other units, or another SCIM service."
		move.title, move.means = "Move to a Passly tenant", "Enrols there as a new agent. People in the SCIM service stay as they are."
		all = append(all, again, move)
	case s.toService():
		all = append(all, again, move, toService)
	default:
		all = append(all, again, move)
	}
	return append(all, entry{"Remove", "Takes the agent off this machine. People in the " + inTarget(s.known) + " stay as they are.", (*model).beginRemoval, (*lines).remove, false})
}

// inTarget names what an enrolled agent syncs into, in a sentence.
func inTarget(known handoff.Status) string {
	if known.Target == handoff.TargetSCIM {
		return "SCIM service"
	}
	return "tenant"
}

func (*menu) title() (int, string) { return 0, "Enrolled" }

func (*menu) enter() tea.Cmd { return nil }

func (*menu) leave() {}

func (v *menu) update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	all := v.m.setup.entries()
	switch {
	case key.Matches(k, v.m.keys.Next):
		return all[v.at].begin(v.m)
	case key.Matches(k, v.m.keys.Down):
		v.at = (v.at + 1) % len(all)
	case key.Matches(k, v.m.keys.Up):
		v.at = (v.at + len(all) - 1) % len(all)
	case len(k.Runes) == 1 && k.Runes[0] >= '1' && int(k.Runes[0]-'0') <= len(all):
		v.at = int(k.Runes[0]-'0') - 1
	}
	return nil
}

func (v *menu) help() []key.Binding {
	choose := key.NewBinding(key.WithKeys("down"), key.WithHelp("↑/↓", "choose"))
	return []key.Binding{v.m.keys.Next, choose, v.m.keys.Quit}
}

func (v *menu) view(width int) string {
	s, e := v.m.styles, v.m.enrolled
	rows := []string{
		s.Heading.Render("This machine's agent is enrolled"), "",
		s.facts(width, statusFacts(*e)...), "",
	}
	for i, each := range v.m.setup.entries() {
		mark, style := " ", s.Text
		if i == v.at {
			mark, style = markFocus, s.LabelFocused
		}
		rows = append(rows, style.Render(mark+" "+string(rune('1'+i))+"  "+each.title))
	}
	rows = append(rows, "", s.Faint.Render(wrap(v.m.setup.entries()[v.at].means, width)))
	return strings.Join(rows, "\n")
}

// statusFacts say how an enrolled agent is, the most important condition first.
func statusFacts(e handoff.Status) [][2]string {
	rows := [][2]string{{targetWord(e.Target == handoff.TargetSCIM), e.TenantName + "  " + e.Tenant}}
	for _, c := range e.Conditions[:min(1, len(e.Conditions))] {
		rows = append(rows, [2]string{"State", c.Title})
	}
	return append(rows, [2]string{"Directory", e.DirectoryURL}, [2]string{"Service account", accountName(e.DirectoryAccount)})
}

// beginCheck shows the checklist, and comes back.
func (m *model) beginCheck() tea.Cmd {
	return m.follow([]screen{newChecklist(m), &menu{m: m}})
}

// beginAgain goes through everything with what is known filled in.
func (m *model) beginAgain() tea.Cmd {
	m.setup.targetsService(*m.enrolled)
	m.setup.Prefilled.Domain = m.enrolled.Tenant
	return m.follow(m.whole())
}

// beginMove asks for the new tenant.
func (m *model) beginMove() tea.Cmd {
	m.setup.Prefilled.Domain, m.setup.Prefilled.Service = "", nil
	return m.follow(m.whole())
}

// beginService asks for the SCIM service that the flags are for.
func (m *model) beginService() tea.Cmd { return m.follow(m.whole()) }

// beginAccount asks for the directory's account only.
func (m *model) beginAccount() tea.Cmd {
	m.steps = &steps{
		m: m, spin: newSpin(), cancel: func() {}, heading: "Changing the service account",
		plan: []string{StepAgent, StepAccount}, do: m.setup.changeAccount,
	}
	return m.follow([]screen{newAccount(m, m.accountFields().theDirectorysOnly()), newRights(m), m.steps, &ended{done{m}, "The service account is changed"}})
}

// beginRemoval asks once more before it removes.
func (m *model) beginRemoval() tea.Cmd {
	m.steps = &steps{
		m: m, spin: newSpin(), cancel: func() {}, heading: "Removing the agent",
		plan: []string{StepLeave}, do: m.setup.remove,
	}
	return m.follow([]screen{newRemoval(m), m.steps, &ended{done{m}, "The agent is removed"}})
}

// removalWord is what a person types to remove the agent.
const removalWord = "remove"

func removalWords(e handoff.Status, service bool) string {
	leaves := "It leaves " + e.TenantName + ", forgets its credentials, and its service is removed. "
	if !service {
		leaves = "It leaves " + e.TenantName + " and forgets its credentials; its process goes on until you end it. "
	}
	return leaves +
		"The people it brought stay in the " + inTarget(e) + " as they are; nobody keeps them up to date."
}

// newRemoval asks for the word that nobody types by accident.
func newRemoval(m *model) *question {
	word := newField(m.styles, "Type "+removalWord, "", removalWord)
	q := m.question(0, "", word)
	q.back = true
	q.heading = func() string { return "Remove the agent from this machine?" }
	q.intro = func() string { return removalWords(*m.enrolled, m.setup.Service != nil) }
	q.begin = func() check {
		typed := strings.TrimSpace(word.value())
		return func(context.Context) (func(), error) {
			if typed != removalWord {
				return nil, &problem.Problem{Code: problem.Invalid, Title: "Nothing was removed", Hint: "Type the word remove, or press esc to go back."}
			}
			return func() {}, nil
		}
	}
	return q
}

// ended says how a thing ended that was begun from the menu.
type ended struct {
	done
	words string
}

func (v *ended) view(width int) string {
	s := v.m.styles
	return s.Good.Render(markDone) + " " + s.Heading.Render(v.words) + "\n" + wrap(terminal.Plain(v.m.setup.result.Words), width)
}
