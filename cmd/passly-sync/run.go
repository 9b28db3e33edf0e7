package main

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Streams is where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// CLI is every command with its flags. No flag takes a secret: command lines can be read by everybody on a machine.
type CLI struct {
	Setup   SetupCmd   `cmd:"" help:"Set the agent up: three questions, then it runs on its own."`
	Status  StatusCmd  `cmd:"" help:"Say how the agent is."`
	Preview PreviewCmd `cmd:"" help:"Say what the next sync would do; nothing is changed."`
	Explain ExplainCmd `cmd:"" help:"Say why somebody is, or is not, synced."`
	Held    HeldCmd    `cmd:"" help:"List the removals that are held, and decide on them where no console does."`
	Doctor  DoctorCmd  `cmd:"" help:"Look at the machine, at the way to directory and tenant, and at the agent."`
	Sync    SyncCmd    `cmd:"" help:"Have the agent sync now."`
	Agent   AgentCmd   `cmd:"" help:"Run the agent in the foreground, as the service manager does."`

	Installer InstallerCmd `cmd:"" hidden:"" help:"For installers of packages."`

	ShowVersion VersionCmd  `cmd:"" name:"version" help:"Say which version this is."`
	Version     versionFlag `help:"Say which version this is."`
}

// versionFlag makes --version the same as the command.
type versionFlag bool

// run parses the arguments, runs the command and gives the exit code.
func run(ctx context.Context, args []string, streams Streams) int {
	var cli CLI
	left := false // help or version was printed: nothing else is to be done
	parser, err := kong.New(&cli,
		kong.Name("passly-sync"), kong.Description("Passly Directory Sync: people of an Active Directory, in Passly."),
		kong.Writers(streams.Out, streams.Err), kong.Exit(func(int) { left = true }),
		kong.Configuration(readAnswersFile), kong.Help(help), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams),
	)
	if err != nil {
		return report(streams.Err, fmt.Errorf("reading the commands: %w", err))
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case left:
		return exitOK
	case err != nil:
		words := fmt.Sprintf("passly-sync: %v\n  → See “passly-sync --help”.\n", err)
		fmt.Fprint(streams.Err, words)
		reportMisuse(args, words)
		return exitUsage
	}
	return report(streams.Err, parsed.Run())
}

// BeforeReset prints the version as soon as the flag is seen.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	printVersion(app.Stdout)
	app.Exit(exitOK)
	return nil
}

// help adds the exit codes to what kong prints.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if ctx.Command() == "" {
		fmt.Fprint(ctx.Stdout, "\n"+exitHelp)
	}
	return nil
}
