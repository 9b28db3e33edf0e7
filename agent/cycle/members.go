package cycle

import (
	"context"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
)

// addMembers sends the memberships that the tenant lacks.
func (r *run) addMembers(ctx context.Context) error {
	if err := r.Mirror.JudgeMembers(ctx); err != nil {
		return err
	}
	return r.sendMembers(ctx, plan.Add, false)
}

// sendMembers sends one kind of membership change, batch after batch.
func (r *run) sendMembers(ctx context.Context, todo plan.Todo, approved bool) error {
	var after mirror.Membership
	for {
		changes, err := r.Mirror.Memberships(ctx, todo, approved, after, push.Batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		after = changes[len(changes)-1]
		flight, err := r.Mirror.DepartMembers(ctx, changes)
		if err != nil {
			return err
		}
		answer, err := r.Target.SendMembers(ctx, todo, changes)
		if err != nil {
			return err
		}
		if err := r.keepMembers(ctx, flight, todo, answer); err != nil {
			return err
		}
		r.countMembers(todo, answer)
		if answer.Paused != nil {
			return answer.Paused
		}
	}
}

func (r *run) keepMembers(ctx context.Context, flight mirror.Flight, todo plan.Todo, answer push.Answer) error {
	if err := r.Mirror.AcknowledgeMembers(ctx, flight, todo, answer.Done, answer.Refused); err != nil {
		return err
	}
	if err := r.Mirror.DoubtMembers(ctx, answer.Doubt); err != nil || len(answer.Gone) == 0 {
		return err
	}
	gone := make([]mirror.Outcome, len(answer.Gone))
	for i, seq := range answer.Gone {
		gone[i] = mirror.Outcome{Item: mirror.Item{Seq: seq}, Gone: true}
	}
	return r.Mirror.Acknowledge(ctx, flight, gone)
}

func (r *run) countMembers(todo plan.Todo, answer push.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	figures := &r.result.Run
	figures.Sent += len(answer.Done) + len(answer.Refused)
	figures.Accepted += len(answer.Done)
	figures.Rejected += len(answer.Refused)
	if todo == plan.Remove {
		figures.MembersRemoved += len(answer.Done)
	} else {
		figures.MembersAdded += len(answer.Done)
	}
	if answer.Reason != "" {
		r.result.Reason = answer.Reason
	}
}
