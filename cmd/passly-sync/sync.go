package main

import (
	"context"
	"fmt"

	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
)

// SyncCmd has the agent begin a cycle.
type SyncCmd struct {
	State string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
}

// Run asks the agent.
func (c SyncCmd) Run(ctx context.Context, streams Streams) error {
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	if err := handoff.Dial(paths.Channel).SyncNow(ctx); err != nil {
		return fmt.Errorf("asking for a sync: %w", err)
	}
	fmt.Fprintln(streams.Out, "The agent syncs now; “passly-sync status” says how it goes.")
	return nil
}
