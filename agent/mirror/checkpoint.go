package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// ErrEmpty means that a full pass reported nobody although the mirror knows people: a wrong base or a lost right, not a
// directory without people. Nothing was concluded from it.
var ErrEmpty = errors.New("the directory reported nobody, although there were people before")

// Complete ends a pass that the directory ended: the cursor moves, and after a full pass what was not reported does not
// exist.
func (m *Mirror) Complete(ctx context.Context, pass directory.Pass) error {
	return m.update(ctx, func(w *writer) error {
		full := w.m.facts.full
		if full {
			if err := w.endFirst(); err != nil {
				return err
			}
			if err := w.refuseEmpty(); err != nil {
				return err
			}
		}
		w.m.facts.full, w.m.facts.consistent = false, true
		w.m.facts.cursor = pass.Cursor
		if !full {
			return nil
		}
		w.m.facts.whole, w.m.first = m.now().Unix(), nil
		if err := w.sweep(); err != nil {
			return err
		}
		return w.judgeDirty()
	})
}

func (w *writer) refuseEmpty() error {
	var seen, known bool
	s, err := w.stmt(`SELECT EXISTS (SELECT 1 FROM entries WHERE kind = 'user' AND deleted = 0 AND seen = ?1),
		EXISTS (SELECT 1 FROM entries WHERE kind = 'user' AND deleted = 0 AND remote IS NOT NULL)
		OR EXISTS (SELECT 1 FROM adopted WHERE kind = 'user')`)
	if err != nil {
		return err
	}
	if err := s.QueryRowContext(w.ctx, w.m.facts.pass).Scan(&seen, &known); err != nil {
		return fmt.Errorf("checking the pass: %w", err)
	}
	if known && !seen {
		return ErrEmpty
	}
	return nil
}

// sweep marks what a completed full pass did not report as deleted, and has everything judged that waited for its place.
func (w *writer) sweep() error {
	if err := w.adoptRest(); err != nil {
		return err
	}
	before := w.m.tree.places()
	if _, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE present = 1 AND member IN (SELECT guid FROM entries WHERE seen < ?1 AND deleted = 0)", w.m.facts.pass); err != nil {
		return err
	}
	if _, err := w.exec("UPDATE entries SET deleted = 1, dirty = 1 WHERE seen < ? AND deleted = 0", w.m.facts.pass); err != nil {
		return err
	}
	if err := w.loseUnits(); err != nil {
		return err
	}
	if _, err := w.exec("UPDATE entries SET dirty = 1 WHERE flag = ? AND flag <> ''", string(plan.Unplaced)); err != nil {
		return err
	}
	return w.rejudgeBelow(before)
}

// loseUnits follows the units that the sweep marked into the tree.
func (w *writer) loseUnits() error {
	s, err := w.stmt("SELECT guid FROM entries WHERE kind = 'unit' AND deleted = 1")
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(w.ctx)
	if err != nil {
		return fmt.Errorf("reading the mirror's units: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var guid []byte
		if err := rows.Scan(&guid); err != nil {
			return fmt.Errorf("reading the mirror's units: %w", err)
		}
		u := w.m.tree.units[directory.GUID(guid)]
		u.deleted = true
		w.m.tree.units[directory.GUID(guid)] = u
	}
	return rows.Err()
}

// Consistent reports whether the mirror holds the directory as it was at the end of a pass. Only then may anything be
// concluded from entries together: who is to be removed, or who belongs to whom.
func (m *Mirror) Consistent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts.consistent
}

// ReadWhole gives when the last full pass completed; the zero time when none did.
func (m *Mirror) ReadWhole() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.facts.whole == 0 {
		return time.Time{}
	}
	return time.Unix(m.facts.whole, 0)
}

// Distrust has everything compared with the tenant, where the given number is another than that of the last comparison: what the
// tenant acknowledged before was put back there meanwhile. The comparison stays due until Compare made it.
func (m *Mirror) Distrust(number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.distrusted = number
}

// CompareDue reports whether the tenant is to be compared with before the mirror is believed.
func (m *Mirror) CompareDue() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.facts.compared != m.distrusted
}

// Forget has the next pass read everything.
func (m *Mirror) Forget(ctx context.Context) error {
	return m.update(ctx, func(w *writer) error {
		w.m.facts.cursor = directory.Cursor{}
		return nil
	})
}
