package wizard

import (
	"context"
	"strings"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// newService asks for the SCIM service that takes the tenant's place. The field for a CA file appears when it is needed.
func newService(m *model) *question {
	s, answers := m.setup, &m.setup.Prefilled
	address := newField(m.styles, "Address", answers.Service.URL, "https://scim.example.com/scim/v2")
	token := newSecret(m.styles, "Token or secret", answers.Service.Token)
	given := scim.OAuth{}
	if o := answers.Service.OAuth; o != nil {
		given = *o
	}
	endpoint := newField(m.styles, "OAuth: from", given.TokenURL, "token endpoint, where it gives no token itself")
	client := newField(m.styles, "OAuth: client ID", given.ClientID, "whose secret stands above")
	scope := newField(m.styles, "OAuth: scope", given.Scope, "")
	endpoint.optional, client.optional, scope.optional = true, true, true
	ca := newField(m.styles, "CA file", answers.TenantCAFile, "PEM file")
	ca.optional, ca.hidden = true, answers.TenantCAFile == ""
	q := m.question(1, "Looking for the SCIM service", address, token, endpoint, client, scope, ca)
	q.heading = func() string { return "Which SCIM 2.0 service?" }
	q.intro = func() string {
		return "Users, groups and members of this directory will come to it. What only a Passly tenant does is left out: " + handoff.WithoutTenantShort + "."
	}
	q.begin = func() check {
		asked, file := *answers.Service, ca.value()
		asked.URL, asked.Token = address.value(), token.value()
		asked.OAuth = &scim.OAuth{TokenURL: endpoint.value(), ClientID: client.value(), Scope: scope.value()}
		return func(ctx context.Context) (func(), error) {
			found, err := s.askService(ctx, asked, file)
			return func() { s.answeredService(found) }, err
		}
	}
	q.failed = func(p *problem.Problem) *problem.Problem {
		switch {
		case needsAuthority(p):
			ca.hidden = false
			q.form.focusOn(ca)
			here := *p
			here.Hint = "If that is your own authority, give its certificate as CA file. Otherwise something sits in between: stop here."
			return &here
		case p.Code == problem.CredentialsBad:
			q.form.focusOn(token)
			if endpoint.value() != "" {
				return p
			}
			here := *p
			here.Hint = "Make a new token where the service is administered, and give it here."
			return &here
		default:
			q.form.focusOn(address)
		}
		return p
	}
	return q
}

// newUnits asks for what a tenant's console would choose.
func newUnits(m *model) *question {
	s := m.setup
	units := newField(m.styles, "Units", strings.Join(s.Prefilled.Service.Units, "; "), "OU=Sales,DC=example,DC=com; OU=Berlin,…")
	units.optional = true
	q := m.question(3, "Looking for the organizational units", units)
	q.back = true
	q.heading = func() string { return "Which organizational units?" }
	q.intro = func() string {
		return "Each is synced with all below it. Give distinguished names with semicolons between them, or nothing for the whole domain."
	}
	q.begin = func() check {
		names := unitNames(units.value())
		return func(ctx context.Context) (func(), error) {
			return func() { s.service.Units = names }, s.knownUnits(ctx, names)
		}
	}
	return q
}
