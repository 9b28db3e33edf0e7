package preview

import (
	"context"
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

// Send notes changes and says that the tenant took them.
func (p paper) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	if err := p.draft.Note(ctx, items); err != nil {
		return nil, err
	}
	outcomes := make([]mirror.Outcome, len(items))
	for i, item := range items {
		outcomes[i] = mirror.Outcome{Item: item}
		if item.Todo == plan.Add {
			outcomes[i].Remote = "preview-" + strconv.FormatInt(item.Seq, 10)
		}
	}
	return outcomes, nil
}

// SendMembers says that the tenant took them; the run counts them.
func (p paper) SendMembers(_ context.Context, _ plan.Todo, changes []mirror.Membership) (push.Answer, error) {
	return push.Answer{Done: changes}, nil
}
