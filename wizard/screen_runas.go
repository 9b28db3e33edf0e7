package wizard

import (
	"context"
	"errors"
	"strings"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// Values of the choice that are no managed account's name.
const (
	localSystem   = ""
	domainAccount = "\\"
)

// runAs asks as whom the service runs, on a system that knows managed service accounts: this computer, one of those that
// the directory has, or a domain account with its password.
type runAs struct {
	*question
	m                      *model
	who, account, password *field
	managed                []directory.ServiceAccount
	listing, listedAlready bool
	cancelList             context.CancelFunc
}

// listed brings the managed service accounts.
type listed struct {
	managed []directory.ServiceAccount
	err     error
}

func newRunAs(m *model) *runAs {
	given := m.setup.Prefilled
	v := &runAs{
		m: m, cancelList: func() {},
		who:      newChoice(m.styles, "Service runs as", localSystem, runAsOptions(nil)),
		account:  newField(m.styles, "Account", given.ServiceAccount, `EXAMPLE\svc-passly`),
		password: newSecret(m.styles, "Password", given.ServicePassword),
	}
	if given.ServiceAccount != "" {
		v.who.choose(domainAccount)
	}
	v.question = m.question(3, "Checking the account", v.who, v.account, v.password)
	v.heading = func() string { return "As whom does the agent's service run?" }
	v.intro = func() string {
		return "Its credentials are kept in this account's own keyring. A managed service account has a password that nobody knows or types."
	}
	v.begin = v.check
	v.failed = func(p *problem.Problem) *problem.Problem { return p }
	v.show()
	return v
}

func runAsOptions(managed []directory.ServiceAccount) []option {
	all := []option{{localSystem, "this computer (LocalSystem)", "Has every right on this machine. Simple, and good where nothing less is at hand."}}
	for _, a := range managed {
		note := "This machine may use it."
		if !a.Usable {
			note = "This machine may not use it yet; press enter for the command that allows it."
		}
		all = append(all, option{a.Name, terminal.Plain(a.Name) + "$, a managed account", note})
	}
	return append(all, option{domainAccount, "a domain account", "Needs its password, now and after each change of it."})
}

func (v *runAs) enter() tea.Cmd {
	v.question.enter()
	if v.listedAlready {
		return nil
	}
	ctx, cancel := context.WithCancel(v.parent)
	v.cancelList, v.listing = cancel, true
	s := v.m.setup
	return tea.Batch(v.spin.Tick, func() tea.Msg {
		managed, err := s.Managed(ctx, s.directory)
		return listed{managed, err}
	})
}

func (v *runAs) leave() {
	v.cancelList()
	v.listing = false
	v.question.leave()
}

func (v *runAs) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		v.take(msg)
		return nil
	case spinner.TickMsg:
		return v.spin.turn(msg, v.listing || v.question.cancel != nil)
	}
	cmd := v.question.update(msg)
	v.show()
	return cmd
}

// take offers what was found. A list that cannot be had leaves the other two ways.
func (v *runAs) take(found listed) {
	if !v.listing || errors.Is(found.err, context.Canceled) {
		return
	}
	v.listing, v.listedAlready = false, true
	if found.err != nil {
		v.question.problem, v.question.notice = problem.Of(found.err), true
		return
	}
	chosen, typed := v.who.value(), v.m.setup.Prefilled.ServiceAccount
	v.managed, v.who.options = found.managed, runAsOptions(found.managed)
	for _, a := range found.managed {
		if strings.EqualFold(typed, managedLogon(v.m.setup.access.Domain, a.Name)) {
			chosen = a.Name
		}
	}
	v.who.choose(chosen)
	v.show()
}

// show asks for name and password only where they are needed.
func (v *runAs) show() {
	typed := v.who.value() == domainAccount
	v.account.hidden, v.password.hidden = !typed, !typed
}

// check proves the choice: a managed account is one that this machine may use, a domain account one that can log on.
func (v *runAs) check() check {
	s, who := v.m.setup, v.who.value()
	as := RunAs{}
	switch who {
	case localSystem:
	case domainAccount:
		as.Account, as.Password = strings.TrimSpace(v.account.value()), v.password.value()
	default:
		as.Account = managedLogon(s.access.Domain, who)
	}
	return func(ctx context.Context) (func(), error) {
		err := s.mayRunAs(ctx, who, as)
		caution := s.Service.Caution(ctx, as)
		return func() { s.runAs, s.caution = as, caution }, err
	}
}

