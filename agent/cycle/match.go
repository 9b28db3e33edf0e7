package cycle

import (
	"context"

	"passlysync/agent/mirror"
	"passlysync/pkg/directory"
)

// match has a new mirror adopt what the tenant already has from this agent, so that losing the mirror loses nothing.
func (r *run) match(ctx context.Context) error {
	if r.Mirror.Matched() {
		return nil
	}
	var groups []mirror.Adopted
	err := r.Target.Existing(ctx, func(objects []mirror.Adopted) error {
		for _, o := range objects {
			if o.Kind == directory.KindGroup {
				groups = append(groups, o)
			}
		}
		return r.Mirror.Adopt(ctx, objects, false)
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
