// Package history undoes runs, and forgets them when they are old.
//
// What always holds:
//
//   - A row is put back only where nothing newer stands on it: what it set is there as it set it, and no other run has written
//     the same since. What cannot be put back keeps its reason, on its row.
//   - Rows are put back from the last to the first, a part in one transaction with the place where the next one goes on. Cut
//     off anywhere, it resumes there.
//   - In the transaction that begins it the agent is held: it sends nothing, and nothing is taken from it, until an
//     administrator lets it go on. It then compares everything with the tenant and may push the same again.
//   - Nobody is deleted: a user that a run added is Disabled.
//
// Rows are made by package scimserver; package console shows them.
package history

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// atOnce is how many rows one transaction puts back or forgets; who else wants to write waits that long.
const atOnce = 1000

// Keeper keeps the runs of a tenant.
type Keeper struct {
	Store  store.Store
	Agents *agents.Registry
	Log    *slog.Logger
	Now    func() time.Time

	woken chan struct{}
}

// New makes a Keeper.
func New(s store.Store, a *agents.Registry, log *slog.Logger, now func() time.Time) *Keeper {
	return &Keeper{Store: s, Agents: a, Log: log, Now: now, woken: make(chan struct{}, 1)}
}

// Undo begins to undo a run and holds its agent. What is not done when it returns follows by itself (Run).
func (k *Keeper) Undo(ctx context.Context, agent tenant.ID, id string) (u tenant.Undo, err error) {
	_, err = k.Agents.Change(ctx, agent, func(tx store.Tx, a *tenant.Agent) error {
		run, err := undoable(ctx, tx, agent, id)
		if err != nil {
			return err
		}
		a.HoldAfterUndo(id)
		u = tenant.Undo{Run: run.Number, Agent: agent, Begun: k.Now(), By: audit.By(ctx).Name, Before: math.MaxInt64}
		if err := tx.Record(ctx, entry(audit.UndoBegun, *a, run, audit.Count("changes", run.Rows))); err != nil {
			return err
		}
		_, err = k.part(ctx, tx, *a, run, &u)
		return err
	})
	if err == nil && !u.Done() {
		k.wake()
	}
	return u, err
}

// undoable finds a run that can be undone now.
func undoable(ctx context.Context, tx store.Tx, agent tenant.ID, id string) (tenant.Run, error) {
	run, err := tx.Run(ctx, agent, id)
	if err != nil {
		return run, err
	}
	if run.Rows == 0 {
		return run, &problem.Problem{
			Code: problem.Conflict, Title: "There is nothing to undo", Text: "What this run changed is not kept.", Hint: "Choose a later run.",
		}
	}
	under, err := tx.UndosUnderWay(ctx, agent)
	if err == nil && len(under) > 0 {
		err = &problem.Problem{Code: problem.Conflict, Title: "A run of this agent is being undone already", Hint: "Wait until that has ended."}
	}
	return run, err
}

func entry(what audit.What, a tenant.Agent, run tenant.Run, details ...audit.Detail) audit.Entry {
	details = append([]audit.Detail{{Name: "run of", After: run.Started.UTC().Format(time.RFC3339)}}, details...)
	return audit.Entry{What: what, Subject: audit.OfAgent(a), Details: details}
}

// Forecast is what undoing a run would do.
type Forecast struct {
	Undone map[tenant.RowKind]int
	Kept   []tenant.RunRow // some of those that could not be put back
	KeptN  int             // how many there are
	Left   int             // rows beyond those that were tried
}

// Total is how many rows would be put back.
func (f Forecast) Total() (n int) {
	for _, some := range f.Undone {
		n += some
	}
	return n
}

// keptShown bounds Forecast.Kept.
const keptShown = 50

// errTried ends a transaction whose outcome is not wanted.
var errTried = errors.New("it was only tried")

// Try tells what Undo would do: it does as much of it as one transaction has, and takes that back.
func (k *Keeper) Try(ctx context.Context, agent tenant.ID, id string) (Forecast, error) {
	f := Forecast{Undone: map[tenant.RowKind]int{}}
	err := k.Store.Write(ctx, func(tx store.Tx) error {
		run, err := undoable(ctx, tx, agent, id)
		if err != nil {
			return err
		}
		a, err := tx.Agent(ctx, agent)
		if err != nil {
			return err
		}
		u := tenant.Undo{Run: run.Number, Agent: agent, Begun: k.Now(), Before: math.MaxInt64}
		rows, err := k.part(ctx, tx, a, run, &u)
		if err != nil {
			return err
		}
		for _, row := range rows {
			switch {
			case row.Kept == "":
				f.Undone[row.What]++
				continue
			case len(f.Kept) < keptShown:
				f.Kept = append(f.Kept, row)
			}
			f.KeptN++
		}
		if !u.Done() {
			f.Left = max(run.Rows-len(rows), 1)
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return f, err
}

// part puts back the next rows and keeps how far it came. It gives the rows that it settled.
func (k *Keeper) part(ctx context.Context, tx store.Tx, a tenant.Agent, run tenant.Run, u *tenant.Undo) ([]tenant.RunRow, error) {
	rows, err := tx.RunRows(ctx, u.Run, store.RowQuery{Backwards: true, After: u.Before, Limit: atOnce})
	if err != nil {
		return nil, err
	}
	settled, err := k.putAllBack(ctx, tx, a, rows, u)
	if err != nil {
		return nil, err
	}
	for _, row := range settled {
		if row.Kept == "" {
			u.Undone++
		} else {
			u.Kept++
		}
		if err := tx.SettleRow(ctx, row); err != nil {
			return nil, err
		}
	}
	if len(rows) < atOnce {
		u.Ended = k.Now()
		done := entry(audit.UndoEnded, a, run, audit.Count("put back", u.Undone), audit.Count("left as they are", u.Kept), audit.Detail{Name: "asked for by", After: u.By})
		if err := tx.Record(ctx, done); err != nil {
			return nil, err
		}
	}
	return settled, tx.PutUndo(ctx, *u)
}
