package wizard

import (
	"context"
	"strings"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// keeps tries the place for the credentials before anything is changed: in the account of the agent that answers already, or
// here, where the service will run as this account. What nobody can try yet shows at its step.
func (s *setup) keeps(ctx context.Context, kind string, as RunAs) error {
	err := s.Agent.CheckVault(ctx, kind)
	if s.becomes(ctx, as) || problem.Is(err, handoff.NotRunning) {
		if s.Service == nil || as.Account != "" || s.TryVault == nil || kind == string(vault.File) {
			return nil
		}
		return s.TryVault(ctx, kind)
	}
	if problem.Is(err, problem.Unavailable) { // an agent of another version
		return nil
	}
	return err
}

// becomes reports whether the service is there and will run under another account than now.
func (s *setup) becomes(ctx context.Context, as RunAs) bool {
	if s.Service == nil {
		return false
	}
	now, there, err := s.Service.Installed(ctx)
	return err == nil && there && now.Account != as.Account
}

// chooseHere says of a place that cannot be used where in the wizard another one is chosen.
func chooseHere(p *problem.Problem, where string) *problem.Problem {
	here := *p
	here.Hint = strings.Replace(p.Hint, vault.Elsewhere, where, 1)
	return &here
}
