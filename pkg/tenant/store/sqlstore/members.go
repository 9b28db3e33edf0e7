package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"passlysync/pkg/tenant"
)

// shownName is tenant.User.ShownName in SQL.
const shownName = `coalesce(nullif(u.display_name, ''), nullif(trim(coalesce(u.given_name, '') || ' ' || coalesce(u.family_name, '')), ''), u.user_name)`

// Members gives a page of a group's members.
func (s session) Members(ctx context.Context, group, after tenant.ID, limit int) ([]tenant.Member, error) {
	found, err := list(ctx, s, `SELECT m.member_id, m.kind, coalesce(`+shownName+`, g.display_name)
		FROM members m LEFT JOIN users u ON u.id = m.member_id LEFT JOIN groups g ON g.id = m.member_id
		WHERE m.group_id = ? AND m.member_id > ? ORDER BY m.member_id LIMIT ?`, []any{int64(group), int64(after), limit}, scanMember)
	if err != nil {
		return nil, fmt.Errorf("reading members: %w", err)
	}
	return found, nil
}

func scanMember(row scanner) (tenant.Member, error) {
	var (
		m       tenant.Member
		display sql.NullString
	)
	err := row.Scan(&m.ID, &m.Kind, &display)
	m.Display = display.String
	return m, err
}

// CountMembers counts a group's members.
func (s session) CountMembers(ctx context.Context, group tenant.ID) (int, error) {
	var n int
	if err := s.one(ctx, "SELECT count(*) FROM members WHERE group_id = ?", []any{int64(group)}, &n); err != nil {
		return 0, fmt.Errorf("counting members: %w", err)
	}
	return n, nil
}

// A list of ids goes to the engine as one JSON parameter, so that one prepared statement serves any number of them.

func (d *Dialect) addUserMembers() string {
	return `INSERT INTO members (group_id, member_id, kind)
		SELECT ?1, u.id, 'User' FROM ` + d.IDs("?2") + ` j JOIN users u ON u.id = j.value WHERE u.agent = ?3 OR ?3 = 0 ON CONFLICT DO NOTHING`
}

func (d *Dialect) addGroupMembers() string {
	return `INSERT INTO members (group_id, member_id, kind)
		SELECT ?1, g.id, 'Group' FROM ` + d.IDs("?2") + ` j JOIN groups g ON g.id = j.value WHERE g.id <> ?1 AND (g.agent = ?3 OR ?3 = 0) ON CONFLICT DO NOTHING`
}

func (d *Dialect) missingMember() string {
	return `SELECT j.value FROM ` + d.IDs("?2") + ` j WHERE NOT EXISTS
		(SELECT 1 FROM members m WHERE m.group_id = ?1 AND m.member_id = j.value) LIMIT 1`
}

func (d *Dialect) removeMembers() string {
	return `DELETE FROM members WHERE group_id = ?1 AND member_id IN (SELECT j.value FROM ` + d.IDs("?2") + ` j)`
}

// AddMembers adds those that are not there yet.
func (w *writer) AddMembers(ctx context.Context, in tenant.Scope, group tenant.ID, members []tenant.ID) (int, error) {
	if len(members) == 0 {
		return 0, nil
	}
	ctx = context.WithoutCancel(ctx)
	ids := idList(members)
	added, err := w.exec(ctx, w.dialect.addUserMembers(), int64(group), ids, int64(in.Agent))
	if err != nil {
		return 0, fmt.Errorf("adding members: %w", err)
	}
	if added == len(members) {
		return added, nil
	}
	nested, err := w.exec(ctx, w.dialect.addGroupMembers(), int64(group), ids, int64(in.Agent))
	if err != nil {
		return 0, fmt.Errorf("adding nested groups: %w", err)
	}
	if added+nested == len(members) {
		return added + nested, nil
	}
	return added + nested, w.everyMember(ctx, group, ids)
}

// everyMember makes sure that all named are members now; one that is not is unknown.
func (w *writer) everyMember(ctx context.Context, group tenant.ID, ids string) error {
	missing, err := list(ctx, w.session, w.dialect.missingMember(), []any{int64(group), ids}, func(row scanner) (tenant.ID, error) {
		var id tenant.ID
		return id, row.Scan(&id)
	})
	if err != nil {
		return fmt.Errorf("checking members: %w", err)
	}
	if len(missing) > 0 {
		return &tenant.UnknownMember{ID: missing[0].String()}
	}
	return nil
}

// RemoveMembers removes those that are there.
func (w *writer) RemoveMembers(ctx context.Context, group tenant.ID, members []tenant.ID) (int, error) {
	n, err := w.exec(context.WithoutCancel(ctx), w.dialect.removeMembers(), int64(group), idList(members))
	if err != nil {
		return 0, fmt.Errorf("removing members: %w", err)
	}
	return n, nil
}

// ClearMembers removes all members.
func (w *writer) ClearMembers(ctx context.Context, group tenant.ID) (int, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM members WHERE group_id = ?", int64(group))
	if err != nil {
		return 0, fmt.Errorf("removing members: %w", err)
	}
	return n, nil
}

func idList(ids []tenant.ID) string {
	var b strings.Builder
	b.Grow(20*len(ids) + 2)
	b.WriteByte('[')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(id), 10))
	}
	b.WriteByte(']')
	return b.String()
}
