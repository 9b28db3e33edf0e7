package cycle

import (
	"context"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/control"
)

// sampled is how many of the held removals are named.
const sampled = 20

// removal makes the step that sends one kind of removal as far as the guard lets it.
func (r *run) removal(kind control.RemovalKind) func(context.Context) error {
	return func(ctx context.Context) error {
		if kind == control.RemoveMemberships {
			if err := r.Mirror.JudgeMembers(ctx); err != nil {
				return err
			}
		}
		held, err := r.guard(ctx, kind)
		if err != nil {
			return err
		}
		return r.remove(ctx, kind, held)
	}
}

// guard decides whether all removals of a kind may pass, or only those approved before.
func (r *run) guard(ctx context.Context, kind control.RemovalKind) (held bool, err error) {
	count, err := r.Mirror.Waiting(ctx, kind)
	if err != nil {
		return false, err
	}
	allowed := plan.Allowed(r.limit(kind), r.Mirror.Standing(kind))
	if count <= allowed {
		return false, nil
	}
	digest, err := r.Mirror.Digest(ctx, kind)
	if err != nil {
		return false, err
	}
	if plan.Passes(count, allowed, digest, kind, r.settings.Approved) {
		// Kept on the rows, so that an approval survives being cut off half way.
		return false, r.Mirror.Approve(ctx, kind)
	}
	sample, err := r.Mirror.Sample(ctx, kind, sampled)
	r.result.Held = append(r.result.Held, control.Held{Kind: kind, Count: count, Allowed: allowed, Digest: digest, Sample: sample})
	return true, err
}

func (r *run) limit(kind control.RemovalKind) control.Limit {
	switch kind {
	case control.RemoveUsers:
		return r.settings.Guard.Users
	case control.RemoveGroups:
		return r.settings.Guard.Groups
	}
	return r.settings.Guard.Memberships
}

// remove sends the removals of a kind; when it is held, only those approved before.
func (r *run) remove(ctx context.Context, kind control.RemovalKind, held bool) error {
	if kind == control.RemoveMemberships {
		return r.sendMembers(ctx, plan.Remove, held)
	}
	return r.sendEach(ctx, func(after int64) ([]mirror.Item, error) {
		return r.Mirror.Removals(ctx, kind, held, after, push.Batch)
	})
}
