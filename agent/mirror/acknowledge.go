package mirror

import (
	"context"
	"database/sql"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// Outcome is the tenant's answer to one Item.
type Outcome struct {
	Item   Item
	Remote string    // id there, after an addition; with Item.Values zero when it was there already
	Active bool      // with a Remote that was there already: whether it is active
	Gone   bool      // the tenant no longer has it: to be added anew
	Lost   bool      // whether it was taken is not known
	Unsent bool      // it still is to be sent
	Refuse plan.Flag // plan.Refused or plan.Conflicting: not taken
	Reason string    // in the tenant's words, with Refuse
}

// Settled reports whether an outcome of an addition says anything.
func (o Outcome) Settled() bool {
	return o.Remote != "" || o.Gone || o.Lost || o.Unsent || o.Refuse != plan.Clear
}

// Acknowledge keeps the tenant's answers and ends their flight. Entries that changed meanwhile keep something to do.
func (m *Mirror) Acknowledge(ctx context.Context, flight Flight, outcomes []Outcome) error {
	return m.update(ctx, func(w *writer) error {
		for _, o := range outcomes {
			if err := w.acknowledge(o); err != nil {
				return err
			}
		}
		if err := w.arrive(flight); err != nil {
			return err
		}
		return w.judgeDirty()
	})
}

func (w *writer) acknowledge(o Outcome) error {
	if o.Unsent {
		return nil
	}
	if o.Lost {
		_, err := w.exec("UPDATE entries SET doubt = 1 WHERE seq = ?", o.Item.Seq)
		return err
	}
	if o.Item.Todo == plan.Add && !o.Gone && o.Refuse == plan.Clear {
		if done, err := w.acknowledgeAddition(o); done || err != nil {
			return err
		}
	}
	r, known, err := w.row("seq = ?", o.Item.Seq)
	if err != nil || !known {
		return err
	}
	was := r.standing()
	r.take(o)
	return w.restand(&r, was)
}

// restand keeps a row whose standing in the tenant was another before.
func (w *writer) restand(r *row, was standing) error {
	w.m.facts.counts.shift(was, r.standing())
	if err := w.judge(r, false); err != nil {
		return err
	}
	if was.added == r.remote.Valid {
		return nil
	}
	return w.standingChanged(r)
}

// acknowledgeAddition is the short way for an addition whose row did not change meanwhile, which is nearly all of them.
func (w *writer) acknowledgeAddition(o Outcome) (bool, error) {
	user := o.Item.Kind == directory.KindUser
	n, err := w.exec(`UPDATE entries SET remote = ?, remote_kind = kind, pushed = wanted, active = ?, todo = '', since = NULL
		WHERE seq = ? AND todo = 'add' AND wanted = ? AND remote IS NULL`, o.Remote, user, o.Item.Seq, int64(o.Item.Values))
	if err != nil || n == 0 {
		return false, err
	}
	w.m.facts.counts.add(standing{added: true, group: !user, active: user}, 1)
	r := row{seq: o.Item.Seq, guid: o.Item.GUID, kind: o.Item.Kind, remote: sql.NullString{String: o.Remote, Valid: true}}
	return true, w.standingChanged(&r)
}

// take keeps one answer in the row.
func (r *row) take(o Outcome) {
	switch {
	case o.Gone:
		r.remote, r.remoteKind, r.pushed, r.active = sql.NullString{}, "", 0, false
	case o.Refuse != plan.Clear:
		r.refusal, r.reason = o.Refuse, o.Reason
	case o.Item.Todo == plan.Remove:
		r.remote, r.remoteKind, r.pushed = sql.NullString{}, "", 0
	case o.Item.Todo == plan.Add:
		r.remote, r.remoteKind = sql.NullString{String: o.Remote, Valid: true}, o.Item.Kind
		// Of an object that turned out to be there already (Values zero) it was found out whether it is active.
		r.pushed, r.active = o.Item.Values, (o.Item.Values != 0 || o.Active) && o.Item.Kind == directory.KindUser
	case o.Item.Todo == plan.Disable:
		r.active = false
	default:
		r.pushed, r.active = o.Item.Values, o.Item.Active && o.Item.Kind == directory.KindUser
	}
	r.since = sql.NullInt64{}
}

// standingChanged follows an entry that came to the tenant or left it into the memberships.
func (w *writer) standingChanged(r *row) error {
	if err := w.touchMemberships(r.guid); err != nil {
		return err
	}
	if r.treatedAs() != directory.KindGroup {
		if r.remote.Valid {
			return nil
		}
		if err := w.lookUp(); err != nil {
			return err
		}
		n, err := w.exec("UPDATE members SET pushed = 0 WHERE member = ? AND pushed = 1", r.guid[:])
		w.m.facts.counts.memberships -= n
		return err
	}
	if !r.remote.Valid {
		n, err := w.exec("UPDATE members SET pushed = 0, todo = '' WHERE team = ? AND pushed = 1", r.seq)
		w.m.facts.counts.memberships -= n
		if err != nil {
			return err
		}
	}
	_, err := w.exec("UPDATE members SET dirty = 1 WHERE team = ? AND dirty = 0", r.seq)
	return err
}

// RetryRefused has the entries that the tenant refused tried again; the reasons may have gone.
func (m *Mirror) RetryRefused(ctx context.Context) error {
	any, err := m.exists(ctx, `SELECT 1 FROM (SELECT 1 FROM entries WHERE flag <> '' AND refusal <> ''
		UNION ALL SELECT 1 FROM members WHERE todo = 'refused' AND todo <> '')`)
	if err != nil || !any {
		return err
	}
	return m.update(ctx, func(w *writer) error {
		if _, err := w.exec("UPDATE members SET dirty = 1 WHERE todo = 'refused' AND todo <> ''"); err != nil {
			return err
		}
		if _, err := w.exec("UPDATE entries SET refusal = '', reason = '', dirty = 1 WHERE flag <> '' AND refusal <> ''"); err != nil {
			return err
		}
		return w.judgeDirty()
	})
}
