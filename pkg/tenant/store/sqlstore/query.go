package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Users gives the users that a query chooses.
func (s session) Users(ctx context.Context, in tenant.Scope, q store.Query) ([]tenant.User, error) {
	if q.Order != "" {
		return s.sortedUsers(ctx, in, q)
	}
	query, args, err := usersTable.choose(s.dialect, in, q)
	if err != nil {
		return nil, err
	}
	return s.readUsers(ctx, query, args)
}

// CountUsers counts them.
func (s session) CountUsers(ctx context.Context, in tenant.Scope, q store.Query) (int, error) {
	return s.count(ctx, usersTable, in, q)
}

// Groups gives the groups that a query chooses.
func (s session) Groups(ctx context.Context, in tenant.Scope, q store.Query) ([]tenant.Group, error) {
	query, args, err := groupsTable.choose(s.dialect, in, q)
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, s.forQuery(), query, args, scanGroup)
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
	ofAgent := s.dialect.Scattered
	if q.Filter == nil {
		ofAgent = indexed
	}
	where, args, err := t.where(s.dialect, in, q, ofAgent)
	if err != nil {
		return 0, err
	}
	var n int
	if err := s.forQuery().one(ctx, "SELECT count(*) FROM "+t.from(s.dialect, q)+where, args, &n); err != nil {
		return 0, fmt.Errorf("counting %s: %w", t.name, err)
	}
	return n, nil
}

// from names the table, and for a search the index that it reads, of whose worth SQLite knows nothing.
func (t table) from(d *Dialect, q store.Query) string {
	if q.Search == "" || t.searchIndex == "" {
		return t.name
	}
	return t.name + d.Index(t.searchIndex)
}

// Statement is a query with its parameters.
type Statement struct {
	Query string
	Args  []any
}

// UsersQueries gives the queries that choose users, so that an engine's tests can ask how they would be answered.
func (d *Dialect) UsersQueries(in tenant.Scope, q store.Query) ([]Statement, error) {
	if q.Order == "" {
		query, args, err := usersTable.choose(d, in, q)
		return []Statement{{query, args}}, err
	}
	var all []Statement
	for _, p := range d.partsOf(q) {
		query, args, err := d.sortedPart(in, q, "m", p)
		if err != nil {
			return nil, err
		}
		all = append(all, Statement{query, args})
	}
	return all, nil
}

// choose compiles a query.
func (t table) choose(d *Dialect, in tenant.Scope, q store.Query) (string, []any, error) {
	where, args, err := t.where(d, in, q, d.Scattered)
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
	return "SELECT " + t.columns + " FROM " + t.from(d, q) + where + order + " LIMIT ? OFFSET ?", append(args, atMost(q.Limit), q.Offset), nil
}

// atMost is a limit as SQL needs it; 0: there is none.
func atMost(limit int) int {
	if limit <= 0 {
		return math.MaxInt64
	}
	return limit
}

func joiner(where string) string {
	if where == "" {
		return " WHERE "
	}
	return " AND "
}

// order sorts by an attribute, and by id among equals, so that pages do not overlap.
func (t table) order(q store.Query) (string, error) {
	way, empty := "", " NULLS FIRST"
	if q.Descending || q.SortBy == "" && q.NewestFirst {
		way, empty = " DESC", " NULLS LAST"
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
	return " ORDER BY " + a.column + way + empty + ", id" + way, nil
}

// Nearly every row may be of one agent or in one state. SQLite, which takes such a column for a narrow one, is kept from its
// index by a plus sign (Dialect.Scattered) where that would gather and sort all of them to show a page, or to find one by name.
const indexed = ""

// where compiles what is chosen, without the place in the list; ofAgent is how an agent's rows are come by.
func (t table) where(d *Dialect, in tenant.Scope, q store.Query, ofAgent string) (string, []any, error) {
	var (
		parts []string
		args  []any
	)
	add := func(part string, values ...any) {
		parts, args = append(parts, part), append(args, values...)
	}
	inState := indexed
	if q.Filter != nil {
		inState = d.Scattered
	}
	if asksExternalID(q.Filter) {
		ofAgent = indexed
	}
	if in.Agent != 0 {
		add(ofAgent+"agent = ?", int64(in.Agent))
	}
	// Sorted by something else than time, a list reads that order's index and leaves out what does not belong.
	of := indexed
	if q.Order != "" || q.SortBy != "" || q.Filter != nil {
		of, inState = d.Scattered, d.Scattered
	}
	if q.Agent != 0 {
		add(of+"agent = ?", int64(q.Agent))
	}
	if q.Organization != 0 {
		add(of+"organization = ?", int64(q.Organization))
	}
	switch q.Source {
	case store.Local:
		add(of + "agent = 0")
	case store.Synced:
		add(of + "agent <> 0")
	}
	if q.State != "" && t.name == usersTable.name {
		add(inState+"state = ?", string(q.State))
	}
	if q.Search != "" {
		add(d.Contains(t.search, t.sought), tenant.Fold(q.Search))
	}
	if q.Filter != nil {
		c := compiler{table: t, dialect: d}
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

// asksExternalID reports whether a filter looks for external ids, whose index begins with the agent.
func asksExternalID(f scim.Filter) bool {
	switch f := f.(type) {
	case scim.And:
		return slices.ContainsFunc(f, asksExternalID)
	case scim.Or:
		return slices.ContainsFunc(f, asksExternalID)
	case scim.Compare:
		return f.Op == scim.Equal && f.Path.Is("externalId")
	}
	return false
}
