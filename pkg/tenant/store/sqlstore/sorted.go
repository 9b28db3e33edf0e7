package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// keys are the columns of the orders. One that is parted has an index for who is disabled and one for who is not, so that
// adding users writes only one of them: such a list is read from both, and merged.
var keys = map[store.Order]struct {
	column string
	parted bool
	of     func(tenant.User) string
}{
	store.ByName:     {"name_key", false, func(u tenant.User) string { return tenant.Fold(u.ShownName()) }},
	store.ByUserName: {"user_name_key", true, func(u tenant.User) string { return tenant.Fold(u.UserName) }},
}

// sortedUsers gives a page of users in an order. What follows q.After follows it by key, and by id among equals.
func (s session) sortedUsers(ctx context.Context, in tenant.Scope, q store.Query) ([]tenant.User, error) {
	key, known := keys[q.Order]
	if !known || q.SortBy != "" || q.Offset != 0 {
		return nil, fmt.Errorf("users cannot be listed in the order %q with an offset or another order", q.Order)
	}
	var after string
	if q.After != 0 {
		err := s.one(ctx, "SELECT "+key.column+" FROM users WHERE id = ?", []any{int64(q.After)}, &after)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("finding the place in a list: %w", err)
		}
	}
	var all []tenant.User
	for _, part := range s.dialect.partsOf(q) {
		query, args, err := s.dialect.sortedPart(in, q, after, part)
		if err != nil {
			return nil, err
		}
		some, err := s.readUsers(ctx, query, args)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b tenant.User) int {
		c := cmp.Or(cmp.Compare(key.of(a), key.of(b)), cmp.Compare(a.ID, b.ID))
		if q.Descending {
			return -c
		}
		return c
	})
	if q.Limit > 0 {
		all = all[:min(q.Limit, len(all))]
	}
	return all, nil
}

// part is one half of a list; the index is the one that has just this half, of which SQLite does not think by itself.
type part struct{ where, index string }

// partsOf gives the parts that a list is read from.
func (d *Dialect) partsOf(q store.Query) []part {
	enabled, disabled := part{where: "state <> 'disabled'"}, part{"state = 'disabled'", d.Index("users_user_name_disabled")}
	switch {
	case !keys[q.Order].parted:
		return []part{{}}
	case q.State == tenant.Disabled:
		return []part{disabled}
	case q.State != "":
		return []part{enabled}
	}
	return []part{enabled, disabled}
}

// sortedPart compiles one part of a sorted list.
func (d *Dialect) sortedPart(in tenant.Scope, q store.Query, after string, p part) (string, []any, error) {
	where, args, err := usersTable.where(d, in, q, d.Scattered)
	if err != nil {
		return "", nil, err
	}
	column, way, compare := keys[q.Order].column, "", " > "
	if q.Descending {
		way, compare = " DESC", " < "
	}
	if p.where != "" {
		where += joiner(where) + p.where
	}
	if q.After != 0 {
		where, args = where+joiner(where)+"("+column+", id)"+compare+"(?, ?)", append(args, after, int64(q.After))
	}
	return "SELECT " + userSelect + " FROM users" + p.index + where + " ORDER BY " + column + way + ", id" + way + " LIMIT ?", append(args, atMost(q.Limit)), nil
}

func (s session) readUsers(ctx context.Context, query string, args []any) ([]tenant.User, error) {
	found, err := list(ctx, s.forQuery(), query, args, scanUser)
	if err != nil {
		return nil, fmt.Errorf("reading users: %w", err)
	}
	return found, nil
}
