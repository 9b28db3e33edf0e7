package wizard

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/terminal"
)

// examineService is Options.ExamineService unless something else is given.
func examineService(ctx context.Context, s handoff.Service) error {
	return scim.Service{URL: s.URL, CA: s.CA, Plain: s.Plain, Token: s.Token, OAuth: s.OAuth}.Examine(ctx)
}

// toService reports whether a SCIM service of others takes the tenant's place.
func (s *setup) toService() bool { return s.Prefilled.Service != nil }

// targetsService has a setup that goes on from what is enrolled keep to its kind of target.
func (s *setup) targetsService(known handoff.Status) {
	if known.Target != handoff.TargetSCIM {
		s.Prefilled.Service = nil
		return
	}
	given := cmp.Or(s.Prefilled.Service, &handoff.Service{Incomplete: control.IncompleteHalt, Guard: control.DefaultGuard})
	if given.URL == "" {
		given.URL = known.Tenant
	}
	if given.OAuth == nil && given.Token == "" {
		given.OAuth = known.OAuth
	}
	if now := known.Settings; now != nil && s.Prefilled.Service == nil {
		given.Units, given.Incomplete, given.Guard = known.Units, now.Incomplete, now.Guard
	}
	s.Prefilled.Service = given
}

// askService checks the first answer, where a SCIM service of others takes the tenant's place.
func (s *setup) askService(ctx context.Context, asked handoff.Service, caFile string) (handoff.Service, error) {
	var err error
	if asked.URL, err = scim.ServiceURL(asked.URL, asked.Plain); err != nil {
		return asked, err
	}
	if asked.CA, err = readCA(caFile); err != nil {
		return asked, err
	}
	if asked.CA == "" && asked.URL == s.known.Tenant {
		asked.CA = s.known.TenantCA
	}
	if asked.OAuth, err = asked.OAuth.Checked(asked.Plain); err != nil {
		return asked, err
	}
	asked.Token = strings.TrimSpace(asked.Token)
	if asked.Token == "" {
		return asked, &problem.Problem{Code: problem.CredentialsBad, Title: "The token is empty", Hint: "Make one where the service is administered."}
	}
	return asked, s.ExamineService(ctx, asked)
}

// answeredService takes a checked service as the one to sync into.
func (s *setup) answeredService(found handoff.Service) {
	s.service, s.base = &found, found.URL
	s.discovery = control.Discovery{TenantName: terminal.Line(hostOf(found.URL))}
}

func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// unitNames splits what was typed: distinguished names have commas, so semicolons stand between them.
func unitNames(text string) (names []string) {
	for _, name := range strings.Split(text, ";") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// knownUnits checks that the directory has the units that were chosen.
func (s *setup) knownUnits(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if len(names) > control.MaxScope {
		return &problem.Problem{Code: problem.TooLarge, Title: "There are too many units in this choice", Hint: "Choose units above them."}
	}
	units, err := s.Units(ctx, s.directory)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(units, func(u directory.Entry) bool { return strings.EqualFold(u.DN, name) }) {
			return noUnit(name, units)
		}
	}
	return nil
}

func noUnit(name string, units []directory.Entry) error {
	p := &problem.Problem{
		Code: problem.Invalid, Title: "There is no organizational unit " + name, Op: "looking for the organizational units",
		Hint: "Give whole distinguished names, such as OU=Sales,DC=example,DC=com.",
	}
	var there []string
	for _, u := range units {
		if strings.HasPrefix(u.DN, "OU=") && len(there) < 8 {
			there = append(there, u.DN)
		}
	}
	if len(there) > 0 {
		p.Text = "Among those that are there: " + strings.Join(there, "; ") + "."
	}
	return p
}

// oauthWords say where access tokens come from; empty where the service takes the token that was given.
func (s *setup) oauthWords() string {
	if s.service == nil || s.service.OAuth == nil {
		return ""
	}
	return "for " + terminal.Line(s.service.OAuth.ClientID) + " from " + terminal.Line(hostOf(s.service.OAuth.TokenURL))
}

// unitsWords are the units that were chosen; empty with a tenant, whose console chooses.
func (s *setup) unitsWords() string {
	switch {
	case s.service == nil:
		return ""
	case len(s.service.Units) == 0:
		return "the whole domain"
	}
	return strings.Join(s.service.Units, "; ")
}

// without is what such a target cannot do; empty with a tenant.
func (s *setup) without() string {
	if s.service == nil {
		return ""
	}
	return handoff.WithoutTenantShort
}
