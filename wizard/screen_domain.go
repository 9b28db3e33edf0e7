package wizard

import (
	"context"
	"crypto/x509"
	"errors"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// newDomain asks for the Passly domain. The field for a CA file appears when it is needed.
func newDomain(m *model) *question {
	s, answers := m.setup, &m.setup.Prefilled
	domain := newField(m.styles, "Passly domain", answers.Domain, "acme.my.passly.com")
	ca := newField(m.styles, "CA file", answers.TenantCAFile, "PEM file")
	ca.optional, ca.hidden = true, answers.TenantCAFile == ""
	q := m.question(1, "Looking for the tenant", domain, ca)
	q.heading = func() string { return "Which Passly tenant?" }
	q.intro = func() string {
		return "The people of this directory will come to it. Its Passly domain is the address at which you sign in to Passly."
	}
	q.understood = func() string { return understood(domain.value()) }
	q.begin = func() check {
		name, file := domain.value(), ca.value()
		return func(ctx context.Context) (func(), error) {
			p, err := s.find(ctx, name, file)
			return func() { s.found(p) }, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		if !needsAuthority(p) {
			return p
		}
		ca.hidden = false
		q.form.focusOn(ca)
		here := *p
		here.Hint = "If that is your own authority, give its certificate as CA file. Otherwise something sits in between: stop here."
		return &here
	}
	return q
}

// needsAuthority reports whether an error can be mended by a CA file.
func needsAuthority(err error) bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown)
}

// understood is the address that a Passly domain as typed stands for, or empty.
func understood(domain string) string {
	bases, err := control.Candidates(domain)
	if err != nil {
		return ""
	}
	return bases[0]
}
