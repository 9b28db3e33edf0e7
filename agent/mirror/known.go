package mirror

import (
	"context"
	"fmt"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Known is what the mirror knows of one user or group: for people, who ask why.
type Known struct {
	Seq   int64
	GUID  directory.GUID
	Kind  directory.Kind // as the tenant has it, or would
	Name  string
	Place string
	Unit  string    // the chosen unit by which it is in scope; empty: it is not
	User  plan.User // what the directory says of it; of a group only Deleted and Person (false: left out) count

	Added, Active bool // in the tenant
	Current       bool // the tenant holds what it should
	Todo          plan.Todo
	Enables       bool      // Todo makes it active again
	Approved      bool      // a removal that the administrator let pass
	Rejected      bool      // a removal that the administrator rejected
	Since         time.Time // when there first was something to do; zero: there is nothing
	Flag          plan.Flag
	Refusal       string           // the tenant's words, with plan.Refused and some of plan.Conflicting
	Other         *control.Subject // who has its e-mail or logon name, with plan.Conflicting; Reason says which
}

// known brings a row together with the tree.
func (m *Mirror) known(r *row) Known {
	k := Known{
		Seq: r.seq, GUID: r.guid, Kind: r.treatedAs(), Name: r.name, Place: m.Place(r), User: r.user(plan.Outside),
		Added: r.remote.Valid, Active: r.active, Current: r.remote.Valid && r.todo == plan.Nothing && r.flag == plan.Clear && !r.doubt,
		Todo: r.todo, Enables: r.wantActive && !r.active, Approved: r.approved, Rejected: r.decision == rejected, Flag: r.flag, Refusal: r.reason,
	}
	if r.since.Valid {
		k.Since = time.UnixMilli(r.since.Int64).UTC()
	}
	if k.Kind == directory.KindGroup {
		k.User.Person = r.kind == directory.KindGroup
	}
	if r.inside {
		k.User.Place = plan.Inside
		k.Unit = m.chosenAbove(r)
	}
	return k
}

// chosenAbove spells the chosen unit that a row stands in, the nearest one.
func (m *Mirror) chosenAbove(r *row) string {
	at, _ := r.parentGUID()
	m.mu.Lock()
	defer m.mu.Unlock()
	for range deepest {
		if m.tree.chosen[at] {
			return m.tree.path(at)
		}
		u, known := m.tree.units[at]
		if !known {
			break
		}
		at = u.parent
	}
	return ""
}

// withOther names the other entry of a conflict.
func (m *Mirror) withOther(ctx context.Context, k *Known) {
	if k.Flag == plan.Conflicting && k.Refusal == "" {
		k.Other = m.other(ctx, k.GUID)
	}
}

// In counts the groups that have an entry as a direct member in the directory, and, of a group, its direct members.
func (m *Mirror) In(ctx context.Context, k Known) (groups, members int, err error) {
	groups, err = m.count(ctx, "SELECT count(*) FROM members WHERE member = ? AND present = 1", k.GUID[:])
	if err != nil || k.Kind != directory.KindGroup {
		return groups, -1, err
	}
	members, err = m.count(ctx, "SELECT count(*) FROM members WHERE team = ? AND present = 1", k.Seq)
	return groups, members, err
}

// list reads rows that a query gives, and more of each row into also.
func (m *Mirror) list(ctx context.Context, query string, args []any, also []any, take func(Known)) error {
	rows, err := m.read.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reading the mirror: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := r.scan(beside{rows, also}); err != nil {
			return fmt.Errorf("reading the mirror: %w", err)
		}
		take(m.known(&r))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the mirror: %w", err)
	}
	return nil
}

// beside scans a row's columns and others after them.
type beside struct {
	scanner
	also []any
}

// Scan implements scanner.
func (b beside) Scan(dest ...any) error { return b.scanner.Scan(append(dest, b.also...)...) }
