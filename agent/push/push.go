// Package push sends what the mirror has to do to a SCIM 2.0 endpoint, and turns the answers into outcomes that the mirror
// can keep. It holds no state: everything can be sent again.
package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// Pusher sends to one endpoint. It is safe for concurrent use.
type Pusher struct {
	client *scim.Client
	others bool
}

// New makes a pusher to Passly.
func New(client *scim.Client) *Pusher { return &Pusher{client: client} }

// NewForOthers makes a pusher to a service of others, which gets what every SCIM 2.0 service knows and nothing of Passly's own.
func NewForOthers(client *scim.Client) *Pusher { return &Pusher{client: client, others: true} }

// Batch is how many changes are sent at once.
const Batch = 500

// Send sends up to Batch items and gives one outcome an item. An error without outcomes means that all of them are
// unknown; with outcomes, that the endpoint asked to slow down and the rest is Unsent.
func (p *Pusher) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	outcomes := make([]mirror.Outcome, len(items))
	var operations []scim.BulkItem
	for i, item := range items {
		operation, err := p.operationFor(item)
		if err != nil {
			outcomes[i] = mirror.Outcome{Item: item, Refuse: plan.Refused, Reason: err.Error()}
			continue
		}
		operation.BulkID = strconv.Itoa(i)
		operations = append(operations, operation)
	}
	if len(operations) == 0 {
		return outcomes, nil
	}
	answers, paused := p.client.Bulk(ctx, operations)
	if paused != nil && !errors.Is(paused, scim.ErrPaused) {
		return nil, paused
	}
	for _, operation := range operations[len(answers):] {
		at, err := strconv.Atoi(operation.BulkID)
		if err != nil {
			return nil, fmt.Errorf("sending changes: %w", err)
		}
		outcomes[at] = mirror.Outcome{Item: items[at], Unsent: true}
	}
	for i, answer := range answers {
		at, err := strconv.Atoi(operations[i].BulkID)
		if err != nil {
			return nil, fmt.Errorf("sending changes: %w", err)
		}
		if outcomes[at], err = p.outcome(ctx, items[at], answer); err != nil {
			return nil, err
		}
	}
	return outcomes, paused
}

// outcome reads one answer.
func (p *Pusher) outcome(ctx context.Context, item mirror.Item, answer scim.BulkItem) (mirror.Outcome, error) {
	o := mirror.Outcome{Item: item}
	status, err := strconv.Atoi(answer.Status)
	switch {
	case err != nil:
		return o, malformed(answer)
	case status/100 == 2:
		if item.Todo == plan.Add {
			return p.added(ctx, o, answer)
		}
		return o, nil
	case status == http.StatusConflict && item.Todo == plan.Add:
		return p.known(ctx, o, answer)
	case status == http.StatusNotFound && item.Todo != plan.Add:
		o.Gone = true
		return o, nil
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		o.Refuse, o.Reason = plan.Conflicting, detail(answer)
		return o, nil
	case status == http.StatusTooManyRequests || status >= 500:
		o.Lost, o.Reason = true, detail(answer)
		return o, nil
	}
	o.Refuse, o.Reason = plan.Refused, detail(answer)
	return o, nil
}

// added takes the id of a new object. Where the answer does not say it, the endpoint is asked; without one the object is left out.
func (p *Pusher) added(ctx context.Context, o mirror.Outcome, answer scim.BulkItem) (_ mirror.Outcome, err error) {
	var said bool
	if o.Remote, said = idIn(o.Item.Kind, answer); said {
		return o, nil
	}
	if o.Remote, _, err = p.find(ctx, o.Item); err == nil && o.Remote == "" {
		o.Refuse, o.Reason = plan.Refused, problem.Of(malformed(answer)).Title
	}
	return o, err
}

// known settles a refused addition: the object may be there already because its acknowledgement was lost.
func (p *Pusher) known(ctx context.Context, o mirror.Outcome, answer scim.BulkItem) (mirror.Outcome, error) {
	id, _, err := p.find(ctx, o.Item)
	if err != nil {
		return o, err
	}
	if id == "" {
		o.Refuse, o.Reason = plan.Conflicting, detail(answer)
		return o, nil
	}
	o.Remote = id
	o.Item.Values = 0 // what it holds, and whether it is active, is not known: it is sent once more
	return o, nil
}

// find looks an entry's object up; an empty id means that the tenant does not have it.
func (p *Pusher) find(ctx context.Context, item mirror.Item) (id string, active bool, err error) {
	var object struct {
		ID     string `json:"id"`
		Active bool   `json:"active"`
	}
	_, err = p.client.Find(ctx, resource(item.Kind), item.GUID.String(), []string{"id", "active"}, &object)
	if !usable(object.ID) {
		object.ID = ""
	}
	return object.ID, object.Active, err
}

// Look asks what the tenant really has of some entries.
func (p *Pusher) Look(ctx context.Context, items []mirror.Item) ([]mirror.Found, error) {
	found := make([]mirror.Found, len(items))
	for i, item := range items {
		id, active, err := p.find(ctx, item)
		if err != nil {
			return nil, err
		}
		found[i] = mirror.Found{Seq: item.Seq, Remote: id, Active: active}
	}
	return found, nil
}

func detail(answer scim.BulkItem) string {
	var refusal scim.Error
	if json.Unmarshal(answer.Response, &refusal) == nil && refusal.Detail != "" {
		return refusal.Detail
	}
	return "The tenant answered with status " + answer.Status + " and gave no reason."
}

func malformed(answer scim.BulkItem) error {
	return &problem.Problem{
		Code: problem.Invalid, Op: "sending changes",
		Title: "The SCIM endpoint answered a change in a way that cannot be understood",
		Text:  fmt.Sprintf("Status %q, location %q.", answer.Status, answer.Location),
		Hint:  "The change is sent again. If it stays, look at the tenant's log.",
	}
}

func resource(kind directory.Kind) string {
	if kind == directory.KindGroup {
		return scim.Groups
	}
	return scim.Users
}
