package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// judge brings a row its facts, asks package plan, and writes the row. Others who share a name with it are marked when its
// claim changed.
func (w *writer) judge(r *row, insert bool) error {
	wasInside, was, wasRejected, wasGoing := r.inside, r.claim(), r.decision == rejected, r.todo == plan.Remove
	place := w.place(r)
	var others []rival
	var err error
	switch r.treatedAs() {
	case directory.KindGroup:
		r.settle(plan.JudgeGroup(w.group(r, place), r.planStanding()), place, w.m.now())
	case directory.KindUser:
		others, err = w.judgeUser(r, place)
	default:
		r.dirty = false
	}
	if err != nil {
		return err
	}
	if wasInside != r.inside && r.decision == rejected {
		r.decision = undecided // something changed about it
	}
	if err := w.write(r, insert); err != nil {
		return err
	}
	if wasInside != r.inside || wasRejected != (r.decision == rejected) {
		if err := w.touchMemberships(r.guid); err != nil {
			return err
		}
	}
	if r.treatedAs() == directory.KindGroup && (wasInside != r.inside || wasGoing != (r.todo == plan.Remove)) {
		// While a removal was held, its members were left as they were.
		if _, err := w.exec("UPDATE members SET dirty = 1 WHERE team = ? AND dirty = 0", r.seq); err != nil {
			return err
		}
	}
	return w.touchRivals(r, was, others)
}

func (r *row) planStanding() plan.Standing {
	return plan.Standing{Added: r.remote.Valid, Values: r.pushed, Active: r.active}
}

// place gives where a row stands; once a full pass has completed, what is still unknown is outside.
func (w *writer) place(r *row) plan.Place {
	parent, said := r.parentGUID()
	place := plan.Unknown
	if said {
		place = w.m.tree.place(parent)
	}
	if place == plan.Unknown && !w.m.facts.full {
		return plan.Outside
	}
	return place
}

func (w *writer) group(r *row, place plan.Place) plan.Group {
	return plan.Group{Name: r.name, Deleted: r.deleted, Plain: r.kind == directory.KindGroup, Place: place, Refusal: r.refusal}
}

// judgeUser settles a user; it gives the others that claim one of its names.
func (w *writer) judgeUser(r *row, place plan.Place) ([]rival, error) {
	u := r.user(place)
	if w.m.others {
		u = u.ForOthers()
	}
	v := plan.JudgeUser(u, r.planStanding(), w.m.now())
	r.mailKey, r.logonKey = 0, 0
	var others []rival
	if v.Claims {
		var err error
		r.mailKey, r.logonKey = nameKey(r.mail), nameKey(r.logonName)
		if !w.unclaimed(r) {
			if others, err = w.rivals(r); err != nil {
				return nil, err
			}
		}
		if w.shadowed(r, u, others) {
			u.Shadowed = true
			v = plan.JudgeUser(u, r.planStanding(), w.m.now())
		}
	}
	r.settle(v, place, w.m.now())
	return others, nil
}

func (r *row) user(place plan.Place) plan.User {
	return plan.User{
		GivenName: r.givenName, Surname: r.surname, Mail: r.mail, LogonName: r.logonName, SAMAccountName: r.sam,
		DisplayName: r.display, Control: r.control, Expires: r.expires, Deleted: r.deleted,
		Person: r.kind == directory.KindUser, Place: place, Refusal: r.refusal,
	}
}

// nameKey folds a name as directory and tenant compare them, and digests it for the index. Only its equality means
// something.
func nameKey(name string) int64 {
	sum := sha256.Sum256([]byte(strings.ToLower(name)))
	return int64(binary.LittleEndian.Uint64(sum[:8]))
}

// claim is what a row holds against its rivals.
type claim struct {
	claims            bool
	mailKey, logonKey int64
}

func (r *row) claim() claim { return claim{r.claims, r.mailKey, r.logonKey} }

// rival is another entry that claims the same e-mail or logon name.
type rival struct {
	seq      int64
	claimant plan.Claimant
	yields   bool // it is held back by a conflict itself
}

const rivalsOf = `SELECT seq, remote IS NOT NULL, remote IS NOT NULL AND active = 1 AND wanted = pushed, flag
		FROM entries WHERE claims = 1 AND mail_key = ?1 AND guid <> ?3
	UNION SELECT seq, remote IS NOT NULL, remote IS NOT NULL AND active = 1 AND wanted = pushed, flag
		FROM entries WHERE claims = 1 AND logon_key = ?2 AND guid <> ?3`

