package mirror

import (
	"context"
	"fmt"
	"maps"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// Begin notes that a pass from c begins. A full pass gets a number; entries that it does not report by its completion do
// not exist.
func (m *Mirror) Begin(ctx context.Context, c directory.Cursor) error {
	if !c.IsZero() {
		return nil
	}
	return m.update(ctx, func(w *writer) error {
		if err := w.beginFirst(); err != nil {
			return err
		}
		w.m.facts.pass++
		w.m.facts.full = true
		w.m.facts.cursor = directory.Cursor{}
		return nil
	})
}

// ApplyUnits takes the tree of units ahead of a full pass, so that people can be placed as they come.
func (m *Mirror) ApplyUnits(ctx context.Context, units []directory.Entry) error {
	return m.Apply(ctx, directory.Page{Entries: units})
}

// Apply takes one page of a pass: entries, verdicts and, where the page has one, the cursor, in one transaction.
func (m *Mirror) Apply(ctx context.Context, page directory.Page) error {
	return m.update(ctx, func(w *writer) error {
		if len(page.Entries) > 0 {
			w.m.facts.consistent = false
		}
		moved, err := w.applyAll(page.Entries)
		if err != nil {
			return err
		}
		if moved != nil {
			if err := w.rejudgeBelow(moved); err != nil {
				return err
			}
		}
		// A full pass that was cut off begins anew: what it did not report yet would otherwise be taken for gone.
		if !page.Cursor.IsZero() && !w.m.facts.full {
			w.m.facts.cursor = page.Cursor
		}
		return w.judgeDirty()
	})
}

// applyAll applies entries; it gives the places as they were before, if the tree changed. Units come first: who was judged while
// only some of them had moved would keep a place that was never so, where before and after look alike.
func (w *writer) applyAll(entries []directory.Entry) (map[directory.GUID]plan.Place, error) {
	var before map[directory.GUID]plan.Place
	for _, units := range []bool{true, false} {
		for _, e := range entries {
			if w.isUnit(e) != units {
				continue
			}
			if before == nil && w.movesTree(e) {
				before = w.m.tree.places()
			}
			if err := w.apply(e); err != nil {
				return nil, fmt.Errorf("keeping %s: %w", e.GUID, err)
			}
		}
	}
	return before, nil
}

// isUnit reports whether an entry is of the tree; a delta does not say what those are that are known.
func (w *writer) isUnit(e directory.Entry) bool {
	_, known := w.m.tree.units[e.GUID]
	return known || e.Kind == directory.KindUnit
}

// movesTree reports whether an entry may change where others stand.
func (w *writer) movesTree(e directory.Entry) bool {
	known, ok := w.m.tree.units[e.GUID]
	switch {
	case !ok:
		return e.Kind == directory.KindUnit && !e.Deleted
	case e.Deleted != known.deleted:
		return true
	case e.Parent.IsZero():
		return !known.placed
	}
	return e.Parent != known.parent
}

func (w *writer) apply(e directory.Entry) error {
	r, known, err := w.known(e.GUID)
	if err != nil {
		return err
	}
	if !known && e.Deleted {
		return nil // it came and went unseen
	}
	if !known {
		if r, err = w.found(e.GUID); err != nil {
			return err
		}
	}
	return w.take(&r, e, known)
}

// known loads the row of an entry, or says that there is none.
func (w *writer) known(guid directory.GUID) (row, bool, error) {
	if w.unmet(guid) {
		return row{}, false, nil
	}
	if u, is := w.m.tree.units[guid]; is {
		return w.row("seq = ?", u.seq)
	}
	if err := w.lookUp(); err != nil {
		return row{}, false, err
	}
	return w.row("guid = ?", guid[:])
}

// take merges what was reported into a row, judges it and keeps it.
func (w *writer) take(r *row, e directory.Entry, known bool) (err error) {
	pass := w.m.facts.pass
	stale := r.seen != pass
	r.seen = pass
	changed := r.merge(e)
	if !known {
		w.letBe(r)
	}
	if changed {
		r.refusal, r.reason = plan.Clear, ""
	}
	lapsed := changed && r.decision == rejected
	if lapsed {
		r.decision = undecided
	}
	if changed || !known || r.flag != plan.Clear || r.expires > 0 && stale {
		err = w.judge(r, !known)
		if err == nil && lapsed {
			err = w.touchMemberships(r.guid)
		}
	} else if stale {
		_, err = w.exec("UPDATE entries SET seen = ? WHERE seq = ?", pass, r.seq)
	}
	if err == nil && r.kind == directory.KindUnit {
		w.keepUnit(r)
	}
	if err == nil && !known && r.remote.Valid {
		w.m.facts.counts.add(r.standing(), 1)
		err = w.meetMembers(r)
	}
	if err != nil {
		return err
	}
	return w.applyMembers(r, e)
}

func (w *writer) keepUnit(r *row) {
	parent, placed := r.parentGUID()
	w.m.tree.units[r.guid] = unit{seq: r.seq, parent: parent, name: r.name, placed: placed, deleted: r.deleted}
}

// rejudgeBelow marks what stands directly in units whose place changed.
func (w *writer) rejudgeBelow(before map[directory.GUID]plan.Place) error {
	if _, any, err := w.row("kind <> ? LIMIT 1", string(directory.KindUnit)); err != nil || !any {
		return err
	}
	for guid, now := range w.m.tree.places() {
		if was, known := before[guid]; known && was == now {
			continue
		}
		if err := w.needIndexes(); err != nil {
			return err
		}
		if _, err := w.exec("UPDATE entries SET dirty = 1 WHERE parent = ? AND kind <> ?", guid[:], directory.KindUnit); err != nil {
			return err
		}
	}
	return nil
}

// SetScope chooses units. What stands below the ones that joined or left is judged again; choosing the same again is free.
func (m *Mirror) SetScope(ctx context.Context, units []directory.GUID) error {
	if m.chose(units) {
		return nil
	}
	return m.update(ctx, func(w *writer) error {
		before := w.m.tree.places()
		if _, err := w.exec("DELETE FROM scope"); err != nil {
			return err
		}
		w.m.tree.chosen = map[directory.GUID]bool{}
		for _, guid := range units {
			if _, err := w.exec("INSERT OR IGNORE INTO scope (unit) VALUES (?)", guid[:]); err != nil {
				return err
			}
			w.m.tree.chosen[guid] = true
		}
		if err := w.rejudgeBelow(before); err != nil {
			return err
		}
		return w.judgeDirty()
	})
}

// chose reports whether exactly these units are chosen.
func (m *Mirror) chose(units []directory.GUID) bool {
	wanted := make(map[directory.GUID]bool, len(units))
	for _, guid := range units {
		wanted[guid] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.stale && maps.Equal(wanted, m.tree.chosen)
}

// Unknown gives the entries of a delta that the mirror does not know and that do not come whole.
func (m *Mirror) Unknown(ctx context.Context, entries []directory.Entry) ([]directory.GUID, error) {
	var unknown []directory.GUID
	for _, e := range entries {
		if e.Whole || e.Deleted || e.Restored {
			continue
		}
		known, err := m.exists(ctx, "SELECT 1 FROM entries WHERE guid = ? AND kind <> ''", e.GUID[:])
		if err != nil {
			return nil, err
		}
		if !known {
			unknown = append(unknown, e.GUID)
		}
	}
	return unknown, nil
}
