// Command passly-tenant is the tenant: its web console, its SCIM 2.0 endpoint and the agents' control API.
//
// One file a command. Exit codes: 0 done, 1 failed, 2 used wrongly.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, errs: os.Stderr})
	stop()
	os.Exit(code)
}
