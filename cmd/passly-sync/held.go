package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// HeldCmd lists the removals that the guard holds. Decisions are for agents without a tenant: a tenant's administrators decide in
// its console.
type HeldCmd struct {
	State      string   `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Kind       []string `help:"Only these: users, groups or memberships; can be given again." placeholder:"KIND" enum:"users,groups,memberships"`
	Search     string   `help:"Only those with this in their name." placeholder:"TEXT"`
	Approve    []string `help:"Let these removals pass, by the row names of the list; can be given again." placeholder:"ROW" sep:"none" xor:"decision"`
	Reject     []string `help:"Keep these as they are in the SCIM service, until the directory changes something about them." placeholder:"ROW" sep:"none" xor:"decision"`
	ApproveAll string   `help:"Let a whole set pass, by the name that the list shows for it: it must still be the one that was shown." placeholder:"SET" xor:"decision"`
	RejectAll  string   `help:"Reject a whole set." placeholder:"SET" xor:"decision"`
	JSON       bool     `name:"json" help:"Print the list, or what was decided, as JSON."`
}

// heldDecided is what a decision came to.
type heldDecided struct {
	Kind control.RemovalKind `json:"kind"`
	control.Decided
}

// Run lists or decides. The exit code of a list says whether something waits.
func (c HeldCmd) Run(ctx context.Context, streams Streams) error {
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	agent := handoff.Dial(paths.Channel)
	decisions, err := c.decisions()
	switch {
	case err != nil:
		return err
	case len(decisions) > 0:
		return c.decide(ctx, agent, decisions, streams.Out)
	}
	pages, err := c.list(ctx, agent)
	if c.JSON {
		if err := printJSON(streams.Out, pages, err); err != nil {
			return err
		}
		return waiting(pages)
	}
	if err != nil {
		return fmt.Errorf("asking for held removals: %w", err)
	}
	printHeld(streams.Out, pages, time.Now())
	return waiting(pages)
}

// list reads all pages of the kinds that have something.
func (c HeldCmd) list(ctx context.Context, agent handoff.Decider) (all []control.HeldPage, err error) {
	all = []control.HeldPage{}
	for _, kind := range control.RemovalKinds {
		if !c.wants(kind) {
			continue
		}
		whole, err := agent.Held(ctx, control.HeldArgs{Kind: kind, Search: c.Search})
		for next := whole.Next; err == nil && next != ""; {
			var page control.HeldPage
			page, err = agent.Held(ctx, control.HeldArgs{Kind: kind, Search: c.Search, After: next})
			whole.Rows, next = append(whole.Rows, page.Rows...), page.Next
		}
		if err != nil {
			return all, err
		}
		whole.Next = ""
		if held := whole.Held; held.Over() || held.Rejected > 0 {
			all = append(all, whole)
		}
	}
	return all, nil
}

func (c HeldCmd) wants(kind control.RemovalKind) bool {
	for _, each := range c.Kind {
		if each == string(kind) {
			return true
		}
	}
	return len(c.Kind) == 0
}

// waiting is nil when nothing waits for a decision.
func waiting(pages []control.HeldPage) error {
	for _, page := range pages {
		if page.Held.Over() {
			return said{&problem.Problem{Code: needsAttention, Title: "Removals wait for a decision"}}
		}
	}
	return nil
}

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

func printHeld(out io.Writer, pages []control.HeldPage, now time.Time) {
	if len(pages) == 0 {
		fmt.Fprintln(out, "No removal is held.")
	}
	for i, page := range pages {
		if i > 0 {
			fmt.Fprintln(out)
		}
		h := page.Held
		fmt.Fprintf(out, "%s: %d wait for a decision, %d were rejected; %d pass by themselves\n", h.Kind, h.Count, h.Rejected, h.Allowed)
		for _, row := range page.Rows {
			printHeldRow(out, h.Kind, row, now)
		}
		if h.Count > 0 {
			fmt.Fprintf(out, "  → all: passly-sync held --approve-all %s:%s  (or --reject-all)\n", h.Kind, h.Digest)
		}
	}
}

func printHeldRow(out io.Writer, kind control.RemovalKind, row control.HeldRow, now time.Time) {
	mark := "•"
	if row.Rejected {
		mark = "–"
	}
	name := join(" in ", row.Name, join(" / ", row.Place, row.Group))
	if row.Group != "" {
		name = row.Name + " out of " + row.Group
	}
	fmt.Fprintf(out, "  %s %s: %s (%s)\n", mark, terminal.Line(name), terminal.Line(row.Reason), join(", ", rejectedWord(row), ago(row.Since, now)))
	fmt.Fprintf(out, "    %s:%s\n", kind, row.Row)
}

func rejectedWord(row control.HeldRow) string {
	if row.Rejected {
		return "rejected"
	}
	return ""
}
