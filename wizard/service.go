package wizard

import (
	"context"
	"time"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

// undoIn bounds taking a service back: somebody wants to leave, or to try again.
const undoIn = time.Minute

// prepareService installs and starts the service where no agent answers, or where it is to run as somebody else. undo takes
// back what was done here; every later failure calls it.
func (s *setup) prepareService(ctx context.Context, tell func(handoff.Step)) (undo func(context.Context), err error) {
	undo = func(context.Context) {}
	if s.Service == nil {
		return undo, nil
	}
	want := s.runAs
	want.Vault = s.Vault
	before, there, err := s.Service.Installed(ctx)
	if err != nil {
		return undo, during(tell, StepInstall, func() (string, error) { return "", err })
	}
	_, silent := s.Agent.Status(ctx)
	if !problem.Is(silent, handoff.NotRunning) && (!there || before.same(want)) {
		return undo, nil
	}
	var did []string
	undo = func(ctx context.Context) { s.takeBack(ctx, tell, did, before, there) }
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{StepInstall, func() error { return s.Service.Install(ctx, want) }},
		{StepStart, func() error { return s.Service.Start(ctx) }},
	} {
		if err := during(tell, step.name, func() (string, error) { return "", step.do() }); err != nil {
			return undo, err
		}
		did = append(did, step.name)
	}
	return undo, nil
}

// takeBack makes the service what it was before, or nothing.
func (s *setup) takeBack(ctx context.Context, tell func(handoff.Step), did []string, before RunAs, there bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoIn)
	defer cancel()
	var err error
	if there {
		if err = s.Service.Install(ctx, before); err == nil {
			err = s.Service.Start(ctx)
		}
	} else {
		err = s.Service.Remove(ctx)
	}
	if err != nil {
		tell(handoff.Step{Name: StepUndo, State: handoff.StepFailed, Problem: problem.Of(err)})
		return
	}
	for _, name := range did {
		tell(handoff.Step{Name: name, State: handoff.StepUndone, Detail: "taken back"})
	}
}
