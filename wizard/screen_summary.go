package wizard

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/directory"
	"passlysync/pkg/terminal"
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
		v.rights.wanted = true // and both ways out of it lead here again
		return v.m.show(slices.Index(v.m.screens, screen(v.rights)))
	}
	return nil
}

// optional names the rights that are lacking and that sync does without.
func optional(a directory.Access) string {
	var names []string
	for _, r := range lacking(a) {
		if r.Only != "" {
			names = append(names, r.Title+only(r))
		}
	}
	return strings.Join(names, "; ")
}

func (v *summary) optional() string { return v.m.setup.optional() }

// optional names them, but for those that only a tenant has a use for.
func (s *setup) optional() string {
	if s.toService() {
		return ""
	}
	return optional(s.access)
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
		styles.shortFacts(width, most, s.summaryFacts()...), "",
		wrap(s.intention(), width), "",
		wrap("By going on you accept Passly's terms of use.", width),
	}, "\n")
}

// summaryFacts are what the answers come to.
func (s *setup) summaryFacts() [][2]string {
	target, who := targetWord(s.service != nil), s.who()
	if s.service != nil {
		who = ""
	}
	return [][2]string{
		{target, s.discovery.TenantName},
		{"", s.base},
		{"Signed in as", who},
		{"Directory", s.directory.URL},
		{"", s.access.Domain.Words()},
		{"Service account", accountName(s.directory.Account)},
		{"Lacks", s.optional()},
		{"Tokens", s.oauthWords()},
		{"Units", s.unitsWords()},
		{"Left out", s.without()},
		{"Runs as", s.runsAs()},
		{"But", s.caution},
		{"Credentials", s.vaultWords()},
	}
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

// again reports whether the agent stays with the tenant that it is enrolled with.
func (s *setup) again() bool { return s.known.Enrolled && s.known.Tenant == s.base }

func (s *setup) intention() string {
	switch {
	case s.service != nil && s.again():
		return "Setup will give the agent these answers. What it synced stays. Nothing is written to the directory."
	case s.service != nil && s.known.Enrolled:
		return "Setup will have the agent sync into this service, and leave " + terminal.OneLine(s.known.TenantName, 40) +
			", where its people stay as they are. Nothing is written to the directory."
	case s.service != nil && s.Service != nil:
		return "Setup will install and start the agent's service if it does not run yet. The agent keeps the token among its credentials and begins to sync at once. Nothing is written to the directory."
	case s.service != nil:
		return "The agent keeps the token among its credentials and begins to sync at once. Nothing is written to the directory."
	case s.again():
		return "Setup will give the agent a new key. Its people and settings at the tenant stay. Nothing is written to the directory."
	case s.known.Enrolled:
		return "Setup will enrol the agent here as a new one, and leave " + terminal.OneLine(s.known.TenantName, 40) +
			", where its people stay as they are. Nothing is written to the directory."
	case s.Service != nil:
		return "Setup will install and start the agent's service if it does not run yet, and enrol it with the tenant. Nothing is written to the directory."
	}
	return "Setup will enrol the agent with the tenant. Nothing is written to the directory."
}
