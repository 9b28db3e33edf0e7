package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// Order is a command that is claimed before it is obeyed (control.Claim): of what becomes of it, who gave it is told the truth.
type Order struct {
	Kind control.CommandKind
	Life time.Duration
	// Args makes the arguments, given the command's id and expiry.
	Args func(control.Command) (any, error)
}

// What becomes of an order that is not answered.
const (
	// NotBegun: the agent did not claim it in time. It was withdrawn, and will not be obeyed.
	NotBegun problem.Code = "order-not-begun"
	// Unanswered: the agent claimed it and did not answer. Whether it was done is not known.
	Unanswered problem.Code = "order-unanswered"
)

// How long an agent that is connected may take to claim an order, and to answer one after it has expired.
const (
	beginIn = 8 * time.Second
	graceIn = 5 * time.Second
)

// Order gives an order and waits for the answer until it has expired, whatever becomes of ctx: whoever gave up would not know
// what was done. Errors that are neither NotBegun nor Unanswered are the agent's own.
func (r *Registry) Order(ctx context.Context, id tenant.ID, o Order, body any) error {
	p, connected, err := r.desk.postFor(id, o.Kind, o.Life, func(c control.Command) (json.RawMessage, error) {
		args, err := o.Args(c)
		if err != nil {
			return nil, err
		}
		return json.Marshal(args)
	})
	if p == nil {
		return err
	}
	patience := beginIn
	if !connected {
		patience = 0
	}
	result, err := r.desk.await(id, p, patience, o.Life+graceIn)
	if err != nil {
		return err
	}
	return readAnswer(result, body)
}

// await waits until an order is begun, and then until it is answered.
func (d *desk) await(id tenant.ID, p *pending, begin, life time.Duration) (control.CommandResult, error) {
	begun, ended := time.NewTimer(begin), time.NewTimer(life)
	defer begun.Stop()
	defer ended.Stop()
	select {
	case result := <-p.answer:
		return result, nil
	case <-p.begun:
	case <-begun.C:
		if d.withdraw(id, p) {
			return control.CommandResult{}, fmt.Errorf("giving an order: %w", notBegun(begin > 0))
		}
	}
	select {
	case result := <-p.answer:
		return result, nil
	case <-ended.C:
		d.mu.Lock()
		d.at(id).remove(p.ID)
		d.mu.Unlock()
		return control.CommandResult{}, &problem.Problem{
			Code: Unanswered, Title: "The agent did not answer", Text: "It had begun with what it was asked; whether it was done is not known.",
			Hint: "Check that its computer is on and that the service passly-sync runs.", Op: "giving an order",
		}
	}
}

func notBegun(connected bool) error {
	p := &problem.Problem{
		Code: NotBegun, Title: "The agent is not connected", Text: "Nothing was done, and nothing will be.", Op: "giving an order",
		Hint: "Check that its computer is on and that the service passly-sync runs, then try again.",
	}
	if connected {
		p.Title = "The agent is connected, but busy or cut off"
	}
	return p
}
