package wizard

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
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

func (v *done) view(width int) string {
	s, r := v.m.styles, v.m.setup.result
	next := []string{
		"Open the console: Directory Manager, Directory Sync.",
		"Choose the organizational units whose people shall come to Passly.",
		"The agent syncs at once, and from then on whenever the directory changes.",
	}
	rows := []string{
		s.Good.Render(markDone) + " " + s.Heading.Render("The agent is enrolled"),
		wrap(v.m.setup.lives, width), "",
		s.facts(width,
			[2]string{"Agent", r.Agent.Name},
			[2]string{"Tenant", r.TenantName},
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
