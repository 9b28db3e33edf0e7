package cycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passlysync/agent/mirror"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
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
	if believed, err := r.believes(ctx); err != nil || !believed {
		return err
	}
	drift, err := r.Mirror.Compare(ctx)
	if drift > 0 {
		r.Log.Warn("the tenant differs from what it acknowledged; it is being repaired", "objects", drift)
	}
	return err
}

// sampledMissing is how many are asked for one by one where a list shows too few.
const sampledMissing = 20

// errEmptied is in the chain where a service seems to have lost everybody; askEmptied is how long it is then left alone.
var errEmptied = errors.New("the service lists nearly nobody")

const askEmptied = 10 * time.Minute

// believes reports whether what a service of others lists can be compared with. Where most of what it took is not in the list, a right
// was lost, the service keeps no externalId, or it was emptied; in no case is everybody made again unless somebody says so.
func (r *run) believes(ctx context.Context) (bool, error) {
	missing, known, sample, err := r.Mirror.Missing(ctx, sampledMissing)
	if err != nil || missing <= sampledMissing || missing*2 <= known || r.Mirror.CompareDue() {
		return err == nil, err
	}
	found, err := r.Target.Look(ctx, sample)
	if err != nil {
		return false, err
	}
	for _, one := range found {
		if one.Remote != "" {
			r.Log.Warn("the service does not list what it has; nothing is concluded from its list", "missing", missing, "of", known)
			return false, nil
		}
	}
	return false, &problem.Problem{
		Code: problem.Conflict, Title: fmt.Sprintf("The SCIM service no longer has %d of the %d people and groups that it took", missing, known),
		Text: "It was emptied or put back, or shows the token less than before. Nothing is sent until it is known which.",
		Hint: "Check the token's rights. If they are really to be added anew, run “passly-sync setup” again for the same service.", Op: "comparing with the SCIM service",
		Err: fmt.Errorf("%w: %w", errEmptied, control.RetryAfter(askEmptied)),
	}
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
		found, lookErr := r.Target.Look(ctx, items)
		if err := errors.Join(lookErr, r.Mirror.Settle(ctx, found)); err != nil {
			return err
		}
	}
}
