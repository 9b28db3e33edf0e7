package history

import (
	"context"
	"errors"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// How often a Keeper looks for an undo that somebody else left, and for what is old.
const (
	lookEvery   = 10 * time.Second
	forgetEvery = time.Hour
)

func (k *Keeper) wake() {
	select {
	case k.woken <- struct{}{}:
	default:
	}
}

// Run does what is due until ctx ends. Any number of Keepers may do so beside each other.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var forgotten time.Time
	for {
		err := k.UndoDue(ctx)
		if now := k.Now(); now.Sub(forgotten).Abs() >= forgetEvery {
			forgotten = now
			err = errors.Join(err, k.Forget(ctx))
		}
		if err != nil && ctx.Err() == nil {
			k.Log.Error("runs could not be kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-k.woken:
		}
	}
}

// UndoDue brings what is under way to its end.
func (k *Keeper) UndoDue(ctx context.Context) error {
	all, err := k.Store.UndosUnderWay(ctx, 0)
	if err != nil {
		return err
	}
	for _, u := range all {
		for done := false; !done; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if done, err = k.undoPart(ctx, u.Run); err != nil {
				return err
			}
			k.Agents.Tell()
		}
	}
	return nil
}

func (k *Keeper) undoPart(ctx context.Context, number tenant.ID) (done bool, err error) {
	err = k.Store.Write(ctx, func(tx store.Tx) error {
		u, err := tx.Undo(ctx, number)
		if problem.Is(err, problem.NotFound) || err == nil && u.Done() {
			done = true // another one did the rest, or the agent is gone
			return nil
		}
		if err != nil {
			return err
		}
		a, err := tx.Agent(ctx, u.Agent)
		if err != nil {
			return err
		}
		run, err := tx.RunNumbered(ctx, number)
		if err != nil {
			return err
		}
		_, err = k.part(ctx, tx, a, run, &u)
		done = u.Done()
		return err
	})
	return done, err
}

// Forget forgets what is older than runs are kept.
func (k *Keeper) Forget(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		err := k.Store.Write(ctx, func(tx store.Tx) (err error) {
			more, err = tx.ForgetRuns(ctx, k.Now().Add(-tenant.RunsKept), tenant.MaxRunRows, atOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
