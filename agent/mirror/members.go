package mirror

import (
	"context"
	"fmt"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// applyMembers takes what the directory said of a group's members.
func (w *writer) applyMembers(r *row, e directory.Entry) error {
	if e.Deleted || e.Restored {
		if err := w.lookUp(); err != nil {
			return err
		}
	}
	if e.Deleted {
		// The directory takes a deleted entry out of its groups without reporting them.
		if _, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE member = ? AND present = 1", r.guid[:]); err != nil {
			return err
		}
		_, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE team = ? AND present = 1", r.seq)
		return err
	}
	if e.Restored {
		if err := w.rejoin(r.guid, e.Groups); err != nil {
			return err
		}
	}
	if e.MembersWhole && !w.m.facts.full {
		return w.setMembers(r, e.Members)
	}
	if e.MembersWhole {
		if _, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE team = ? AND present = 1", r.seq); err != nil {
			return err
		}
	}
	return w.changeMembers(r, e.Members, e.MembersGone)
}

// changeMembers marks who joined a group and who left it.
func (w *writer) changeMembers(r *row, joined, gone []directory.GUID) error {
	for _, member := range joined {
		if _, err := w.exec(`INSERT INTO members (team, member, present) VALUES (?, ?, 1)
			ON CONFLICT DO UPDATE SET present = 1, dirty = 1`, r.seq, member[:]); err != nil {
			return err
		}
	}
	for _, member := range gone {
		if _, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE team = ? AND member = ?", r.seq, member[:]); err != nil {
			return err
		}
		if _, err := w.exec(forgetMember, r.seq, member[:]); err != nil {
			return err
		}
	}
	return nil
}

// rejoin sets the groups of a restored entry: the directory took it out of its groups when it was deleted, and may not report
// those that it is in again.
func (w *writer) rejoin(member directory.GUID, groups []directory.GUID) error {
	if _, err := w.exec("UPDATE members SET present = 0, dirty = 1 WHERE member = ? AND present = 1", member[:]); err != nil {
		return err
	}
	for _, group := range groups {
		if _, err := w.exec(`INSERT INTO members (team, member, present) SELECT seq, ?, 1 FROM entries WHERE guid = ?
			ON CONFLICT DO UPDATE SET present = 1, dirty = 1`, member[:], group[:]); err != nil {
			return err
		}
	}
	return nil
}

// forgetMember drops a row that neither side has.
const forgetMember = "DELETE FROM members WHERE team = ? AND member = ? AND present = 0 AND pushed = 0 AND doubt = 0 AND todo = ''"

// touchMemberships marks the groups' rows of one member, after its own standing changed. Before the first pass completed
// none was judged, so all are marked still.
func (w *writer) touchMemberships(member directory.GUID) error {
	if w.m.facts.virgin() {
		return nil
	}
	_, err := w.exec("UPDATE members SET dirty = 1 WHERE member = ? AND dirty = 0", member[:])
	return err
}

