package wizard

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/control"
)

// done says what stands now, and where to go on.
type done struct{ m *model }

func (*done) title() (int, string) { return 0, "Done" }

func (*done) enter() tea.Cmd { return nil }

func (*done) leave() {}

func (v *done) update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyMsg); ok && key.Matches(k, v.m.keys.Close) {
		return tea.Quit
	}
	return nil
}

func (v *done) help() []key.Binding {
	return []key.Binding{key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "close"))}
}

// next is what to do; an agent that was enrolled again goes on with the units that were chosen.
func (v *done) next() []string {
	if v.m.setup.service != nil {
		return []string{
			"The agent syncs at once, and from then on whenever the directory changes.",
			"“passly-sync status” says how it is, “passly-sync preview” what it would do.",
			"Too many removals at once are held: “passly-sync held” lists them.",
		}
	}
	waits := func(c control.Condition) bool { return c.Code == control.AwaitingConfiguration }
	if s := v.m.setup; s.again() && !slices.ContainsFunc(s.known.Conditions, waits) {
		return []string{"The agent goes on with the units that are chosen.", "“passly-sync status” and the console say how it is."}
	}
	return []string{
		"Open the console: Directory Manager, Directory Sync.",
		"Choose the organizational units whose people shall come to Passly.",
		"The agent syncs at once, and from then on whenever the directory changes.",
	}
}

func (v *done) heading() string {
	if v.m.setup.service != nil {
		return "The agent is set up"
	}
	return "The agent is enrolled"
}

func (v *done) target() string { return targetWord(v.m.setup.service != nil) }

// targetWord is what facts call what is synced into.
func targetWord(service bool) string {
	if service {
		return "SCIM service"
	}
	return "Tenant"
}

func (v *done) view(width int) string {
	s, r := v.m.styles, v.m.setup.result
	next := v.next()
	rows := []string{
		s.Good.Render(markDone) + " " + s.Heading.Render(v.heading()),
		wrap(v.m.setup.lives, width), "",
		s.facts(width,
			[2]string{"Agent", r.Agent.Name},
			[2]string{v.target(), r.TenantName},
			[2]string{"Console", r.Console},
			[2]string{"Credentials", r.Agent.Vault},
		), "",
		s.Heading.Render("What happens next"),
	}
	for i, text := range next {
		rows = append(rows, beside(string(rune('1'+i)), s.Now, s.Text, text, width))
	}
	return strings.Join(rows, "\n")
}
