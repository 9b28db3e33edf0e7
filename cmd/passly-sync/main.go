// Command passly-sync is the program on the domain controller: the setup wizard, the agent, and small commands for an
// administrator at a prompt. One file a command; exit codes are in exit.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Windows has no time zones that Go reads, and small systems have none at all
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version = "development"

func main() { os.Exit(program()) }

// program runs what the command line asks for until it is done or a signal ends it, and gives the exit code.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