// JudgeMembers settles what there is to do for memberships that were marked. The rule: a membership is wanted when the
// directory has it, and both group and member are in scope and in the tenant; a member outside is left out, not an error, unless
// its disabling was rejected: then it stays as it is.
func (m *Mirror) JudgeMembers(ctx context.Context) error {
	for {
		any, err := m.exists(ctx, "SELECT 1 FROM members WHERE dirty = 1")
		if err != nil || !any {
			return err
		}
		err = m.update(ctx, func(w *writer) error {
			_, err := w.exec(judgeMembers, m.now().UnixMilli(), membersAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
}

// membersAtOnce bounds one transaction of JudgeMembers, so that others can write in between.
const membersAtOnce = 20000

const judgeMembers = `UPDATE members SET dirty = 0,
	todo = CASE
		WHEN wish.wanted AND (members.doubt OR NOT members.pushed) THEN 'add'
		WHEN NOT wish.wanted AND (members.doubt OR members.pushed) AND wish.grouped THEN 'remove'
		ELSE '' END,
	since = CASE WHEN wish.wanted <> members.pushed OR members.doubt THEN coalesce(members.since, ?1) END,
	approved = members.approved AND NOT wish.wanted,
	decision = CASE WHEN NOT wish.wanted AND (members.doubt OR members.pushed) AND wish.grouped THEN members.decision ELSE '' END
	FROM (SELECT m.team, m.member,
			m.present AND g.remote IS NOT NULL AND g.inside AND g.todo <> 'remove'
				AND coalesce(e.remote IS NOT NULL AND (e.inside OR e.decision = 'rejected'), 0) AS wanted,
			g.remote IS NOT NULL AND g.todo <> 'remove' AS grouped
		FROM members m JOIN entries g ON g.seq = m.team LEFT JOIN entries e ON e.guid = m.member
		WHERE m.dirty = 1 LIMIT ?2) AS wish
	WHERE members.team = wish.team AND members.member = wish.member`

// Membership is one change of a group's members to be sent.
type Membership struct {
	Team       int64  // seq of the group
	TeamRemote string // id of the group in the tenant
	Member     directory.GUID
	Remote     string // id of the member in the tenant
	Kind       directory.Kind
}

// Memberships gives up to limit changes of one kind (plan.Add or plan.Remove) after the given place, in the order of
// groups and members; with approved, only those that the administrator let pass.
func (m *Mirror) Memberships(ctx context.Context, todo plan.Todo, approved bool, after Membership, limit int) ([]Membership, error) {
	rows, err := m.read.QueryContext(ctx, `SELECT m.team, g.remote, m.member, coalesce(e.remote, ''), coalesce(e.remote_kind, '')
		FROM members m JOIN entries g ON g.seq = m.team LEFT JOIN entries e ON e.guid = m.member
		WHERE m.todo = ? AND m.todo <> '' AND m.approved >= ? AND m.decision <> 'rejected' AND g.remote IS NOT NULL AND (m.team, m.member) > (?, ?)
		ORDER BY m.team, m.member LIMIT ?`, string(todo), approved, after.Team, after.Member[:], limit)
	if err != nil {
		return nil, fmt.Errorf("reading memberships: %w", err)
	}
	defer rows.Close()
	var all []Membership
	for rows.Next() {
		var one Membership
		var guid []byte
		if err := rows.Scan(&one.Team, &one.TeamRemote, &guid, &one.Remote, &one.Kind); err != nil {
			return nil, fmt.Errorf("reading memberships: %w", err)
		}
		copy(one.Member[:], guid)
		all = append(all, one)
	}
	return all, rows.Err()
}

// AcknowledgeMembers keeps that the tenant took the changes that are done and refused the others, and ends their flight.
func (m *Mirror) AcknowledgeMembers(ctx context.Context, flight Flight, todo plan.Todo, done, refused []Membership) error {
	pushed, by := 1, int64(1)
	if todo == plan.Remove {
		pushed, by = 0, -1
	}
	return m.update(ctx, func(w *writer) error {
		for _, one := range done {
			n, err := w.exec("UPDATE members SET pushed = ?1 WHERE team = ?2 AND member = ?3 AND pushed <> ?1", pushed, one.Team, one.Member[:])
			if err != nil {
				return err
			}
			w.m.facts.counts.memberships += n * by
			if _, err := w.exec(`UPDATE members SET todo = '', since = NULL, approved = 0, decision = '', doubt = 0, dirty = (dirty OR present <> pushed)
				WHERE team = ? AND member = ?`, one.Team, one.Member[:]); err != nil {
				return err
			}
			if todo != plan.Remove {
				continue
			}
			if _, err := w.exec(forgetMember, one.Team, one.Member[:]); err != nil {
				return err
			}
		}
		for _, one := range refused {
			if _, err := w.exec("UPDATE members SET todo = 'refused', doubt = 1 WHERE team = ? AND member = ?", one.Team, one.Member[:]); err != nil {
				return err
			}
		}
		return w.arrive(flight)
	})
}

// DoubtMembers has it asked at the next cycle whether the tenant still has members that it did not take.
func (m *Mirror) DoubtMembers(ctx context.Context, members []directory.GUID) error {
	if len(members) == 0 {
		return nil
	}
	return m.update(ctx, func(w *writer) error {
		for _, member := range members {
			if _, err := w.exec("UPDATE entries SET doubt = 1 WHERE guid = ?", member[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

// RefusedMembers counts the membership changes that the tenant refused; RetryRefused tries them again.
func (m *Mirror) RefusedMembers(ctx context.Context) (int, error) {
	return m.count(ctx, "SELECT count(*) FROM members WHERE todo = 'refused' AND todo <> ''")
}
