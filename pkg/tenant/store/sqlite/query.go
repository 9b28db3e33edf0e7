package sqlite

import (
	"context"
	"fmt"
	"strings"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Users gives the users that a query chooses.
func (s session) Users(ctx context.Context, in tenant.Scope, q store.Query) ([]tenant.User, error) {
	query, args, err := usersTable.choose(in, q)
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, s.forQuery(), "SELECT "+userSelect+" FROM users"+query, args, scanUser)
	if err != nil {
		return nil, fmt.Errorf("reading users: %w", err)
	}
	return found, nil
}

// CountUsers counts them.
func (s session) CountUsers(ctx context.Context, in tenant.Scope, q store.Query) (int, error) {
	return s.count(ctx, usersTable, in, q)
}

// Groups gives the groups that a query chooses.
func (s session) Groups(ctx context.Context, in tenant.Scope, q store.Query) ([]tenant.Group, error) {
	query, args, err := groupsTable.choose(in, q)
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, s.forQuery(), "SELECT "+groupColumns+" FROM groups"+query, args, scanGroup)
	if err != nil {
		return nil, fmt.Errorf("reading groups: %w", err)
	}
	return found, nil
}

// CountGroups counts them.
func (s session) CountGroups(ctx context.Context, in tenant.Scope, q store.Query) (int, error) {
	return s.count(ctx, groupsTable, in, q)
}

func (s session) count(ctx context.Context, t table, in tenant.Scope, q store.Query) (int, error) {
	where, args, err := t.where(in, q)
	if err != nil {
		return 0, err
	}
	var n int
	if err := s.forQuery().one(ctx, "SELECT count(*) FROM "+t.name+where, args, &n); err != nil {
		return 0, fmt.Errorf("counting %s: %w", t.name, err)
	}
	return n, nil
}

// choose compiles a query after FROM.
func (t table) choose(in tenant.Scope, q store.Query) (string, []any, error) {
	where, args, err := t.where(in, q)
	if err != nil {
		return "", nil, err
	}
	if q.After != 0 {
		compare := " > ?"
		if q.NewestFirst {
			compare = " < ?"
		}
		where, args = where+joiner(where)+"id"+compare, append(args, int64(q.After))
	}
	order, err := t.order(q)
	if err != nil {
		return "", nil, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = -1
	}
	return where + order + " LIMIT ? OFFSET ?", append(args, limit, q.Offset), nil
}

func joiner(where string) string {
	if where == "" {
		return " WHERE "
	}
	return " AND "
}

// order sorts by an attribute, and by id among equals, so that pages do not overlap.
func (t table) order(q store.Query) (string, error) {
	way := ""
	if q.Descending || q.SortBy == "" && q.NewestFirst {
		way = " DESC"
	}
	if q.SortBy == "" {
		return " ORDER BY id" + way, nil
	}
	path, err := scim.ParsePatchPath(q.SortBy)
	if err != nil {
		return "", err
	}
	a, ok := t.attribute(path.Path)
	if !ok || a.column == "" {
		return "", &scim.InputError{SCIMType: scim.InvalidPath, Detail: "lists cannot be sorted by " + path.String()}
	}
	return " ORDER BY " + a.column + way + ", id" + way, nil
}

// where compiles what is chosen, without the place in the list.
func (t table) where(in tenant.Scope, q store.Query) (string, []any, error) {
	var (
		parts []string
		args  []any
	)
	add := func(part string, values ...any) {
		parts, args = append(parts, part), append(args, values...)
	}
	if in.Agent != 0 {
		add("agent = ?", int64(in.Agent))
	}
	if q.State != "" && t.name == usersTable.name {
		add("state = ?", string(q.State))
	}
	if q.Search != "" {
		add(t.search, tenant.Fold(q.Search))
	}
	if q.Filter != nil {
		c := compiler{table: t}
		part, err := c.filter(q.Filter)
		if err != nil {
			return "", nil, err
		}
		add(part, c.args...)
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args, nil
}
