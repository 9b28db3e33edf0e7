package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
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
	return len(c.Kind) == 0 || slices.Contains(c.Kind, string(kind))
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
