package mirror

import (
	"context"
	"database/sql"
	"fmt"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// Adopted is an object that the tenant already has from this agent.
type Adopted struct {
	GUID   directory.GUID
	Kind   directory.Kind
	Remote string
	Name   string
	Active bool
	Unsaid bool      // it did not say whether it is active; Active is then what it is taken for
	Values plan.Hash // of what it holds
}

// unsaid stands in the table for what was not said. It is neither of SQLite's booleans and counts as true.
const unsaid = 2

func (o Adopted) stored() int {
	switch {
	case o.Unsaid:
		return unsaid
	case o.Active:
		return 1
	}
	return 0
}

// Matched reports whether the tenant's objects were adopted; a new mirror must do that before anything is sent.
func (m *Mirror) Matched() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts.matched
}

// Adopt keeps what the tenant has until the pass reports the entries; repeating it is harmless. The last call has last set.
func (m *Mirror) Adopt(ctx context.Context, objects []Adopted, last bool) error {
	return m.update(ctx, func(w *writer) error {
		for _, o := range objects {
			if _, err := w.exec("INSERT OR REPLACE INTO adopted (guid, kind, remote, name, active, hash) VALUES (?, ?, ?, ?, ?, ?)",
				o.GUID[:], string(o.Kind), o.Remote, o.Name, o.stored(), int64(o.Values)); err != nil {
				return err
			}
		}
		if last && !w.m.facts.matched {
			w.m.facts.compared = w.m.distrusted // it is new and believes nothing else
		}
		w.m.facts.matched = last
		w.m.adopting = w.m.adopting || len(objects) > 0
		return nil
	})
}

// Unadopt forgets what Adopt kept, so that it can be asked anew.
func (m *Mirror) Unadopt(ctx context.Context) error {
	return m.update(ctx, func(w *writer) error {
		w.m.adopting = false
		return w.unadopt()
	})
}

func (w *writer) unadopt() error {
	if _, err := w.exec("DELETE FROM adopted"); err != nil {
		return err
	}
	_, err := w.exec("DELETE FROM adopted_members")
	return err
}

// AdoptMembers keeps whom the tenant has in a group, by their ids there; ids that were not adopted are passed over.
func (m *Mirror) AdoptMembers(ctx context.Context, group directory.GUID, remotes []string) error {
	return m.update(ctx, func(w *writer) error {
		for _, remote := range remotes {
			_, err := w.exec("INSERT OR IGNORE INTO adopted_members (team, member) SELECT ?, guid FROM adopted WHERE remote = ?",
				group[:], remote)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// meetMembers gives a group that the pass reported the memberships that the tenant has.
func (w *writer) meetMembers(r *row) error {
	n, err := w.exec(`INSERT INTO members (team, member, present, pushed)
		SELECT ?, member, 0, 1 FROM adopted_members WHERE team = ?`, r.seq, r.guid[:])
	w.m.facts.counts.memberships += n
	return err
}

// found makes the row of an entry that the mirror does not know, with what the tenant has of it. Whoever keeps the row counts
// it.
func (w *writer) found(guid directory.GUID) (row, error) {
	r := row{guid: guid}
	if !w.m.adopting {
		return r, nil
	}
	s, err := w.stmt("SELECT kind, remote, name, active <> 0, hash FROM adopted WHERE guid = ?")
	if err != nil {
		return r, err
	}
	rows, err := s.QueryContext(w.ctx, guid[:])
	if err != nil {
		return r, fmt.Errorf("reading what the tenant has: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return r, rows.Err()
	}
	var remote string
	if err := rows.Scan(&r.remoteKind, &remote, &r.name, &r.active, &r.pushed); err != nil {
		return r, fmt.Errorf("reading what the tenant has: %w", err)
	}
	r.kind = r.remoteKind
	r.remote = sql.NullString{String: remote, Valid: true}
	return r, nil
}

// letBe drops what a service of others has of an entry outside the chosen units: another agent, of those units, brought it.
// Should the entry move inside, it is found by its externalId.
func (w *writer) letBe(r *row) {
	if w.m.others && r.remote.Valid && w.place(r) != plan.Inside {
		r.remote, r.remoteKind, r.pushed, r.active = sql.NullString{}, "", 0, false
	}
}

// letMembersBe drops the memberships that a service of others has of those who were not adopted.
func (w *writer) letMembersBe() error {
	n, err := w.exec(`UPDATE members SET pushed = 0, dirty = 1 WHERE pushed = 1
		AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.guid = members.member AND e.remote IS NOT NULL)`)
	w.m.facts.counts.memberships -= n
	return err
}

// adoptRest gives a row to what the tenant has and the completed pass did not report: entries that are gone.
func (w *writer) adoptRest() error {
	if !w.m.adopting {
		return nil
	}
	var guids []directory.GUID
	var err error
	if w.m.others {
		err = w.letMembersBe()
	} else {
		guids, err = w.unreported()
	}
	if err != nil {
		return err
	}
	for _, guid := range guids {
		r, err := w.found(guid)
		if err != nil {
			return err
		}
		r.deleted, r.seen, r.flag = true, w.m.facts.pass, plan.Clear
		if err := w.judge(&r, true); err != nil {
			return err
		}
		w.m.facts.counts.add(r.standing(), 1)
	}
	w.m.adopting = false
	return w.unadopt()
}

func (w *writer) unreported() ([]directory.GUID, error) {
	s, err := w.stmt("SELECT guid FROM adopted WHERE guid NOT IN (SELECT guid FROM entries)")
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(w.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what the tenant has: %w", err)
	}
	defer rows.Close()
	var guids []directory.GUID
	for rows.Next() {
		var guid []byte
		if err := rows.Scan(&guid); err != nil {
			return nil, fmt.Errorf("reading what the tenant has: %w", err)
		}
		guids = append(guids, directory.GUID(guid))
	}
	return guids, rows.Err()
}
