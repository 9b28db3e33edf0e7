package cycle

import (
	"context"
	"slices"

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
	r.guarded = append(r.guarded, kind)
	h, err := r.weigh(ctx, kind)
	if err != nil {
		return false, err
	}
	if h.Over() && slices.Contains(r.settings.Approved, h.Approval()) {
		// Kept on the rows, so that an approval survives being cut off half way.
		if err := r.Mirror.Approve(ctx, kind); err != nil {
			return false, err
		}
		h.Count, h.Begun = 0, false
	}
	r.tell(h)
	return h.Over(), nil
}

// tell tells of removals that wait or were rejected, and leaves out those that pass.
func (r *run) tell(h control.Held) {
	if !h.Over() {
		h.Count, h.Sample = 0, nil
	}
	if h.Count > 0 || h.Rejected > 0 {
		r.result.Held = append(r.result.Held, h)
	}
}

// weigh compares the removals of a kind that wait with the limit, and says what is to be told of them.
func (r *run) weigh(ctx context.Context, kind control.RemovalKind) (h control.Held, err error) {
	if h, err = r.Mirror.Held(ctx, kind); err != nil {
		return h, err
	}
	h.Allowed = plan.Allowed(r.limit(kind), r.Mirror.Standing(kind))
	if !h.Over() && h.Rejected == 0 {
		return h, nil
	}
	if h.Digest, err = r.Mirror.Digest(ctx, kind); err != nil {
		return h, err
	}
	h.Sample, err = r.Mirror.Sample(ctx, kind, sampled)
	return h, err
}

// stillHeld says what the guard would hold of the kinds that this run did not come to, because something failed before.
func (r *run) stillHeld(ctx context.Context) {
	for _, kind := range control.RemovalKinds {
		if slices.Contains(r.guarded, kind) {
			continue
		}
		if h, err := r.weigh(ctx, kind); err == nil {
			r.tell(h)
		}
	}
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
