package wizard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// Names of the wizard's own steps, before the agent's (handoff.StepDirectory and on).
const (
	StepInstall = "Install the service"
	StepStart   = "Start the service"
	StepAgent   = "Reach the agent"
	StepToken   = "Get an enrolment token"
	StepUndo    = "Take the service back" // told only when that failed
)

// How long to wait for an agent that a person starts, or that the service manager does; how often to look, and for how long:
// one that is just starting may leave a caller without an answer, and answer the next.
const (
	personStartsIn  = 2 * time.Minute
	serviceStartsIn = 30 * time.Second
	lookEvery       = 300 * time.Millisecond
	hearFor         = 5 * time.Second
)

// planned lists the steps that are sure to come, in their order.
func (s *setup) planned() []string {
	if s.toService() {
		return []string{StepAgent, handoff.StepDirectory, handoff.StepService, handoff.StepUnits, handoff.StepKeyring}
	}
	return []string{
		StepAgent, StepToken,
		handoff.StepDirectory, handoff.StepKey, handoff.StepKeyring, handoff.StepEnrol, handoff.StepCheckIn,
	}
}

// perform does what the summary announced, telling each step. It can be repeated after a failure.
func (s *setup) perform(ctx context.Context, tell func(handoff.Step)) error {
	undo, err := s.prepareService(ctx, tell)
	if err == nil {
		err = s.enrol(ctx, tell)
	}
	if err != nil {
		undo(ctx)
		return err
	}
	s.finish(ctx)
	return nil
}

// enrol hands everything over to the agent.
func (s *setup) enrol(ctx context.Context, tell func(handoff.Step)) error {
	if err := s.reachAgent(ctx, tell); err != nil {
		return err
	}
	enrolment := handoff.Enrolment{Directory: s.directory, Vault: s.Vault, Service: s.service}
	if s.service == nil {
		token, err := s.getToken(ctx, tell)
		if err != nil {
			return err
		}
		enrolment.Tenant, enrolment.TenantCA, enrolment.Token = s.base, s.tenantCA, token
	}
	last := &follower{tell: tell}
	if err := s.Agent.Enrol(ctx, enrolment, last.step); err != nil {
		last.fail(err)
		return fmt.Errorf("enrolling the agent: %w", err)
	}
	return nil
}

// follower remembers the step in progress, so that an error which no step told belongs to one on the screen.
type follower struct {
	tell    func(handoff.Step)
	running string
	failed  bool
	began   bool
}

func (f *follower) step(s handoff.Step) {
	f.began, f.failed = true, s.State == handoff.StepFailed
	f.running = s.Name
	if s.State == handoff.StepDone {
		f.running = ""
	}
	f.tell(s)
}

func (f *follower) fail(err error) {
	if f.failed || errors.Is(err, context.Canceled) {
		return
	}
	name := f.running
	switch {
	case problem.Is(err, vault.Unusable):
		name = handoff.StepKeyring
	case !f.began:
		name = handoff.StepDirectory
	case name == "":
		name = handoff.StepEnrol
	}
	f.tell(handoff.Step{Name: name, State: handoff.StepFailed, Problem: problem.Of(err)})
}

// during tells that a step runs, and then how it ended.
func during(tell func(handoff.Step), name string, do func() (detail string, err error)) error {
	tell(handoff.Step{Name: name, State: handoff.StepRunning})
	detail, err := do()
	if errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		tell(handoff.Step{Name: name, State: handoff.StepFailed, Problem: problem.Of(err)})
		return err
	}
	tell(handoff.Step{Name: name, State: handoff.StepDone, Detail: detail})
	return nil
}

// reachAgent makes sure that an agent answers: by the service manager where possible, else by waiting for the person.
func (s *setup) reachAgent(ctx context.Context, tell func(handoff.Step)) error {
	return during(tell, StepAgent, func() (string, error) {
		status, err := s.hear(ctx)
		if notYet(err) {
			patience := serviceStartsIn
			if s.Service == nil && problem.Is(err, handoff.NotRunning) {
				patience = personStartsIn
				tell(handoff.Step{Name: StepAgent, State: handoff.StepRunning, Problem: s.pleaseStart()})
			}
			status, err = s.await(ctx, patience)
		}
		return version(status), err
	})
}

// version says which agent it is that gets the credentials, and as whom it runs.
func version(status handoff.Status) string {
	if status.Version == "" {
		return ""
	}
	if status.RunsAs == "" {
		return "version " + status.Version
	}
	return "version " + status.Version + ", runs as " + status.RunsAs
}

func (s *setup) pleaseStart() *problem.Problem {
	return &problem.Problem{
		Code: handoff.NotRunning, Title: "Please start the agent in another terminal:", Text: "  " + s.AgentCommand,
		Hint: "Setup goes on by itself as soon as the agent answers.",
	}
}

// await looks for the agent until it answers or patience ends.
func (s *setup) await(ctx context.Context, patience time.Duration) (handoff.Status, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		status, err := s.hear(ctx)
		if !notYet(err) {
			return status, err
		}
		select {
		case <-ctx.Done():
			return status, ctx.Err()
		case <-deadline.C:
			return status, err
		case <-look.C:
		}
	}
}

func (s *setup) hear(ctx context.Context) (handoff.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, hearFor)
	defer cancel()
	return s.Agent.Status(ctx)
}

// notYet reports whether an agent that starts may still answer after this.
func notYet(err error) bool {
	return problem.Is(err, handoff.NotRunning) || problem.Is(err, problem.Unavailable)
}

func (s *setup) getToken(ctx context.Context, tell func(handoff.Step)) (token string, err error) {
	err = during(tell, StepToken, func() (string, error) {
		if s.token != "" {
			token = s.token
			return "given", nil
		}
		got, err := s.tenant.EnrolmentToken(ctx, s.base, s.session.Session)
		token = got.Token
		return "", err
	})
	return token, err
}

// finish ends the administrator's session, which was for the token only, and collects what stands now.
func (s *setup) finish(ctx context.Context) {
	s.signOut(ctx)
	status, _ := s.Agent.Status(ctx)
	s.result = Result{Tenant: s.base, TenantName: s.discovery.TenantName, Console: s.consoleURL(), Agent: status}
	if status.Console != "" {
		s.result.Console = status.Console
	}
	s.lives = s.livesWords(ctx)
	if s.service != nil {
		s.result.Console = ""
		s.result.Words = "The agent syncs into the SCIM service at " + s.result.TenantName + ". “passly-sync status” says how it goes."
		return
	}
	s.result.Words = "The agent is enrolled with " + s.result.TenantName + ". Go on at " + s.result.Console
}
