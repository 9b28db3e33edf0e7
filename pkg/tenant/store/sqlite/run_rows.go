package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
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
	membersNamed = `(SELECT ?5 AS group_id, j.value AS member_id FROM json_each(?6) j
			WHERE (EXISTS (SELECT 1 FROM members k WHERE k.group_id = ?5 AND k.member_id = j.value)) = ?7) m`
	membersAll   = `(SELECT group_id, member_id FROM members WHERE group_id = ?5) m`
	membersLeft  = `(SELECT group_id, member_id FROM members WHERE member_id = ?5) m`
	besideMember = ` JOIN groups t ON t.id = m.group_id LEFT JOIN users u ON u.id = m.member_id LEFT JOIN groups g ON g.id = m.member_id
		WHERE u.id IS NOT NULL OR g.id IS NOT NULL`
)

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
	return w.memberRows(ctx, run, len(once), what, tenant.Fold(group.DisplayName), membersNamed, int64(group.ID), idList(once), what == tenant.MemberRemoved)
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

// A row as it stands, or as it is derived of an added user. The last columns are what the user holds, where it does.
const (
	holding    = ", u.given_name, u.family_name, u.display_name, u.mail, u.user_name, u.sam_account, u.formatted_name, u.mail_type, u.external_id, u.other_mail, u.state, u.version"
	nothing    = ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0"
	rowColumns = "r.run, r.number, r.object, r.what, r.name, r.member, r.member_name, r.attributes, r.undone, r.kept" + nothing

	addedColumns = "a.run, u.id AS number, u.id, 'user-added', '', 0, '', '', 0, ''" + holding
	notKept      = " AND NOT EXISTS (SELECT 1 FROM run_rows k WHERE k.run = a.run AND k.number = u.id)"
)

// rowWhere gathers conditions.
type rowWhere struct {
	text string
	args []any
}

func (w *rowWhere) add(condition string, values ...any) {
	w.text, w.args = w.text+" AND "+condition, append(w.args, values...)
}

// standingRows chooses from the rows that stand in the table.
func standingRows(run tenant.ID, q store.RowQuery) rowWhere {
	w := rowWhere{args: []any{int64(run)}}
	if q.What != "" {
		w.add("r.what = ?", string(q.What))
	}
	if q.Kept {
		w.add("r.kept <> ''")
	}
	if search := tenant.Fold(strings.TrimSpace(q.Search)); search != "" {
		w.add(`(instr(r.search_key, ?) > 0 OR EXISTS (SELECT 1 FROM users u WHERE u.id = r.object AND instr(u.search_key, ?) > 0)
			OR (r.member <> 0 AND EXISTS (SELECT 1 FROM users u WHERE u.id = r.member AND instr(u.search_key, ?) > 0)))`, search, search, search)
	}
	if q.After != 0 {
		w.add("r.number "+follows(q)+" ?", int64(q.After))
	}
	return w
}

// derivedRows chooses from the added users.
func derivedRows(run tenant.ID, q store.RowQuery) rowWhere {
	w := rowWhere{args: []any{int64(run)}}
	if search := tenant.Fold(strings.TrimSpace(q.Search)); search != "" {
		w.add("instr(u.search_key, ?) > 0", search)
	}
	if q.After != 0 {
		edge := "a.last"
		if q.Backwards {
			edge = "a.first"
		}
		w.add(edge+" "+follows(q)+" ? AND u.id "+follows(q)+" ?", int64(q.After), int64(q.After))
	}
	w.text += notKept
	return w
}

func follows(q store.RowQuery) string {
	if q.Backwards {
		return "<"
	}
	return ">"
}

