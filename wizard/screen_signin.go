package wizard

import (
	"context"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// newSignIn asks an administrator of the tenant to sign in. The field for a one-time code appears when the tenant asks.
func newSignIn(m *model) *question {
	s, answers := m.setup, &m.setup.Prefilled
	email := newField(m.styles, "E-mail", answers.Email, "you@example.com")
	password := newSecret(m.styles, "Password", answers.Password)
	code := newField(m.styles, "One-time code", answers.Code, "from your authenticator")
	code.hidden = true
	q := m.question(2, "Signing in", email, password, code)
	q.heading = func() string { return "Sign in to " + s.discovery.TenantName }
	q.intro = func() string {
		return "As an administrator of the tenant. This is used once, to enrol the agent; nothing of it is stored."
	}
	q.begin = func() check {
		in := control.SignIn{Email: strings.TrimSpace(email.value()), Password: password.value()}
		if !code.hidden {
			in.Code = strings.ReplaceAll(code.value(), " ", "")
		}
		base, tenant := s.base, s.tenant
		return func(ctx context.Context) (func(), error) {
			session, err := tenant.SignIn(ctx, base, in)
			return func() { s.session = session }, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		switch {
		case p.Code == control.NeedsCode:
			q.notice, code.hidden = code.hidden, false
			code.input.Reset()
			q.form.focusOn(code)
		case p.Code == problem.CredentialsBad || p.Code == problem.Unauthorized:
			q.form.focusOn(password)
		}
		return p
	}
	return q
}
