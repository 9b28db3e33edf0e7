package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
)

// RecordAdded keeps between which ids the users stand: their rows are derived from them.
func (w *writer) RecordAdded(ctx context.Context, run tenant.ID, users []tenant.User, outcome []error) error {
	n := 0
	for _, err := range outcome {
		if err == nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "INSERT INTO run_added (run, first, last, agent) VALUES (?, ?, ?, ?)",
		int64(run), int64(users[0].ID), int64(users[len(users)-1].ID), int64(users[0].Agent)); err != nil {
		return fmt.Errorf("recording who was added: %w", err)
	}
	return w.counted(ctx, run, n)
}

// keepAdded writes the row of an added user that could only be derived while it stays as it is.
func (w *writer) keepAdded(ctx context.Context, id tenant.ID) error {
	rows, err := list(ctx, w.session, "SELECT "+addedColumns+" FROM run_added a JOIN users u ON u.id = ?1 AND u.agent = a.agent WHERE a.first <= ?1 AND a.last >= ?1"+notKept,
		[]any{int64(id)}, scanRow)
	if err != nil {
		return fmt.Errorf("reading who was added: %w", err)
	}
	for _, row := range rows {
		if err := w.earlier(ctx, []*tenant.RunRow{&row}); err != nil {
			return err
		}
		if err := w.insertRow(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// counted adds to the number of a run's rows.
func (w *writer) counted(ctx context.Context, run tenant.ID, n int) error {
	if n == 0 {
		return nil
	}
	if _, err := w.exec(ctx, "UPDATE runs SET row_count = row_count + ? WHERE number = ? AND number <> 0", n, int64(run)); err != nil {
		return fmt.Errorf("counting what a run changed: %w", err)
	}
	return nil
}

// RecordRows keeps rows one by one.
func (w *writer) RecordRows(ctx context.Context, run tenant.ID, rows ...tenant.RunRow) error {
	ctx = context.WithoutCancel(ctx)
	for _, r := range rows {
		r.Run, r.Number = run, w.ids.Next()
		if err := w.insertRow(ctx, r); err != nil {
			return err
		}
	}
	return w.counted(ctx, run, len(rows))
}

func (w *writer) insertRow(ctx context.Context, r tenant.RunRow) error {
	raw := ""
	if len(r.Attributes) > 0 {
		text, err := json.Marshal(r.Attributes)
		if err != nil {
			return fmt.Errorf("writing attributes: %w", err)
		}
		raw = string(text)
	}
	key := []string{tenant.Fold(r.Name)}
	for _, a := range r.Attributes { // a former name is searched for as well
		key = append(key, tenant.Fold(a.Before), tenant.Fold(a.After))
	}
	_, err := w.exec(ctx, `INSERT INTO run_rows (run, number, object, what, name, member, member_name, attributes, search_key, undone, kept)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(r.Run), int64(r.Number), int64(r.Object), string(r.What), r.Name, int64(r.Member), r.MemberName,
		raw, strings.Join(key, "\n"), millis(r.Undone), r.Kept)
	if err != nil {
		return fmt.Errorf("recording what a run changed: %w", err)
	}
	return nil
}

// What rows of memberships are made of: named members, all of a group, or all groups of a member.
const (
	insertMemberRows = `INSERT INTO run_rows (run, number, object, what, name, member, member_name, search_key, attributes, undone, kept)
		SELECT ?1, ?2 + row_number() OVER (ORDER BY m.group_id, m.member_id) - 1, m.group_id, ?3, t.display_name, m.member_id,
			coalesce(u.display_name, u.user_name, g.display_name), ?4, '', 0, '' FROM `
	membersAll   = `(SELECT group_id, member_id FROM members WHERE group_id = ?5) m`
	membersLeft  = `(SELECT group_id, member_id FROM members WHERE member_id = ?5) m`
	besideMember = ` JOIN groups t ON t.id = m.group_id LEFT JOIN users u ON u.id = m.member_id LEFT JOIN groups g ON g.id = m.member_id
		WHERE u.id IS NOT NULL OR g.id IS NOT NULL`
)

func (d *Dialect) membersNamed() string {
	return `(SELECT CAST(?5 AS BIGINT) AS group_id, j.value AS member_id FROM ` + d.IDs("?6") + ` j
			WHERE (EXISTS (SELECT 1 FROM members k WHERE k.group_id = ?5 AND k.member_id = j.value)) = ?7) m`
}

// RecordMembers keeps rows for members that are about to come or go.
func (w *writer) RecordMembers(ctx context.Context, run tenant.ID, group tenant.Group, what tenant.RowKind, members []tenant.ID) error {
	if len(members) == 0 {
		return nil
	}
	once := make([]tenant.ID, 0, len(members))
	seen := make(map[tenant.ID]bool, len(members))
	for _, id := range members {
		if !seen[id] {
			seen[id], once = true, append(once, id)
		}
	}
	return w.memberRows(ctx, run, len(once), what, tenant.Fold(group.DisplayName), w.dialect.membersNamed(), int64(group.ID), idList(once), what == tenant.MemberRemoved)
}

// RecordEmptied keeps rows for all members of a group that is about to lose them.
func (w *writer) RecordEmptied(ctx context.Context, run tenant.ID, group tenant.Group) error {
	n, err := w.CountMembers(ctx, group.ID)
	if err != nil || n == 0 {
		return err
	}
	return w.memberRows(ctx, run, n, tenant.MemberRemoved, tenant.Fold(group.DisplayName), membersAll, int64(group.ID))
}

// RecordLeft keeps rows for all groups that a member is about to leave.
func (w *writer) RecordLeft(ctx context.Context, run, member tenant.ID) error {
	var n int
	if err := w.one(ctx, "SELECT count(*) FROM members WHERE member_id = ?", []any{int64(member)}, &n); err != nil || n == 0 {
		return err
	}
	return w.memberRows(ctx, run, n, tenant.MemberRemoved, "", membersLeft, int64(member))
}

func (w *writer) memberRows(ctx context.Context, run tenant.ID, most int, what tenant.RowKind, key, from string, args ...any) error {
	ctx = context.WithoutCancel(ctx)
	args = append([]any{int64(run), int64(w.ids.Reserve(most)), string(what), key}, args...)
	n, err := w.exec(ctx, insertMemberRows+from+besideMember, args...)
	if err != nil {
		return fmt.Errorf("recording memberships: %w", err)
	}
	return w.counted(ctx, run, n)
}

// SettleRow keeps what became of a row.
func (w *writer) SettleRow(ctx context.Context, row tenant.RunRow) error {
	ctx = context.WithoutCancel(ctx)
	if row.What == tenant.UserAdded {
		if err := w.keepAdded(ctx, row.Object); err != nil {
			return err
		}
	}
	n, err := w.exec(ctx, "UPDATE run_rows SET undone = ?, kept = ? WHERE run = ? AND number = ?",
		millis(row.Undone), row.Kept, int64(row.Run), int64(row.Number))
	return changedOne(n, err, "row of a run")
}

// RestoreGroup adds a group under the id that it had.
func (w *writer) RestoreGroup(ctx context.Context, g *tenant.Group) error {
	now := w.now()
	g.Version, g.Modified = g.Version+1, now
	if g.Created.IsZero() {
		g.Created = now
	}
	err := w.mayFail(ctx, func() error { return w.insertGroup(context.WithoutCancel(ctx), g) })
	return w.takenGroup(err, g)
}
