package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
	"passlysync/wizard"
)

// Exit codes. They are documented in --help and stable: scripts depend on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotEnrolled = 3
	exitAttention   = 4
	exitNotRunning  = 5
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    done; for status: nothing needs attention
  1    failed, the reason was printed; for explain: nobody of this name
  2    used wrongly, or an answer is missing
  3    the agent is not enrolled
  4    the agent needs attention; for setup --check: something does;
       for preview: somebody would be left out, or a removal held;
       for held: some wait, or were not as they were listed
  5    the agent is not running
  130  interrupted
`

// Codes of the problems by which a command chooses its exit code.
const (
	notEnrolled    problem.Code = "not-enrolled"
	needsAttention problem.Code = "needs-attention"
	usage          problem.Code = "usage"
)

// exitCode gives the exit code of an error.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	switch problem.Of(err).Code {
	case wizard.Left:
		return exitInterrupted
	case wizard.MissingAnswer, usage:
		return exitUsage
	case notEnrolled, problem.Code(control.AwaitingEnrolment):
		return exitNotEnrolled
	case needsAttention:
		return exitAttention
	case handoff.NotRunning:
		return exitNotRunning
	}
	return exitFailed
}

// said is in the chain of an error that was printed already, in the form that was asked for.
type said struct{ error }

// Unwrap gives the error that was printed.
func (s said) Unwrap() error { return s.error }

// report prints an error in words and gives its exit code.
func report(w io.Writer, err error) int {
	code := exitCode(err)
	var printed said
	if err == nil || errors.As(err, &printed) {
		return code
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "passly-sync: interrupted")
		return code
	}
	printProblem(w, problem.Of(err))
	return code
}

func printProblem(w io.Writer, p *problem.Problem) {
	fmt.Fprintf(w, "passly-sync: %s\n", terminal.OneLine(p.Title, 240))
	for _, row := range strings.Split(terminal.Text(p.Text), "\n") {
		if row != "" {
			fmt.Fprintf(w, "  %s\n", row)
		}
	}
	if p.Hint != "" {
		fmt.Fprintf(w, "  → %s\n", terminal.Text(p.Hint))
	}
}
