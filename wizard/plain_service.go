package wizard

import (
	"cmp"
	"context"
	"strings"

	"passlysync/pkg/handoff"
	"passlysync/pkg/scim"
	"passlysync/pkg/terminal"
)

// target asks for the SCIM service that takes the tenant's place.
func (l *lines) target(ctx context.Context) error {
	s, a := l.setup, &l.setup.Prefilled
	l.say("Users, groups and members go to a SCIM service of others. What only a Passly tenant does is left out:")
	for _, each := range handoff.WithoutTenant {
		l.say("- " + each)
	}
	given := a.Service.Token
	return l.until(func() (err error) {
		asked := *a.Service
		if asked.URL, err = l.ask("1 of 3. Address of the SCIM 2.0 service, such as https://scim.example.com/scim/v2", asked.URL); err != nil {
			return err
		}
		a.Service.URL = asked.URL
		if err := l.oauth(ctx, &asked); err != nil {
			return err
		}
		a.Service.OAuth = asked.OAuth
		what := "Token"
		if asked.OAuth != nil {
			what = "Secret of the client"
		}
		if asked.Token, err = l.secret(what, given); err != nil {
			return err
		}
		given = ""
		found, err := s.askService(ctx, asked, a.TenantCAFile)
		if needsAuthority(err) {
			l.trouble(err)
			if a.TenantCAFile, err = l.ask("CA file of the service, in PEM form", a.TenantCAFile); err != nil {
				return err
			}
			found, err = s.askService(ctx, asked, a.TenantCAFile)
		}
		if err != nil {
			return err
		}
		s.answeredService(found)
		l.say("This is a SCIM 2.0 service that takes the token, at " + terminal.Line(found.URL) + ".")
		return nil
	})
}

// oauth asks where access tokens come from, unless the service gives one out itself.
func (l *lines) oauth(_ context.Context, asked *handoff.Service) (err error) {
	o := scim.OAuth{}
	if asked.OAuth != nil {
		o = *asked.OAuth
	}
	for _, question := range []struct {
		text string
		into *string
	}{
		{"Address of the OAuth 2.0 token endpoint, or a dot where the service gives out a token itself", &o.TokenURL},
		{"Client ID", &o.ClientID},
		{"Scope, or a dot for none", &o.Scope},
	} {
		if *question.into, err = l.ask(question.text, cmp.Or(*question.into, ".")); err != nil {
			return err
		}
		*question.into = strings.TrimSpace(strings.Trim(*question.into, "."))
		if o.TokenURL == "" {
			asked.OAuth = nil
			return nil
		}
	}
	asked.OAuth, err = o.Checked(asked.Plain)
	return err
}

// units asks for what a tenant's console would choose.
func (l *lines) units(ctx context.Context) error {
	s := l.setup
	typed := strings.Join(s.Prefilled.Service.Units, "; ")
	return l.until(func() (err error) {
		if typed, err = l.ask("3 of 3. Organizational units, by distinguished name with semicolons between, or a dot for the whole domain", typed); err != nil {
			return err
		}
		names := unitNames(strings.TrimSpace(strings.Trim(typed, ".")))
		if err := s.knownUnits(ctx, names); err != nil {
			return err
		}
		s.service.Units = names
		return nil
	})
}
