package wizard

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// summary says what will be done. Up to here nothing was changed.
type summary struct {
	m      *model
	rights *rights
}

func (*summary) title() (int, string) { return 0, "Summary" }

func (*summary) enter() tea.Cmd { return nil }

func (*summary) leave() {}

func (v *summary) update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case ok && key.Matches(k, v.m.keys.Next): // what does not fit is not accepted, see model.tooSmall
		return goOn
	case ok && key.Matches(k, v.m.keys.Back):
		return goBack
	case ok && key.Matches(k, v.m.keys.Rights) && v.optional() != "":
		v.rights.wanted = true
		return v.m.show(slices.Index(v.m.screens, screen(v.rights)))
	}
	return nil
}

// optional names the rights that are lacking and that sync does without.
func (v *summary) optional() string {
	var names []string
	for _, r := range lacking(v.m.setup.access) {
		if r.Only != "" {
			names = append(names, r.Title+only(r))
		}
	}
	return strings.Join(names, "; ")
}

func (v *summary) help() []key.Binding {
	k := v.m.keys
	if v.optional() != "" {
		return []key.Binding{k.Next, k.Back, k.Rights, k.Quit}
	}
	return []key.Binding{k.Next, k.Back, k.Quit}
}

// view cuts long values where the terminal is low: the end, with the terms, is what Enter accepts.
func (v *summary) view(width int) string {
	shown := ""
	for rows := 3; rows > 0; rows-- {
		if shown = v.with(width, rows); v.fits(shown) {
			break
		}
	}
	return shown
}

func (v *summary) fits(shown string) bool { return filled(shown)+chromeRows <= v.m.height }

// chromeRows are those of the frame that are never left out: title bar, questions, keys.
const chromeRows = 3

// filled counts the rows that are not blank; blank ones are left out where there is no room.
func filled(text string) (n int) {
	for row := range strings.Lines(text) {
		if strings.TrimSpace(row) != "" {
			n++
		}
	}
	return n
}

func (v *summary) with(width, most int) string {
	s, styles := v.m.setup, v.m.styles
	return strings.Join([]string{
		styles.Heading.Render("Ready to set up"),
		wrap("Nothing has been changed yet. Please check:", width), "",
		styles.shortFacts(width, most,
			[2]string{"Tenant", s.discovery.TenantName},
			[2]string{"", s.base},
			[2]string{"Signed in as", s.who()},
			[2]string{"Directory", s.directory.URL},
			[2]string{"", s.access.Domain.Words()},
			[2]string{"Service account", s.directory.Account},
			[2]string{"Lacks", v.optional()},
			[2]string{"Runs as", s.runsAs()},
			[2]string{"Credentials", s.vaultWords()},
		), "",
		wrap(s.intention(), width), "",
		wrap("By going on you accept Passly's terms of use.", width),
	}, "\n")
}

func (s *setup) who() string {
	if s.token != "" {
		return "(an enrolment token was given)"
	}
	return s.session.Name
}

// runsAs is empty where no service is installed.
func (s *setup) runsAs() string {
	if s.Service == nil {
		return ""
	}
	if s.runAs.Account == "" {
		return "the system's own account"
	}
	return s.runAs.Account
}

func (s *setup) vaultWords() string { return vaultWords(s.Vault) }

func vaultWords(kind string) string {
	switch kind {
	case "", "keyring":
		return "in the agent's own keyring"
	case "file":
		return "in a file of the state folder, in clear text, readable by the agent's account only"
	case "systemd":
		return "among systemd's credentials"
	case "memory":
		return "in memory only, gone when the agent ends"
	}
	return kind
}

func (s *setup) intention() string {
	if s.Service != nil {
		return "Setup will install and start the agent's service if it does not run yet, and enrol it with the tenant. Nothing is written to the directory."
	}
	return "Setup will enrol the agent with the tenant. Nothing is written to the directory."
}
