// Command lab starts a real Active Directory domain controller on loopback, with invented people in it, and says how to
// reach it. It stays until Ctrl+C and leaves nothing behind, unless --dir names a folder to keep its state in.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	var o options
	kong.Parse(&o, kong.Name("lab"), kong.Description("Start a real Active Directory domain controller to try things on."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}
