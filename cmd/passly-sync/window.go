package main

import (
	"bufio"
	"context"
	"fmt"

	"passlysync/pkg/host"
)

// inWindow is setup as the installer and the Start menu open it: in a window of its own, which would be gone with the last
// words, and perhaps not elevated yet.
func (c SetupCmd) inWindow(ctx context.Context, streams Streams) error {
	if host.Look().OS == host.Windows && !host.Look().Elevated {
		return elevate("setup --window")
	}
	c.Window = false
	err := c.Run(ctx, streams)
	code := report(streams.Err, err)
	if err != nil && code != exitInterrupted {
		fmt.Fprint(streams.Out, "\nPress enter to close this window. ")
		_, _ = bufio.NewReader(streams.In).ReadString('\n')
	}
	if err != nil {
		return said{err}
	}
	return nil
}
