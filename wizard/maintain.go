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
		return accountName(s.directory.Account), s.Agent.ChangeDirectory(ctx, s.directory)
	})
	if err != nil {
		return fmt.Errorf("changing the service account: %w", err)
	}
	s.result.Words = "The agent reads the directory as " + accountName(s.directory.Account) + " from now on."
	return nil
}

// remove takes the agent off this machine.
func (s *setup) remove(ctx context.Context, tell func(handoff.Step)) error {
	var said handoff.Farewell
	served := s.served(ctx)
	err := during(tell, StepLeave, func() (_ string, err error) {
		said, err = s.Agent.Leave(ctx)
		return farewellWords(said), err
	})
	s.result.Words = "The tenant knows that it is gone. People it brought stay there as they are."
	if !said.Told {
		s.result.Words = "The tenant could not be told and shows it as offline: remove it in the console. People it brought stay there as they are."
	}
	s.result.Words += s.afterRemovalWords(served)
	if err != nil || s.Service == nil {
		return err
	}
	return during(tell, StepRemove, func() (string, error) { return "", s.Service.Remove(ctx) })
}

func farewellWords(said handoff.Farewell) string {
	if said.Told || said.Problem == nil {
		return ""
	}
	return "tenant not told: " + said.Problem.Title
}