// RunRows gives a page of a run's rows.
func (s session) RunRows(ctx context.Context, run tenant.ID, q store.RowQuery) ([]tenant.RunRow, error) {
	way := ""
	if q.Backwards {
		way = " DESC"
	}
	limit := q.Limit
	if limit <= 0 {
		limit = math.MaxInt32
	}
	standing := standingRows(run, q)
	query := "SELECT * FROM (SELECT " + rowColumns + " FROM run_rows r WHERE r.run = ?" + standing.text + " ORDER BY r.number" + way + " LIMIT ?)"
	args := append(standing.args, limit)
	if (q.What == "" || q.What == tenant.UserAdded) && !q.Kept {
		derived := derivedRows(run, q)
		query += " UNION ALL SELECT * FROM (SELECT " + addedColumns + ` FROM run_added a CROSS JOIN users u ON u.id >= a.first AND u.id <= a.last AND u.agent = a.agent
			WHERE a.run = ?` + derived.text + " ORDER BY a.first" + way + ", u.id" + way + " LIMIT ?)"
		args = append(append(args, derived.args...), limit)
	}
	rows, err := list(ctx, s.forQuery(), query+" ORDER BY number"+way+" LIMIT ?", append(args, limit), scanRow)
	if err != nil {
		return nil, fmt.Errorf("reading what a run changed: %w", err)
	}
	return rows, s.earlierAll(ctx, rows)
}

// earlierAll brings derived rows to what their users held when they were added.
func (s session) earlierAll(ctx context.Context, rows []tenant.RunRow) error {
	var derived []*tenant.RunRow
	for i := range rows {
		if rows[i].What == tenant.UserAdded && rows[i].Name == "" {
			derived = append(derived, &rows[i])
		}
	}
	return s.earlier(ctx, derived)
}

// earlier goes back through what later rows say was there before, and names the users as they were called then. Who is as it
// was added has none.
func (s session) earlier(ctx context.Context, rows []*tenant.RunRow) error {
	for _, row := range rows {
		if row.Version != 1 {
			later, err := list(ctx, s, "SELECT "+rowColumns+" FROM run_rows r WHERE r.object = ? AND r.member = 0 AND r.number > ? ORDER BY r.number DESC",
				[]any{int64(row.Object), int64(row.Number)}, scanRow)
			if err != nil {
				return fmt.Errorf("reading what a user was: %w", err)
			}
			for _, l := range later {
				if l.Undone.IsZero() {
					row.Attributes = tenant.Earlier(row.Attributes, l)
				}
			}
		}
		var was tenant.User
		for _, a := range row.Attributes {
			was.SetAttribute(a.Name, a.After)
		}
		row.Name = was.ShownName()
	}
	return nil
}

func scanRow(row scanner) (tenant.RunRow, error) {
	var (
		r          tenant.RunRow
		attributes string
		undone     int64
		held       [11]sql.NullString // in the order of holding
	)
	into := []any{&r.Run, &r.Number, &r.Object, &r.What, &r.Name, &r.Member, &r.MemberName, &attributes, &undone, &r.Kept}
	for i := range held {
		into = append(into, &held[i])
	}
	if err := row.Scan(append(into, &r.Version)...); err != nil {
		return r, err
	}
	r.Undone = fromMillis(undone)
	if r.Version != 0 {
		return r, hold(&r, held)
	}
	if attributes == "" {
		return r, nil
	}
	return r, json.Unmarshal([]byte(attributes), &r.Attributes)
}

// hold gives a derived row what its user holds.
func hold(r *tenant.RunRow, held [11]sql.NullString) (err error) {
	u := tenant.User{
		GivenName: held[0].String, FamilyName: held[1].String, DisplayName: held[2].String, Mail: held[3].String, UserName: held[4].String,
		SAMAccountName: held[5].String, FormattedName: held[6].String, MailType: held[7].String, ExternalID: held[8].String,
	}
	if held[9].String != "" {
		err = json.Unmarshal([]byte(held[9].String), &u.OtherMail)
	}
	r.Attributes = u.Holdings()
	return err
}

