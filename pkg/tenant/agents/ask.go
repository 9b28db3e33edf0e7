package agents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// Units asks the agent for a part of its directory's tree of units and waits for the answer until ctx ends.
func (r *Registry) Units(ctx context.Context, id tenant.ID, args control.UnitsArgs) (units control.UnitList, err error) {
	err = r.ask(ctx, id, control.CommandListUnits, args, &units)
	units.Units = units.Units[:min(len(units.Units), control.MaxUnits)]
	return units, err
}

// Preview asks the agent for a page of what the settings in args would do, and waits for the answer until ctx ends. The
// agent answers within control.PreviewAnswerIn; a preview that takes longer comes as Reading, to be asked for again by its ID.
func (r *Registry) Preview(ctx context.Context, id tenant.ID, args control.PreviewArgs) (preview control.Preview, err error) {
	err = r.ask(ctx, id, control.CommandPreview, args, &preview)
	preview.Rows = preview.Rows[:min(len(preview.Rows), control.MaxPreviewRows)]
	return preview, err
}

// Explain asks the agent why somebody is, or is not, in the tenant, and waits for the answer until ctx ends.
func (r *Registry) Explain(ctx context.Context, id tenant.ID, args control.ExplainArgs) (explanation control.Explanation, err error) {
	err = r.ask(ctx, id, control.CommandExplain, args, &explanation)
	explanation.Matches = explanation.Matches[:min(len(explanation.Matches), control.MaxExplained)]
	return explanation, err
}

// PasswordRules asks the agent what its directory asks of passwords, and waits for the answer until ctx ends.
func (r *Registry) PasswordRules(ctx context.Context, id tenant.ID, args control.PasswordRulesArgs) (rules control.PasswordRules, err error) {
	return rules, r.ask(ctx, id, control.CommandPasswordRules, args, &rules)
}

// Held asks the agent for a page of its held removals, and waits for the answer until ctx ends.
func (r *Registry) Held(ctx context.Context, id tenant.ID, args control.HeldArgs) (page control.HeldPage, err error) {
	err = r.ask(ctx, id, control.CommandHeld, args, &page)
	page.Rows = page.Rows[:min(len(page.Rows), control.MaxHeldRows)]
	return page, err
}

// Decide has the agent keep what was decided on held removals, and writes down what it answered.
func (r *Registry) Decide(ctx context.Context, id tenant.ID, args control.DecideArgs) (done control.Decided, err error) {
	a, err := r.store.Agent(ctx, id)
	if err != nil {
		return done, err
	}
	if err := r.ask(ctx, id, control.CommandDecide, args, &done); err != nil || done.Done == 0 {
		return done, err
	}
	e := audit.Entry{What: audit.RowsApproved, Subject: audit.OfAgent(a), Details: []audit.Detail{{Name: "kind", After: string(args.Kind)}, audit.Count("how many", done.Done)}}
	if args.Decision == control.DecideReject {
		e.What = audit.RowsRejected
	}
	return done, r.store.Write(ctx, func(tx store.Tx) error { return tx.Record(ctx, e) })
}

// ask sends a command and reads its answer into body.
func (r *Registry) ask(ctx context.Context, id tenant.ID, kind control.CommandKind, args, body any) error {
	var raw json.RawMessage
	if args != nil {
		var err error
		if raw, err = json.Marshal(args); err != nil {
			return fmt.Errorf("writing a command: %w", err)
		}
	}
	p, connected, err := r.desk.post(id, kind, raw)
	if err != nil {
		return err
	}
	if !connected {
		r.desk.answered(id, control.CommandResult{ID: p.ID})
		return unreachable("The agent is not connected", "What is asked for comes from the directory, and only the agent reads it.")
	}
	select {
	case <-ctx.Done():
		r.desk.withdraw(id, p) // else it keeps others from asking until it expires
		if errors.Is(ctx.Err(), context.Canceled) {
			return fmt.Errorf("waiting for the agent: %w", ctx.Err())
		}
		return unreachable("The agent did not answer in time", "It is connected, but busy or cut off.")
	case result := <-p.answer:
		return readAnswer(result, body)
	}
}

func readAnswer(result control.CommandResult, body any) error {
	if e := result.Error; e != nil {
		return &problem.Problem{Code: problem.Code(e.Code), Title: e.Title, Text: e.Text, Hint: e.Hint, Op: "asking the agent"}
	}
	if body == nil {
		return nil
	}
	if err := control.Decode(bytes.NewReader(result.Body), control.MaxResult, body); err != nil {
		return fmt.Errorf("reading the agent's answer: %w", err)
	}
	return nil
}