// managedLogon is how the service manager wants a managed account named.
func managedLogon(d directory.Domain, name string) string { return d.Name + `\` + name + "$" }

// whoIs reads an answer that was typed: nobody is this computer, a managed account's name is that account.
func (s *setup) whoIs(managed []directory.ServiceAccount, typed string) (who string, as RunAs) {
	typed = strings.TrimSpace(typed)
	for _, a := range managed {
		logon := managedLogon(s.access.Domain, a.Name)
		if strings.EqualFold(typed, a.Name) || strings.EqualFold(typed, a.Name+"$") || strings.EqualFold(typed, logon) {
			return a.Name, RunAs{Account: logon}
		}
	}
	if typed == "" || s.Managed != nil && isLocalSystem(typed) {
		return localSystem, RunAs{}
	}
	return domainAccount, RunAs{Account: typed}
}

// isLocalSystem knows the system's own account by the name that Windows' service manager has for it, in every language.
func isLocalSystem(typed string) bool {
	return strings.EqualFold(strings.TrimPrefix(typed, `.\`), "LocalSystem")
}

// runsAsAnswered reports whether the service that is there runs under the account that was answered, however that is spelled. No
// answer wants no other.
func (s *setup) runsAsAnswered(ctx context.Context, answer string) bool {
	answer = strings.TrimSpace(answer)
	if s.Service == nil || answer == "" {
		return true
	}
	now, there, err := s.Service.Installed(ctx)
	return err != nil || !there || sameAccount(now.Account, answer)
}

// sameAccount compares the service manager's name of an account with what somebody typed: gmsa, gmsa$, EXAMPLE\gmsa$ and
// example.test\gmsa$ are one.
func sameAccount(installed, typed string) bool {
	if installed == "" || isLocalSystem(typed) {
		return installed == "" && isLocalSystem(typed)
	}
	domain, name, found := strings.Cut(installed, `\`)
	if !found {
		return strings.EqualFold(installed, typed)
	}
	where, who, qualified := strings.Cut(typed, `\`)
	if !qualified {
		where, who = domain, typed
	}
	short := func(domain string) string { first, _, _ := strings.Cut(domain, "."); return first }
	return strings.EqualFold(short(where), short(domain)) && strings.EqualFold(strings.TrimSuffix(who, "$"), strings.TrimSuffix(name, "$"))
}

// mayRunAs is nil for an account that the service can run as.
func (s *setup) mayRunAs(ctx context.Context, who string, as RunAs) error {
	switch {
	case s.Managed == nil:
		return s.Service.Accepts(ctx, as)
	case who == localSystem:
		return nil
	case who == domainAccount && !strings.Contains(as.Account, `\`):
		return &problem.Problem{
			Code: problem.Invalid, Title: "The service manager does not take " + as.Account, Text: "It wants the domain before the name.",
			Hint: `Write it as EXAMPLE\svc-passly.`, Op: "checking the service's account",
		}
	case who == domainAccount:
		account := handoff.Directory{URL: s.directory.URL, CA: s.directory.CA, Account: as.Account, Password: as.Password}
		_, err := s.Examine(ctx, account)
		return err
	}
	managed, err := s.Managed(ctx, s.directory)
	if err != nil {
		return err
	}
	for _, a := range managed {
		if a.Name == who && a.Usable {
			return nil
		}
	}
	return notUsable(who, s.Host)
}

func notUsable(name, host string) error {
	quoted := "'" + strings.ReplaceAll(name, "'", "''") + "'"
	return &problem.Problem{
		Code: problem.Forbidden, Title: "This machine may not use " + name + " yet",
		Text: "A managed account names the machines that get its password.",
		Hint: "As a domain administrator, in PowerShell: $a = Get-ADServiceAccount " + quoted + " -Properties PrincipalsAllowedToRetrieveManagedPassword; " +
			"Set-ADServiceAccount $a -PrincipalsAllowedToRetrieveManagedPassword (@($a.PrincipalsAllowedToRetrieveManagedPassword) + (Get-ADComputer '" + host + "').DistinguishedName). Then press enter.",
		Op: "checking the managed service account",
	}
}

func (v *runAs) view(width int) string {
	text := v.question.view(width)
	if v.listing {
		text += "\n" + v.m.styles.Now.Render(v.spin.View()) + " Looking for managed service accounts …"
	}
	return text
}
