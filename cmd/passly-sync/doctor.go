package main

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// DoctorCmd looks at all that an agent that runs depends on.
type DoctorCmd struct {
	State       string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	AllowMember bool   `help:"Laboratories only: allow a Windows machine that is no domain controller."`
	JSON        bool   `help:"Print what was found as JSON."`
}

// findings are what the doctor found: on the machine and on the way to directory and tenant, and what the agent says of
// itself, rights in the directory with the commands that grant them among it.
type findings struct {
	Checks  []preflight.Result `json:"checks"`
	Status  *handoff.Status    `json:"status,omitzero"`
	Problem *problem.Problem   `json:"problem,omitzero"` // why the agent does not answer
}

// Run looks, prints, and gives the exit code of the worst that was found. Nothing is changed.
func (c DoctorCmd) Run(ctx context.Context, streams Streams) error {
	facts := host.Look()
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	as := SetupCmd{State: c.State, AllowMember: c.AllowMember}
	found := findings{Checks: preflight.Run(ctx, preflight.Checks(as.look(ctx, facts, paths)), func(preflight.Result) {})}
	status, err := handoff.Dial(paths.Channel).Status(ctx)
	if err == nil {
		found.Status = &status
	} else {
		found.Problem = problem.Of(err)
	}
	if c.JSON {
		if err := printJSON(streams.Out, found, nil); err != nil {
			return err
		}
	} else {
		printChecks(streams.Out, found.Checks)
		if found.Status != nil {
			fmt.Fprintln(streams.Out)
			printStatus(streams.Out, status, time.Now())
		}
	}
	return found.worst(c.JSON, err)
}

// worst is the error that the exit code is made of. What is wrong with the agent's answer is only said where nothing was printed of it.
func (f findings) worst(told bool, err error) error {
	switch {
	case err != nil && told:
		return said{err}
	case err != nil:
		return fmt.Errorf("asking the agent: %w", err)
	}
	if err := worstOf(f.Checks); err != nil {
		return err
	}
	return saidVerdict(*f.Status)
}
