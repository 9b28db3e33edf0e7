package wizard

import (
	"context"
	"fmt"

	"passlysync/pkg/handoff"
)

// Names of the steps on a machine that is enrolled already.
const (
	StepLeave  = "Forget the tenant and the credentials"
	StepRemove = "Remove the service"
)

// changeAccount hands the directory's account that was checked to the enrolled agent.
func (s *setup) changeAccount(ctx context.Context, tell func(handoff.Step)) error {
	if err := s.reachAgent(ctx, tell); err != nil {
		return err
	}
	err := during(tell, StepAccount, func() (string, error) {
		return s.directory.Account, s.Agent.ChangeDirectory(ctx, s.directory)
	})
	if err != nil {
		return fmt.Errorf("changing the service account: %w", err)
	}
	s.result.Words = "The agent reads the directory as " + s.directory.Account + " from now on."
	return nil
}

// remove takes the agent off this machine.
func (s *setup) remove(ctx context.Context, tell func(handoff.Step)) error {
	s.result.Words = "The tenant shows it as offline from now on. People it brought stay there as they are."
	err := during(tell, StepLeave, func() (string, error) { return "", s.Agent.Leave(ctx) })
	if err != nil || s.Service == nil {
		return err
	}
	return during(tell, StepRemove, func() (string, error) { return "", s.Service.Remove(ctx) })
}
