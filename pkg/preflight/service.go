package preflight

import (
	"context"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
)

// Service is the agent's service on this machine; service.Manager is one.
type Service interface {
	Standing(ctx context.Context) (service.Installation, bool)
	Start(ctx context.Context) error
}

// installed says whether the agent's service is there and runs.
func (l *look) installed(ctx context.Context) Result {
	if l.Service == nil && !l.Facts.Elevated {
		return Result{State: Skipped, Detail: notLooked("the prompt is not elevated").Error()}
	}
	if l.Service == nil {
		return passed("no service manager: you start the agent")
	}
	found, ok := l.Service.Standing(ctx)
	switch {
	case !ok:
		return passed("not installed yet")
	case found.State != "" && found.State != l.State:
		return passed("installed for " + found.State)
	case found.Running:
		return passed("runs as " + nameOf(found.Account))
	}
	if _, err := l.Agent.Status(ctx); !problem.Is(err, handoff.NotRunning) {
		return passed("installed, and the agent runs without it")
	}
	r := bad(Warning, "stopped", &problem.Problem{
		Code: problem.Unavailable, Title: "The agent's service is installed and does not run",
		Text: "Nothing is synced meanwhile.", Hint: "Start it, or see why it ended: journalctl -u passly-sync, or the event log on Windows.",
	})
	r.Repair = &Repair{Title: "Start the agent's service", Do: l.Service.Start}
	return r
}

func nameOf(account string) string {
	if account == "" {
		return "the system's own account"
	}
	return account
}
