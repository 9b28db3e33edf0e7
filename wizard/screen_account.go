package wizard

import (
	"context"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
	"passlysync/pkg/terminal"
	"passlysync/pkg/vault"
)

// accountFields are what the third question asks. The field for a CA file appears when it is needed.
type accountFields struct {
	address, account, password, ca, runsAs, vault *field

	placeIsKept bool // an enrolled agent's, which need not be tried
}

func (m *model) accountFields() accountFields {
	answers := &m.setup.Prefilled
	f := accountFields{
		address:  newField(m.styles, "Directory", answers.DirectoryURL, "ldaps://dc1.example.com"),
		account:  newField(m.styles, "Account", answers.DirectoryAccount, "svc-passly@example.com"),
		password: newSecret(m.styles, "Password", answers.DirectoryPassword),
		ca:       newField(m.styles, "CA file", answers.DirectoryCAFile, "PEM file"),
		runsAs:   newField(m.styles, "Service runs as", answers.ServiceAccount, "the system's own account"),
		vault:    newChoice(m.styles, "Credentials", m.setup.Vault, vaults(m.setup.Vault)),
	}
	if m.setup.OwnAccount {
		f.account.optional, f.account.asked = true, true
		f.account.input.Placeholder = "the service's own"
	}
	f.password.needless = func() bool {
		return len(answers.DirectoryKeytab) > 0 || m.setup.OwnAccount && f.account.value() == ""
	}
	f.ca.optional, f.ca.hidden = true, answers.DirectoryCAFile == ""
	f.runsAs.optional, f.runsAs.hidden = true, m.setup.Service == nil || m.setup.Managed != nil
	f.vault.hidden = m.setup.Vault == "memory"
	return f
}

// theDirectorysOnly leaves out what an enrolled agent keeps: as whom it runs, and where its credentials are.
func (f accountFields) theDirectorysOnly() accountFields {
	f.runsAs.hidden, f.vault.hidden, f.placeIsKept = true, true, true
	return f
}

// vaults are the places that an administrator can choose for the agent's credentials, systemd's where it was given. There is
// never a silent fallback.
func vaults(given string) []option {
	all := []option{
		{"keyring", "the service's OS keyring", ""},
		{
			"file", "a file in the state folder",
			"Chosen on purpose where there is no keyring: clear text, readable by the service's account (and root) only.",
		},
	}
	if given == string(vault.Systemd) {
		all = append(all, option{given, "systemd's credentials", "An administrator put them there (systemd-creds)."})
	}
	return all
}

func (f accountFields) all() []*field {
	return []*field{f.address, f.account, f.password, f.ca, f.runsAs, f.vault}
}

// fill takes what the checklist found for what is still empty.
func (f accountFields) fill(a Answers) {
	if f.address.value() == "" {
		f.address.input.SetValue(a.DirectoryURL)
	}
	if f.ca.value() == "" && a.DirectoryCAFile != "" {
		f.ca.input.SetValue(a.DirectoryCAFile)
		f.ca.hidden = false
	}
}

func (f accountFields) answers() Answers {
	return Answers{
		DirectoryURL: f.address.value(), DirectoryAccount: f.account.value(), DirectoryPassword: f.password.value(),
		DirectoryCAFile: f.ca.value(), ServiceAccount: f.runsAs.value(),
	}
}

// newAccount asks for the directory and the account with which the agent reads it, and as whom the agent runs.
func newAccount(m *model, f accountFields) *question {
	s := m.setup
	q := m.question(s.accountNumber(), "Signing in to the directory", f.all()...)
	q.back = true
	q.heading = func() string { return "Which account reads the directory?" }
	q.intro = func() string {
		if s.OwnAccount {
			return "The agent signs in to Active Directory as the account that its service runs under, without a password, or with another one that you name. Its password is kept " +
				vaultWords(s.chosenVault(f.vault)) + "."
		}
		return "The agent signs in to Active Directory with this service account. Its password is kept " + vaultWords(s.chosenVault(f.vault)) + "."
	}
	q.fill = func() { f.fill(s.Prefilled) }
	q.begin = func() check {
		typed, place := f.answers(), s.chosenVault(f.vault)
		return func(ctx context.Context) (func(), error) {
			d, access, err := s.look(ctx, typed)
			if err == nil && s.Service != nil && s.Managed == nil && !f.runsAs.hidden {
				err = s.Service.Accepts(ctx, RunAs{Account: typed.ServiceAccount})
			}
			if err == nil && !f.placeIsKept {
				err = s.keeps(ctx, place, RunAs{Account: typed.ServiceAccount})
			}
			return func() {
				s.directory, s.access, s.Vault = d, access, place
				if s.Managed == nil {
					s.runAs = RunAs{Account: typed.ServiceAccount}
				}
			}, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		q.form.focusOn(f.pointedAt(p))
		return chooseHere(p, "choose another place in the field Credentials.")
	}
	return q
}

// chosenVault leaves a place alone that is not among those to choose from.
func (s *setup) chosenVault(f *field) string {
	if f.hidden {
		return s.Vault
	}
	if s.Vault == "" && f.value() == "keyring" {
		return ""
	}
	return f.value()
}

// pointedAt is the field that a problem is about.
func (f accountFields) pointedAt(p *problem.Problem) *field {
	switch {
	case needsAuthority(p):
		f.ca.hidden = false
		return f.ca
	case p.Code == service.NoAccount:
		return f.runsAs
	case p.Code == vault.Unusable && !f.vault.hidden:
		return f.vault
	case p.Code == problem.Invalid, p.Code == problem.Unreachable, p.Code == problem.TLS, p.Code == directory.Unreachable, p.Code == directory.Untrusted:
		return f.address
	}
	return f.password
}

// recall fills the answers with what the enrolled agent works with.
func (s *setup) recall(ctx context.Context, status handoff.Status) {
	status.TenantName = terminal.Line(status.TenantName)
	s.known = status
	s.Prefilled.DirectoryURL, s.Prefilled.DirectoryAccount = status.DirectoryURL, status.DirectoryAccount
	s.Prefilled.Domain, s.Vault = status.Tenant, status.VaultKind
	if s.Service == nil {
		return
	}
	if as, there, err := s.Service.Installed(ctx); err == nil && there {
		s.Prefilled.ServiceAccount = as.Account
	}
}