// CountRunRows counts a run's rows by kind: those of added users are what the others leave.
func (s session) CountRunRows(ctx context.Context, run tenant.ID) (map[tenant.RowKind]int, error) {
	type count struct {
		what tenant.RowKind
		n    int
	}
	found, err := list(ctx, s, "SELECT what, count(*) FROM run_rows WHERE run = ? AND what <> 'user-added' GROUP BY what", []any{int64(run)}, func(row scanner) (c count, err error) {
		return c, row.Scan(&c.what, &c.n)
	})
	if err != nil {
		return nil, fmt.Errorf("counting what a run changed: %w", err)
	}
	var all int
	if err := s.one(ctx, "SELECT coalesce(max(row_count), 0) FROM runs WHERE number = ? AND number <> 0", []any{int64(run)}, &all); err != nil {
		return nil, fmt.Errorf("counting what a run changed: %w", err)
	}
	counts := map[tenant.RowKind]int{}
	for _, c := range found {
		counts[c.what] = c.n
		all -= c.n
	}
	if all > 0 {
		counts[tenant.UserAdded] = all
	}
	return counts, nil
}

// rowsOf gathers what is about an object, as object or as member.
const rowsOf = "SELECT r.*, n.started, n.id FROM (SELECT * FROM (SELECT " + rowColumns + ` FROM run_rows r WHERE r.object = ?1 AND r.number < ?2 ORDER BY r.number DESC LIMIT ?3)
		UNION ALL SELECT * FROM (SELECT ` + rowColumns + ` FROM run_rows r WHERE r.member = ?1 AND r.member <> 0 AND r.number < ?2 ORDER BY r.number DESC LIMIT ?3)
		UNION ALL SELECT * FROM (SELECT ` + addedColumns + ` FROM run_added a JOIN users u ON u.id = ?1 AND u.agent = a.agent
			WHERE a.first <= ?1 AND a.last >= ?1 AND u.id < ?2` + notKept + `)
	) r JOIN runs n ON n.number = r.run AND n.number <> 0 ORDER BY r.number DESC LIMIT ?3`

// RowsOf gives what runs did to an object.
func (s session) RowsOf(ctx context.Context, object, before tenant.ID, limit int) ([]tenant.RunRow, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := list(ctx, s, rowsOf, []any{int64(object), int64(before), limit}, scanRowOf)
	if err != nil {
		return nil, fmt.Errorf("reading an object's history: %w", err)
	}
	return rows, s.earlierAll(ctx, rows)
}

func scanRowOf(row scanner) (tenant.RunRow, error) {
	var (
		at int64
		id string
	)
	r, err := scanRow(beside{row, []any{&at, &id}})
	r.At, r.RunID = fromMillis(at), id
	return r, err
}

// beside scans more columns after a row's own.
type beside struct {
	scanner
	more []any
}

// Scan implements scanner.
func (b beside) Scan(into ...any) error { return b.scanner.Scan(append(into, b.more...)...) }

// Newer gives what other runs did later to the same object.
func (s session) Newer(ctx context.Context, row tenant.RunRow, limit int) ([]tenant.RunRow, error) {
	query, args := "SELECT "+rowColumns+` FROM run_rows r WHERE r.object = ? AND r.number > ? AND r.run <> ? AND r.undone = 0`,
		[]any{int64(row.Object), int64(row.Number), int64(row.Run)}
	switch {
	case row.What == tenant.GroupAdded: // its members stand on it as well
	case row.Member != 0:
		query, args = query+" AND r.member = ?", append(args, int64(row.Member))
	default:
		query += " AND r.member = 0"
	}
	found, err := list(ctx, s, query+" ORDER BY r.number LIMIT ?", append(args, limit), scanRow)
	if err != nil {
		return nil, fmt.Errorf("looking for what is newer: %w", err)
	}
	return found, nil
}

// RestoreGroup adds a group under the id that it had.
func (w *writer) RestoreGroup(ctx context.Context, g *tenant.Group) error {
	now := w.now()
	g.Version, g.Modified = g.Version+1, now
	if g.Created.IsZero() {
		g.Created = now
	}
	_, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO groups ("+groupColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", int64(g.ID), int64(g.Agent),
		int64(g.Organization), null(g.ExternalID), g.DisplayName, g.Version, millis(g.Created), millis(g.Modified))
	return takenGroup(err, g)
}
