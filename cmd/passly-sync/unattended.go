package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
	"passlysync/wizard"
)

func (c SetupCmd) unattended(ctx context.Context, o wizard.Options, a wizard.Answers, out io.Writer) error {
	tell, end := printSteps(out), printResult
	if c.JSON {
		tell, end = jsonSteps(out), jsonResult
	}
	result, err := wizard.Unattended(ctx, o, a, tell)
	return end(out, result, err)
}

// reported writes what is told into the file of --report as well: who installs without a screen reads it there.
func (c SetupCmd) reported(out io.Writer, do func(io.Writer) error) error {
	if c.Report == "" {
		return do(out)
	}
	if err := os.MkdirAll(filepath.Dir(c.Report), 0o700); err != nil {
		return fmt.Errorf("making the folder of the report: %w", err)
	}
	file, err := os.OpenFile(c.Report, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	err = do(io.MultiWriter(out, file))
	if told := (said{}); err != nil && !errors.As(err, &told) {
		printProblem(file, problem.Of(err))
	}
	return errors.Join(err, file.Close())
}

// reportMisuse writes why the arguments could not be read into the file of --report among them: who installs without a screen sees
// nothing else.
func reportMisuse(args []string, words string) {
	at := slices.Index(args, "--report")
	if at < 0 || at+1 >= len(args) {
		return
	}
	_ = SetupCmd{Report: args[at+1]}.reported(io.Discard, func(out io.Writer) error {
		_, err := io.WriteString(out, words)
		return err
	})
}

func printSteps(out io.Writer) func(handoff.Step) {
	asked := ""
	return func(s handoff.Step) {
		switch s.State {
		case handoff.StepDone:
			fmt.Fprintln(out, "✓ "+terminal.Line(join(": ", s.Name, s.Detail)))
		case handoff.StepUndone:
			fmt.Fprintln(out, "– "+terminal.Line(join(": ", s.Name, s.Detail)))
		case handoff.StepFailed:
			fmt.Fprintln(out, "✗ "+terminal.Line(s.Name))
		case handoff.StepRunning:
			if s.Problem != nil && s.Problem.Title != asked {
				asked = s.Problem.Title
				fmt.Fprintln(out, "i "+terminal.Plain(join(" ", s.Problem.Title, strings.TrimSpace(s.Problem.Text))))
			}
		}
	}
}

func printResult(out io.Writer, r wizard.Result, err error) error {
	if err == nil {
		fmt.Fprintln(out, terminal.Text(r.Words))
	}
	return err
}

// event is one line of --json: a step, then a result or a problem.
type event struct {
	Step    *handoff.Step    `json:"step,omitempty"`
	Result  *wizard.Result   `json:"result,omitempty"`
	Problem *problem.Problem `json:"problem,omitempty"`
}

func jsonSteps(out io.Writer) func(handoff.Step) {
	return func(s handoff.Step) { _ = json.NewEncoder(out).Encode(event{Step: &s}) }
}

func jsonResult(out io.Writer, r wizard.Result, err error) error {
	if err != nil {
		_ = json.NewEncoder(out).Encode(event{Problem: problem.Of(err)})
		return said{err}
	}
	return json.NewEncoder(out).Encode(event{Result: &r})
}
