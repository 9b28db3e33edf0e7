package sqlstore

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
func (d *Dialect) standingRows(run tenant.ID, q store.RowQuery) rowWhere {
	w := rowWhere{args: []any{int64(run)}}
	if q.What != "" {
		w.add("r.what = ?", string(q.What))
	}
	if q.Kept {
		w.add("r.kept <> ''")
	}
	if search := tenant.Fold(strings.TrimSpace(q.Search)); search != "" {
		held := d.Contains("u.search_key", "?")
		w.add("("+d.Contains("r.search_key", "?")+" OR EXISTS (SELECT 1 FROM users u WHERE u.id = r.object AND "+held+`)
			OR (r.member <> 0 AND EXISTS (SELECT 1 FROM users u WHERE u.id = r.member AND `+held+")))", search, search, search)
	}
	if q.After != 0 {
		w.add("r.number "+follows(q)+" ?", int64(q.After))
	}
	return w
}

// derivedRows chooses from the added users.
func (d *Dialect) derivedRows(run tenant.ID, q store.RowQuery) rowWhere {
	w := rowWhere{args: []any{int64(run)}}
	if search := tenant.Fold(strings.TrimSpace(q.Search)); search != "" {
		w.add(d.Contains("u.search_key", "?"), search)
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
	limit := atMost(q.Limit)
	standing := s.dialect.standingRows(run, q)
	query := "SELECT * FROM (SELECT " + rowColumns + " FROM run_rows r WHERE r.run = ?" + standing.text + " ORDER BY r.number" + way + " LIMIT ?) standing"
	args := append(standing.args, limit)
	if (q.What == "" || q.What == tenant.UserAdded) && !q.Kept {
		derived := s.dialect.derivedRows(run, q)
		query += " UNION ALL SELECT * FROM (SELECT " + addedColumns + " FROM run_added a " + s.dialect.InOrder + ` users u ON u.id >= a.first AND u.id <= a.last AND u.agent = a.agent
			WHERE a.run = ?` + derived.text + " ORDER BY a.first" + way + ", u.id" + way + " LIMIT ?) derived"
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
const rowsOf = "SELECT r.*, n.started, n.id FROM (SELECT * FROM (SELECT " + rowColumns + ` FROM run_rows r WHERE r.object = ?1 AND r.number < ?2 ORDER BY r.number DESC LIMIT ?3) objects
		UNION ALL SELECT * FROM (SELECT ` + rowColumns + ` FROM run_rows r WHERE r.member = ?1 AND r.member <> 0 AND r.number < ?2 ORDER BY r.number DESC LIMIT ?3) members
		UNION ALL SELECT * FROM (SELECT ` + addedColumns + ` FROM run_added a JOIN users u ON u.id = ?1 AND u.agent = a.agent
			WHERE a.first <= ?1 AND a.last >= ?1 AND u.id < ?2` + notKept + `) derived
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
