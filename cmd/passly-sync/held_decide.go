package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

// decisions reads what is decided: a set is named KIND:DIGEST, a row KIND:ROW.
func (c HeldCmd) decisions() ([]control.DecideArgs, error) {
	all, err := rowDecisions(control.DecideApprove, c.Approve)
	if err == nil && len(c.Reject) > 0 {
		all, err = rowDecisions(control.DecideReject, c.Reject)
	}
	for decision, set := range map[control.Decision]string{control.DecideApprove: c.ApproveAll, control.DecideReject: c.RejectAll} {
		if set == "" || err != nil {
			continue
		}
		var kind control.RemovalKind
		var digest string
		if kind, digest, err = namedRemoval(set); err == nil {
			all = append(all, control.DecideArgs{Kind: kind, Decision: decision, Digest: digest})
		}
	}
	return all, err
}

func rowDecisions(decision control.Decision, names []string) ([]control.DecideArgs, error) {
	rows := map[control.RemovalKind][]string{}
	for _, name := range names {
		kind, row, err := namedRemoval(name)
		if err != nil {
			return nil, err
		}
		rows[kind] = append(rows[kind], row)
	}
	var all []control.DecideArgs
	for _, kind := range control.RemovalKinds {
		if len(rows[kind]) > 0 {
			all = append(all, control.DecideArgs{Kind: kind, Decision: decision, Rows: rows[kind]})
		}
	}
	return all, nil
}

func namedRemoval(name string) (control.RemovalKind, string, error) {
	word, rest, _ := strings.Cut(name, ":")
	for _, kind := range control.RemovalKinds {
		if word == string(kind) && rest != "" {
			return kind, rest, nil
		}
	}
	return "", "", &problem.Problem{
		Code: usage, Title: fmt.Sprintf("%q names no held removal", name), Hint: "Copy the name of a row or of a set from “passly-sync held”.", Op: "deciding on held removals",
	}
}

func (c HeldCmd) decide(ctx context.Context, agent handoff.Decider, decisions []control.DecideArgs, out io.Writer) error {
	var all []heldDecided
	stale := 0
	for _, each := range decisions {
		done, err := agent.Decide(ctx, each)
		if err != nil {
			return fmt.Errorf("deciding on held removals: %w", err)
		}
		all, stale = append(all, heldDecided{each.Kind, done}), stale+done.Stale
		if !c.JSON {
			fmt.Fprintf(out, "%s: %d decided on\n", each.Kind, done.Done)
		}
	}
	if c.JSON {
		if err := printJSON(out, all, nil); err != nil {
			return err
		}
	}
	if stale == 0 {
		return nil
	}
	return &problem.Problem{
		Code: needsAttention, Title: fmt.Sprintf("%d are no longer as they were listed", stale), Text: "Nothing was decided on them.",
		Hint: "Look at “passly-sync held” again.", Op: "deciding on held removals",
	}
}
