// Package push sends what the mirror has to do to a SCIM 2.0 endpoint, and turns the answers into outcomes that the mirror
// can keep. It holds no state: everything can be sent again.
package push

import (
	"cmp"
	"context"
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
// unknown; with outcomes, that the endpoint asked to slow down or does not serve, and the rest is Unsent.
func (p *Pusher) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	outcomes, err := p.before(ctx, items)
	if err != nil {
		return unsent(items), err
	}
	var operations []scim.BulkItem
	for i, item := range items {
		if outcomes[i].Settled() {
			continue
		}
		operation, err := p.operationFor(item)
		if err != nil {
			outcomes[i].Refuse, outcomes[i].Reason = plan.Refused, err.Error()
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
	searches := p.searches()
	for i, operation := range operations {
		at, err := strconv.Atoi(operation.BulkID)
		switch {
		case err != nil:
			return nil, fmt.Errorf("sending changes: %w", err)
		case i >= len(answers):
			outcomes[at].Unsent = true
		default:
			outcomes[at], err = p.outcome(ctx, searches, items[at], answers[i])
		}
		if err != nil { // of this one it could not be asked what it came to
			outcomes[at] = mirror.Outcome{Item: items[at], Lost: true, Reason: problem.Of(err).Title}
			paused = cmp.Or(paused, err)
		}
	}
	return outcomes, paused
}

// unsent are the outcomes of what still is to be sent.
func unsent(items []mirror.Item) []mirror.Outcome {
	outcomes := make([]mirror.Outcome, len(items))
	for i, item := range items {
		outcomes[i] = mirror.Outcome{Item: item, Unsent: true}
	}
	return outcomes
}

// outcome reads one answer.
func (p *Pusher) outcome(ctx context.Context, in searches, item mirror.Item, answer scim.BulkItem) (mirror.Outcome, error) {
	o := mirror.Outcome{Item: item}
	status, err := strconv.Atoi(answer.Status)
	switch {
	case err != nil || status == http.StatusTooManyRequests || status >= 500:
		o.Lost, o.Reason = true, detail(answer)
		return o, nil
	case status/100 == 2:
		if item.Todo == plan.Add {
			return p.added(ctx, in, o, answer)
		}
		return o, nil
	case item.Todo == plan.Add:
		return p.known(ctx, in, o, answer)
	case status == http.StatusNotFound || status == http.StatusGone:
		o.Gone = true
		return o, nil
	}
	o.Refuse, o.Reason = refused(status), detail(answer)
	return o, nil
}

// refused is what a refusal by its status is.
func refused(status int) plan.Flag {
	if status == http.StatusConflict || status == http.StatusPreconditionFailed {
		return plan.Conflicting
	}
	return plan.Refused
}

// added takes the id of a new object. Where the answer does not say it, the endpoint is asked; without one the object is left out.
func (p *Pusher) added(ctx context.Context, in searches, o mirror.Outcome, answer scim.BulkItem) (mirror.Outcome, error) {
	var said bool
	if o.Remote, said = idIn(o.Item.Kind, answer); said {
		return o, nil
	}
	found, err := p.find(ctx, in, o.Item)
	if o.Remote = found.ID; err == nil && o.Remote == "" {
		o.Refuse, o.Reason = plan.Refused, "The SCIM endpoint did not say which id the new object has, and does not find it."
	}
	return o, err
}

// known settles a refused addition: the object may be there already, because its acknowledgement was lost or somebody else made it.
func (p *Pusher) known(ctx context.Context, in searches, o mirror.Outcome, answer scim.BulkItem) (mirror.Outcome, error) {
	status, err := strconv.Atoi(answer.Status)
	unclear := status == http.StatusBadRequest || status == http.StatusUnprocessableEntity // with which some services say so
	if err == nil && (status == http.StatusConflict || p.others && unclear) {
		o, err = p.meet(ctx, in, o, status == http.StatusConflict)
	}
	if err == nil && !o.Settled() {
		o.Refuse, o.Reason = refused(status), detail(answer)
	}
	return o, err
}

func detail(answer scim.BulkItem) string {
	return cmp.Or(answer.Detail(), "The tenant answered with status "+answer.Status+" and gave no reason.")
}

func resource(kind directory.Kind) string {
	if kind == directory.KindGroup {
		return scim.Groups
	}
	return scim.Users
}
