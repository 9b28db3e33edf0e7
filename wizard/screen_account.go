package wizard

import (
	"context"
	"crypto/x509"
	"errors"

	"passlysync/pkg/problem"
)

// newAccount asks for the directory and the account with which the agent reads it.
func newAccount(m *model) *question {
	s, answers := m.setup, &m.setup.Prefilled
	address := newField(m.styles, "Directory", answers.DirectoryURL, "ldaps://dc1.example.com")
	account := newField(m.styles, "Account", answers.DirectoryAccount, "svc-passly@example.com")
	password := newSecret(m.styles, "Password", answers.DirectoryPassword)
	ca := newField(m.styles, "CA file", answers.DirectoryCAFile, "optional, PEM")
	ca.optional = true
	q := m.question(3, "Signing in to the directory", address, account, password, ca)
	q.heading = func() string { return "Which account reads the directory?" }
	q.intro = func() string {
		return "The agent signs in to Active Directory with this service account. Its password is kept " + s.vaultWords() + "."
	}
	q.begin = func() check {
		typed := Answers{
			DirectoryURL: address.value(), DirectoryAccount: account.value(),
			DirectoryPassword: password.value(), DirectoryCAFile: ca.value(),
		}
		return func(ctx context.Context) (func(), error) {
			d, words, err := s.look(ctx, typed)
			return func() { s.directory, s.directoryWords = d, words }, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		var unknown x509.UnknownAuthorityError
		switch {
		case errors.As(p, &unknown):
			q.form.focusOn(ca)
		case p.Code == problem.CredentialsBad:
			q.form.focusOn(password)
		case p.Code == problem.Unreachable, p.Code == problem.TLS:
			q.form.focusOn(address)
		}
		return p
	}
	return q
}
