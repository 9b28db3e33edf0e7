package main

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// StatusCmd says how the agent is.
type StatusCmd struct {
	State string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	JSON  bool   `help:"Print the status as JSON."`
}

// Run asks the agent and prints its conditions; the exit code says the worst.
func (c StatusCmd) Run(ctx context.Context, streams Streams) error {
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	status, err := handoff.Dial(paths.Channel).Status(ctx)
	if c.JSON {
		if err := printJSON(streams.Out, status, err); err != nil {
			return err
		}
		return saidVerdict(status)
	}
	if err != nil {
		return fmt.Errorf("asking the agent: %w", err)
	}
	printStatus(streams.Out, status, time.Now())
	return saidVerdict(status)
}

func saidVerdict(status handoff.Status) error {
	if err := verdict(status); err != nil {
		return said{err}
	}
	return nil
}

// verdict is nil when nobody has to do anything.
func verdict(status handoff.Status) error {
	if !status.Enrolled {
		return &problem.Problem{Code: notEnrolled, Title: "The agent is not enrolled"}
	}
	for _, condition := range status.Conditions {
		if condition.Severity.Rank() >= control.Warning.Rank() {
			return &problem.Problem{Code: needsAttention, Title: condition.Title}
		}
	}
	return nil
}
