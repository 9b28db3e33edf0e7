package cycle

import (
	"context"

	"passlysync/agent/mirror"
	"passlysync/agent/push"
	"passlysync/pkg/directory"
)

// match has a new mirror adopt what the tenant already has from this agent, so that losing the mirror loses nothing; and when
// everything is read anew it compares the two, so that what drifted in the tenant is repaired.
func (r *run) match(ctx context.Context) error {
	isNew := !r.Mirror.Matched()
	if !isNew && !r.Mirror.Cursor().IsZero() && !r.Mirror.CompareDue() {
		return nil
	}
	if err := r.Mirror.Unadopt(ctx); err != nil {
		return err
	}
	if err := r.adopt(ctx); err != nil || isNew {
		return err
	}
	drift, err := r.Mirror.Compare(ctx)
	if drift > 0 {
		r.Log.Warn("the tenant differs from what it acknowledged; it is being repaired", "objects", drift)
	}
	return err
}

// adopt lists everything that the tenant has from this agent into the mirror.
func (r *run) adopt(ctx context.Context) error {
	var groups []mirror.Adopted
	err := r.Target.Existing(ctx, func(objects []mirror.Adopted) error {
		for _, o := range objects {
			if o.Kind == directory.KindGroup {
				groups = append(groups, o)
			}
		}
		return r.Mirror.Adopt(ctx, objects, r.Mirror.Matched())
	})
	if err != nil {
		return err
	}
	for _, group := range groups {
		members, err := r.Target.MembersOf(ctx, group.Remote)
		if err != nil {
			return err
		}
		if err := r.Mirror.AdoptMembers(ctx, group.GUID, members); err != nil {
			return err
		}
	}
	return r.Mirror.Adopt(ctx, nil, true)
}

// settle asks the tenant about what was under way when an answer was lost or the agent was killed.
func (r *run) settle(ctx context.Context) error {
	if err := r.Mirror.Strand(ctx); err != nil {
		return err
	}
	for {
		items, err := r.Mirror.Doubtful(ctx, push.Batch)
		if err != nil || len(items) == 0 {
			return err
		}
		found, err := r.Target.Look(ctx, items)
		if err != nil {
			return err
		}
		if err := r.Mirror.Settle(ctx, found); err != nil {
			return err
		}
	}
}
