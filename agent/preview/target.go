package preview

import (
	"context"
	"errors"
	"strconv"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
)

// paper takes every change and keeps it; what it is asked about the tenant, the real target answers.
type paper struct {
	cycle.Target
	draft *mirror.Draft
}

// foreteller says what a target has already of those who would be added, without changing anything; push.Pusher is one.
type foreteller interface {
	Meet(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error)
}

// Send notes changes and says that the tenant took them, but for additions that turn out to be there or to be refused.
func (p paper) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	outcomes, err := p.met(ctx, items)
	if err != nil {
		return nil, err
	}
	var sent, met []mirror.Item
	for i, item := range items {
		o := &outcomes[i]
		switch {
		case o.Refuse != plan.Clear:
			continue
		case o.Remote != "":
			met = append(met, item)
		case item.Todo == plan.Add:
			o.Remote = "preview-" + strconv.FormatInt(item.Seq, 10)
			fallthrough
		default:
			sent = append(sent, item)
		}
	}
	return outcomes, errors.Join(p.draft.Note(ctx, sent), p.draft.NoteMet(ctx, met))
}

// met asks what is there already. Where that is not to be had the preview is made without.
func (p paper) met(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	if asks, can := p.Target.(foreteller); can {
		outcomes, err := asks.Meet(ctx, items)
		if err == nil || ctx.Err() != nil {
			return outcomes, ctx.Err()
		}
	}
	outcomes := make([]mirror.Outcome, len(items))
	for i, item := range items {
		outcomes[i].Item = item
	}
	return outcomes, nil
}

// SendMembers says that the tenant took them; the run counts them.
func (p paper) SendMembers(_ context.Context, _ plan.Todo, changes []mirror.Membership) (push.Answer, error) {
	return push.Answer{Done: changes}, nil
}
