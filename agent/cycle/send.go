package cycle

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// inFlight is how many batches are under way at once: one is with the tenant while others are written and kept.
const inFlight = 3

// sendAsRead sends additions of users while the pass keeps more, until more is closed: whole batches only, the rest waits
// for what follows.
func (r *run) sendAsRead(ctx context.Context, more <-chan struct{}) error {
	if r.result.Send != nil {
		return r.result.Send // the tenant is away; reading goes on
	}
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(inFlight)
	var after int64
	for range more {
		frontier, err := r.frontier(ctx)
		for err == nil && ctx.Err() == nil {
			var items []mirror.Item
			items, err = r.Mirror.Todo(ctx, directory.KindUser, plan.Add, true, after, frontier, push.Batch)
			if err != nil || len(items) < push.Batch {
				break
			}
			after = items[len(items)-1].Seq
			sending.Go(func() error { return r.sendBatch(ctx, items) })
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(sending.Wait(), err)
		}
	}
	return sending.Wait()
}

// frontier gives the place up to which users may be added.
func (r *run) frontier(ctx context.Context) (int64, error) {
	if r.settings.Incomplete == control.IncompleteSkip {
		return mirror.Everything, nil
	}
	return r.Mirror.Frontier(ctx)
}

// sendUsers sends the updates, then the additions as far as nobody halts them, then what those need who turned out to be there.
func (r *run) sendUsers(ctx context.Context) error {
	if err := r.sendAll(ctx, directory.KindUser, plan.Update, mirror.Everything); err != nil {
		return err
	}
	frontier, err := r.frontier(ctx)
	if err != nil {
		return err
	}
	if err := r.sendAll(ctx, directory.KindUser, plan.Add, frontier); err != nil || !r.met.Swap(false) {
		return err
	}
	return r.sendAll(ctx, directory.KindUser, plan.Update, mirror.Everything)
}

// sendGroups sends the groups themselves; their members follow.
func (r *run) sendGroups(ctx context.Context) error {
	if err := r.sendAll(ctx, directory.KindGroup, plan.Add, mirror.Everything); err != nil {
		return err
	}
	return r.sendAll(ctx, directory.KindGroup, plan.Update, mirror.Everything)
}

// sendAll sends the entries of one kind with one thing to do, in order, up to the frontier.
func (r *run) sendAll(ctx context.Context, kind directory.Kind, todo plan.Todo, frontier int64) error {
	return r.sendEach(ctx, func(after int64) ([]mirror.Item, error) {
		return r.Mirror.Todo(ctx, kind, todo, r.result.Read == nil, after, frontier, push.Batch)
	})
}

// sendEach sends batch after batch, each from after the last entry of the one before, until there is none.
func (r *run) sendEach(ctx context.Context, next func(after int64) ([]mirror.Item, error)) error {
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(inFlight)
	var after int64
	for ctx.Err() == nil {
		items, err := next(after)
		if err != nil {
			return errors.Join(sending.Wait(), err)
		}
		if len(items) == 0 {
			break
		}
		after = items[len(items)-1].Seq
		sending.Go(func() error { return r.sendBatch(ctx, items) })
	}
	return sending.Wait()
}

func (r *run) sendBatch(ctx context.Context, items []mirror.Item) error {
	flight, err := r.Mirror.Depart(ctx, items)
	if err != nil {
		return err
	}
	outcomes, paused := r.Target.Send(ctx, items)
	if outcomes == nil {
		return paused // the flight stays, and what it carried is in doubt
	}
	if err := r.Mirror.Acknowledge(ctx, flight, outcomes); err != nil {
		return err
	}
	r.count(outcomes)
	return paused
}

// count keeps the run's figures.
func (r *run) count(outcomes []mirror.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	figures := &r.result.Run
	for _, o := range outcomes {
		if o.Unsent {
			continue
		}
		figures.Sent++
		if o.Lost {
			r.result.lost(o.Reason)
		}
		if o.Refuse != plan.Clear || o.Gone || o.Lost {
			figures.Rejected++
			continue
		}
		figures.Accepted++
		if o.Item.Todo == plan.Add && o.Item.Values == 0 {
			r.met.Store(true) // it was there: nothing was added, and the update that follows counts
			continue
		}
		*figure(figures, o.Item)++
	}
}

// figure says which of the run's figures an accepted item counts in.
func figure(run *control.Run, item mirror.Item) *int {
	group := item.Kind == directory.KindGroup
	switch {
	case item.Todo == plan.Add && group:
		return &run.GroupsAdded
	case item.Todo == plan.Add:
		return &run.UsersAdded
	case item.Todo == plan.Disable:
		return &run.UsersDisabled
	case item.Todo == plan.Remove:
		return &run.GroupsRemoved
	case group:
		return &run.GroupsUpdated
	case item.Active && !item.Was:
		return &run.UsersEnabled
	}
	return &run.UsersUpdated
}

// retryRefused tries once more what the tenant refused in this run, or before when this run disabled somebody: a name may
// have become free.
func (r *run) retryRefused(ctx context.Context) error {
	r.mu.Lock()
	hopeful := r.result.Run.Rejected > 0 || r.result.Run.UsersDisabled > 0
	r.mu.Unlock()
	if !hopeful {
		return nil
	}
	if err := r.Mirror.RetryRefused(ctx); err != nil {
		return err
	}
	return r.sendUsers(ctx)
}