func (w *writer) rivals(r *row) ([]rival, error) {
	if err := w.lookUp(); err != nil {
		return nil, err
	}
	s, err := w.stmt(rivalsOf)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(w.ctx, r.mailKey, r.logonKey, r.guid[:])
	if err != nil {
		return nil, fmt.Errorf("looking for the same name: %w", err)
	}
	defer rows.Close()
	var all []rival
	for rows.Next() {
		var other rival
		var flag plan.Flag
		if err := rows.Scan(&other.seq, &other.claimant.Added, &other.claimant.Holds, &flag); err != nil {
			return nil, fmt.Errorf("looking for the same name: %w", err)
		}
		other.claimant.Order, other.yields = other.seq, flag == plan.Conflicting
		all = append(all, other)
	}
	return all, rows.Err()
}

// shadowed reports whether one of the others keeps r's e-mail or logon name.
func (w *writer) shadowed(r *row, u plan.User, others []rival) bool {
	me := plan.Claimant{Added: r.remote.Valid, Holds: r.remote.Valid && r.active && u.Values() == r.pushed, Order: r.seq}
	if r.seq == 0 {
		me.Order = math.MaxInt64 // not in the mirror yet: the last
	}
	for _, other := range others {
		if !other.yields && other.claimant.Precedes(me) {
			return true
		}
	}
	return false
}

// touchRivals marks the others that share a name with r, now or before, when r's claim changed.
func (w *writer) touchRivals(r *row, was claim, others []rival) error {
	if was == r.claim() {
		return nil
	}
	for _, other := range others {
		if _, err := w.exec("UPDATE entries SET dirty = 1 WHERE seq = ?", other.seq); err != nil {
			return err
		}
	}
	if !was.claims {
		return nil
	}
	if err := w.lookUp(); err != nil {
		return err
	}
	_, err := w.exec("UPDATE entries SET dirty = 1 WHERE claims = 1 AND mail_key = ? AND guid <> ?", was.mailKey, r.guid[:])
	if err != nil {
		return err
	}
	_, err = w.exec("UPDATE entries SET dirty = 1 WHERE claims = 1 AND logon_key = ? AND guid <> ?", was.logonKey, r.guid[:])
	return err
}

const insertRow = "INSERT INTO entries (" + columns + `) VALUES
	(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`

const replaceRow = "UPDATE entries SET (" + columns + `) =
	(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE seq = ?`

func (w *writer) write(r *row, insert bool) error {
	w.meet(r, insert)
	if !insert {
		_, err := w.exec(replaceRow, append(r.values(), r.seq)...)
		return err
	}
	s, err := w.stmt(insertRow)
	if err != nil {
		return err
	}
	result, err := s.ExecContext(w.ctx, r.values()...)
	if err != nil {
		return fmt.Errorf("adding to the mirror: %w", err)
	}
	r.seq, err = result.LastInsertId()
	return err
}

// judgeDirty judges again what was marked, until nothing is.
func (w *writer) judgeDirty() error {
	for {
		batch, err := w.dirty()
		if err != nil || len(batch) == 0 {
			return err
		}
		for i := range batch {
			if err := w.judge(&batch[i], false); err != nil {
				return err
			}
		}
	}
}

// dirty loads some of the marked rows.
func (w *writer) dirty() ([]row, error) {
	s, err := w.stmt("SELECT " + columns + " FROM entries WHERE dirty = 1 ORDER BY seq LIMIT 500")
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(w.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the mirror: %w", err)
	}
	defer rows.Close()
	var batch []row
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return nil, fmt.Errorf("reading the mirror: %w", err)
		}
		batch = append(batch, r)
	}
	return batch, rows.Err()
}

// JudgeDue judges again those whose verdict time alone has changed: accounts that expired, and, when the clock was set back,
// those that had.
func (m *Mirror) JudgeDue(ctx context.Context) error {
	now := m.now()
	m.mu.Lock()
	before := m.looked
	m.looked = now
	m.mu.Unlock()
	at, any := m.NextDue(ctx)
	back := now.Before(before)
	if !back && (!any || at.After(now)) {
		return nil
	}
	return m.update(ctx, func(w *writer) error {
		if _, err := w.exec("UPDATE entries SET dirty = 1 WHERE due <= ?", now.Unix()); err != nil {
			return err
		}
		if back {
			if _, err := w.exec("UPDATE entries SET dirty = 1 WHERE expires BETWEEN ? AND ?", plan.Filetime(now), plan.Filetime(before)); err != nil {
				return err
			}
		}
		return w.judgeDirty()
	})
}
