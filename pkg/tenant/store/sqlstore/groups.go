package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"passlysync/pkg/tenant"
)

const groupColumns = "id, agent, organization, external_id, display_name, version, created, modified"

// Group gives one group.
func (s session) Group(ctx context.Context, in tenant.Scope, id tenant.ID) (tenant.Group, error) {
	found, err := list(ctx, s, "SELECT "+groupColumns+" FROM groups WHERE id = ?", []any{int64(id)}, scanGroup)
	if err != nil {
		return tenant.Group{}, fmt.Errorf("reading a group: %w", err)
	}
	if len(found) == 0 || !in.Sees(found[0].Agent) {
		return tenant.Group{}, tenant.NotFound("group")
	}
	return found[0], nil
}

func scanGroup(row scanner) (tenant.Group, error) {
	var (
		g                 tenant.Group
		external          sql.NullString
		created, modified int64
	)
	err := row.Scan(&g.ID, &g.Agent, &g.Organization, &external, &g.DisplayName, &g.Version, &created, &modified)
	g.ExternalID, g.Created, g.Modified = external.String, fromMillis(created), fromMillis(modified)
	return g, err
}

// AddGroup adds a group without members.
func (w *writer) AddGroup(ctx context.Context, g *tenant.Group) error {
	ctx = context.WithoutCancel(ctx)
	now := w.now()
	g.ID, g.Version, g.Created, g.Modified = w.ids.Next(), 1, now, now
	return w.takenGroup(w.mayFail(ctx, func() error {
		return w.insertGroup(ctx, g)
	}), g)
}

func (w *writer) insertGroup(ctx context.Context, g *tenant.Group) error {
	_, err := w.exec(ctx, "INSERT INTO groups ("+groupColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", int64(g.ID), int64(g.Agent),
		int64(g.Organization), null(g.ExternalID), g.DisplayName, g.Version, millis(g.Created), millis(g.Modified))
	return err
}

func (w *writer) takenGroup(err error, g *tenant.Group) error {
	if w.duplicate(err) {
		return &tenant.Taken{Attribute: "externalId", Value: g.ExternalID}
	}
	if err != nil {
		return fmt.Errorf("writing a group: %w", err)
	}
	return nil
}

// ReplaceGroup writes the group itself.
func (w *writer) ReplaceGroup(ctx context.Context, g *tenant.Group) error {
	g.Version++
	g.Modified = w.now()
	var n int
	err := w.mayFail(ctx, func() (err error) {
		n, err = w.exec(context.WithoutCancel(ctx), "UPDATE groups SET external_id = ?, display_name = ?, version = ?, modified = ? WHERE id = ? AND agent = ?",
			null(g.ExternalID), g.DisplayName, g.Version, millis(g.Modified), int64(g.ID), int64(g.Agent))
		return err
	})
	if err := w.takenGroup(err, g); err != nil {
		return err
	}
	return changedOne(n, nil, "group")
}

// RemoveGroup removes a group, its members rows, and its own memberships.
func (w *writer) RemoveGroup(ctx context.Context, in tenant.Scope, id tenant.ID) error {
	ctx = context.WithoutCancel(ctx)
	n, err := w.exec(ctx, "DELETE FROM groups WHERE id = ?1 AND (agent = ?2 OR ?2 = 0)", int64(id), int64(in.Agent))
	if err := changedOne(n, err, "group"); err != nil {
		return err
	}
	if _, err := w.exec(ctx, "DELETE FROM members WHERE member_id = ?", int64(id)); err != nil {
		return fmt.Errorf("removing memberships: %w", err)
	}
	return nil
}

// GroupsOf gives the groups that hold a member directly.
func (s session) GroupsOf(ctx context.Context, member tenant.ID, limit int) ([]tenant.Group, error) {
	found, err := list(ctx, s, "SELECT "+groupColumns+` FROM groups WHERE id IN (SELECT group_id FROM members WHERE member_id = ?)
		ORDER BY display_name LIMIT ?`, []any{int64(member), limit}, scanGroup)
	if err != nil {
		return nil, fmt.Errorf("reading memberships: %w", err)
	}
	return found, nil
}
