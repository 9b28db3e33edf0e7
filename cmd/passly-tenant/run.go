package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"passlysync/pkg/problem"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// terminal is where a command reads and writes.
type terminal struct {
	in        *os.File
	out, errs io.Writer
}

// interactive reports whether a person can be asked.
func (t terminal) interactive() bool {
	return term.IsTerminal(int(t.in.Fd()))
}

type commands struct {
	Init          initCommand           `cmd:"" help:"Make a tenant and its first administrator."`
	Serve         serveCommand          `cmd:"" help:"Serve the tenant: console, SCIM 2.0 and the agents' API."`
	Copy          copyCommand           `cmd:"" help:"Copy a tenant from its folder into an empty PostgreSQL database."`
	Administrator administratorCommands `cmd:"" help:"Add an administrator, lock one, change a role, or reset a second factor."`
	Disable       disableCommand        `cmd:"" help:"Let nobody sign in and no agent enrol, until enable. Agents that are enrolled go on."`
	Enable        enableCommand         `cmd:"" help:"End what disable began."`
	Version       kong.VersionFlag      `help:"Print the version." short:"v"`
}

// stopped unwinds kong, which would exit the process, for --help and --version.
type stopped struct{ code int }

// run carries out one command and gives the exit code.
func run(ctx context.Context, args []string, t terminal) (code int) {
	defer func() {
		switch end := recover().(type) {
		case nil:
		case stopped:
			code = end.code
		default:
			panic(end)
		}
	}()
	parser, err := kong.New(new(commands), kong.Name("passly-tenant"), kong.Vars{"version": "passly-tenant " + version},
		kong.Description("Passly's tenant. Begin with init, then serve."), kong.Writers(t.out, t.errs),
		kong.Exit(func(code int) { panic(stopped{code}) }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t))
	if err != nil {
		return tell(t.errs, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(t.errs, "passly-tenant: %s\n  Try: passly-tenant --help\n", err)
		return exitUsage
	}
	return tell(t.errs, parsed.Run())
}

// tell puts an error into words: what happened, what it means, what to do next.
func tell(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "passly-tenant: stopped; nothing was changed")
		return exitFailed
	}
	p := problem.Of(err)
	fmt.Fprintf(w, "passly-tenant: %s\n", p.Title)
	for _, line := range []string{p.Text, p.Hint} {
		if line != "" {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(line, "\n", "\n  "))
		}
	}
	return exitFailed
}
