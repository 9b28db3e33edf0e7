package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// check looks at the machine and nothing else. The exit code is that of the worst that was found.
func (c SetupCmd) check(ctx context.Context, facts host.Facts, paths host.Paths, out io.Writer) error {
	results := preflight.Run(ctx, preflight.Checks(c.look(ctx, facts, paths)), func(preflight.Result) {})
	if c.JSON {
		if err := json.NewEncoder(out).Encode(map[string]any{"checks": results}); err != nil {
			return fmt.Errorf("writing the checks: %w", err)
		}
	} else {
		printChecks(out, results)
	}
	return worstOf(results)
}

func printChecks(out io.Writer, results []preflight.Result) {
	marks := map[preflight.State]string{preflight.Passed: "✓", preflight.Warning: "!", preflight.Failed: "✗", preflight.Skipped: "–"}
	for _, r := range results {
		fmt.Fprintln(out, marks[r.State]+" "+terminal.Plain(join(": ", r.Title, r.Detail)))
		if r.Problem == nil {
			continue
		}
		fmt.Fprintln(out, "  "+terminal.Plain(strings.TrimSpace(r.Problem.Title+". "+r.Problem.Text)))
		fmt.Fprintln(out, "  → "+terminal.Plain(r.Problem.Hint))
		if r.Repair != nil {
			fmt.Fprintln(out, "  f "+terminal.Plain(r.Repair.Title)+" (“passly-sync setup” offers it)")
		}
	}
}

// worstOf is nil when no check found anything to note. What is wrong was printed already.
func worstOf(results []preflight.Result) error {
	var worst error
	for _, r := range results {
		switch {
		case r.State == preflight.Failed:
			return said{&problem.Problem{Code: problem.Internal, Title: r.Title + " failed"}}
		case r.State == preflight.Warning:
			worst = said{&problem.Problem{Code: needsAttention, Title: r.Title + " needs a look"}}
		}
	}
	return worst
}
