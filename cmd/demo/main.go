// Command demo shows Passly Directory Sync on one machine: a tenant on loopback, a small invented Active Directory in this
// process, the setup wizard in this terminal and the agent behind it. It needs nothing but Go and leaves nothing behind.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"passlysync/pkg/problem"
)

func main() {
	var o options
	kong.Parse(&o, kong.Name("demo"), kong.Description("Passly Directory Sync on one machine: tenant, directory, wizard and agent."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		p := problem.Of(err)
		fmt.Fprintf(os.Stderr, "demo: %s\n  %s\n  → %s\n", p.Title, p.Text, p.Hint)
		os.Exit(1)
	}
}
