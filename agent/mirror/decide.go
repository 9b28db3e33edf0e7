package mirror

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Decide keeps what was decided on rows of removals, as HeldRows named them; it gives how many are no longer as they were
// shown, on which nothing is decided. With held, the rest of the kind waits for its own decision from now on.
func (m *Mirror) Decide(ctx context.Context, kind control.RemovalKind, decide control.Decision, rows []string, held bool) (done control.Decided, err error) {
	err = m.update(ctx, func(w *writer) error {
		done = control.Decided{}
		for _, named := range rows {
			as, err := w.decide(kind, decide, named)
			if err != nil {
				return err
			}
			if as {
				done.Done++
			} else {
				done.Stale++
			}
		}
		if !held || done.Done == 0 {
			return nil
		}
		_, err := w.exec("UPDATE " + removalTable(kind) + " SET decision = 'waits' WHERE " + unapproved(kind) + " AND decision = ''")
		return err
	})
	return done, err
}

// RejectAll rejects all removals of a kind that are undecided, where they are the set that a digest names.
func (m *Mirror) RejectAll(ctx context.Context, kind control.RemovalKind, digest string) (done control.Decided, err error) {
	stale := false
	err = m.update(ctx, func(w *writer) error {
		now, err := m.Digest(ctx, kind) // nobody writes meanwhile
		if stale = now != digest; stale || err != nil {
			return err
		}
		if kind != control.RemoveMemberships {
			if _, err := w.exec("UPDATE members SET dirty = 1 WHERE member IN (SELECT guid FROM " + removals(kind) + ")"); err != nil {
				return err
			}
		}
		n, err := w.exec("UPDATE " + removalTable(kind) + " SET decision = 'rejected' WHERE " + waiting(kind))
		done.Done = int(n)
		return err
	})
	if err == nil && stale {
		done.Stale, err = m.Waiting(ctx, kind)
	}
	return done, err
}

// decide keeps what was decided on one row; false: it is not as it was shown.
func (w *writer) decide(kind control.RemovalKind, decide control.Decision, named string) (bool, error) {
	ids := strings.Split(named, ".")
	approve, word := 0, rejected
	if decide == control.DecideApprove {
		approve, word = 1, undecided
	}
	if kind == control.RemoveMemberships {
		return w.decideMember(ids, approve, word)
	}
	guid, err := directory.ParseGUID(ids[0])
	if err != nil || len(ids) != 2 {
		return false, nil
	}
	r, known, err := w.row("guid = ? AND todo = ? AND todo <> '' AND approved = 0", guid[:], string(removalTodo(kind)))
	if err != nil || !known || r.shown(kind) != ids[1] {
		return false, err
	}
	if _, err := w.exec("UPDATE entries SET approved = ?, decision = ? WHERE seq = ?", approve, string(word), r.seq); err != nil {
		return false, err
	}
	return true, w.touchMemberships(guid)
}

func (w *writer) decideMember(ids []string, approve int, word decision) (bool, error) {
	if len(ids) != 3 {
		return false, nil
	}
	team, wrong := directory.ParseGUID(ids[0])
	member, alsoWrong := directory.ParseGUID(ids[1])
	if errors.Join(wrong, alsoWrong) != nil {
		return false, nil
	}
	s, err := w.stmt("SELECT m.team, coalesce(m.since, 0), m.present FROM members m JOIN entries g ON g.seq = m.team WHERE g.guid = ? AND m.member = ? AND m.todo = 'remove' AND m.approved = 0")
	if err != nil {
		return false, err
	}
	rows, err := s.QueryContext(w.ctx, team[:], member[:])
	if err != nil {
		return false, fmt.Errorf("reading a membership: %w", err)
	}
	var (
		seq, since int64
		present    bool
	)
	there := rows.Next()
	if there {
		err = rows.Scan(&seq, &since, &present)
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return false, fmt.Errorf("reading a membership: %w", err)
	}
	if !there || digestOf("memberships", since, present) != ids[2] {
		return false, nil
	}
	_, err = w.exec("UPDATE members SET approved = ?, decision = ? WHERE team = ? AND member = ?", approve, string(word), seq, member[:])
	return err == nil, err
}
