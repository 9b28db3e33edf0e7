package history

import (
	"context"
	"errors"
	"slices"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// kept is why a row stays; it is no failure.
type kept string

// Error gives the reason.
func (k kept) Error() string { return string(k) }

const gone = kept("It is no longer there, or no longer this agent's.")

// putAllBack puts back the rows that are not yet, and gives them as they are then.
func (k *Keeper) putAllBack(ctx context.Context, tx store.Tx, a tenant.Agent, rows []tenant.RunRow, u *tenant.Undo) ([]tenant.RunRow, error) {
	settled := make([]tenant.RunRow, 0, len(rows))
	var waiting []*tenant.RunRow // for a name
	for _, row := range rows {
		u.Before = row.Number
		if !row.Undone.IsZero() {
			continue // by an undo before this one
		}
		settled = append(settled, row)
		forName, err := k.putBack(ctx, tx, a, &settled[len(settled)-1])
		if err != nil {
			return nil, err
		}
		if forName {
			waiting = append(waiting, &settled[len(settled)-1])
		}
	}
	return settled, k.exchange(ctx, tx, a, waiting)
}

// exchange puts back together whose names passed between them (store.Exchange).
func (k *Keeper) exchange(ctx context.Context, tx store.Tx, a tenant.Agent, waiting []*tenant.RunRow) error {
	users := make([]tenant.ID, len(waiting))
	for i, row := range waiting {
		users[i] = row.Object
	}
	made, err := store.Exchange(ctx, tx, users, func(i int) error { return before(ctx, tx, a, *waiting[i]) }, func(err error) bool {
		why, _ := reason(err)
		return why != ""
	})
	for _, i := range made {
		waiting[i].Undone, waiting[i].Kept = k.Now(), ""
	}
	return err
}

// putBack puts back what a row tells of, or notes in it why that cannot be; forName: somebody else has a user's name.
func (k *Keeper) putBack(ctx context.Context, tx store.Tx, a tenant.Agent, row *tenant.RunRow) (forName bool, err error) {
	err = tx.Attempt(ctx, func() error { return before(ctx, tx, a, *row) })
	if err == nil {
		row.Undone, row.Kept = k.Now(), ""
		return false, nil
	}
	if row.Kept, forName = reason(err); row.Kept == "" {
		return false, err
	}
	ofUser := row.What == tenant.UserUpdated || row.What == tenant.UserDisabled || row.What == tenant.UserEnabled
	return forName && ofUser, nil
}

// reason says why a row stays; empty: something else is wrong.
func reason(err error) (why string, forName bool) {
	var (
		said    kept
		taken   *tenant.Taken
		unknown *tenant.UnknownMember
	)
	switch {
	case errors.As(err, &said):
		return string(said), false
	case errors.As(err, &taken):
		return tenant.AttributeWords(taken.Attribute) + " " + taken.Value + " is in use by somebody else now.", true
	case errors.As(err, &unknown), problem.Is(err, problem.NotFound):
		return string(gone), false
	}
	return "", false
}

func before(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow) error {
	newer, err := tx.Newer(ctx, row, newerLooked)
	if err != nil {
		return err
	}
	switch row.What {
	case tenant.UserAdded:
		return disableAdded(ctx, tx, a, row, newer)
	case tenant.UserUpdated, tenant.UserDisabled, tenant.UserEnabled:
		return restoreUser(ctx, tx, a, row, newer)
	case tenant.UserRemoved:
		return kept("A removed user cannot be put back; the directory's next sync adds it where it should be here.")
	case tenant.GroupAdded:
		return removeAdded(ctx, tx, a, row, newer)
	case tenant.GroupUpdated:
		return restoreGroup(ctx, tx, a, row, newer)
	case tenant.GroupRemoved:
		return bringBack(ctx, tx, a, row)
	}
	return restoreMember(ctx, tx, a, row, newer)
}

// newerLooked is how many later rows of an object are looked at; with more than that, something newer stands on it for sure.
const newerLooked = 100

// disableAdded takes a user's access; who enrolled since is somebody whom more than this run stands for.
func disableAdded(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow, newer []tenant.RunRow) error {
	u, err := tx.User(ctx, tenant.Scope{Agent: a.ID}, row.Object)
	switch {
	case err != nil:
		return err
	case len(newer) > 0:
		return kept("A later run changed this user.")
	case u.State == tenant.Disabled:
		return kept("The user is Disabled already.")
	case u.State == tenant.Active:
		return kept("The user has enrolled and is Active since.")
	}
	u.SetActive(false)
	return tx.ReplaceUser(ctx, &u)
}

func restoreUser(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow, newer []tenant.RunRow) error {
	u, err := tx.User(ctx, tenant.Scope{Agent: a.ID}, row.Object)
	if err != nil {
		return err
	}
	if err := untouched(row, newer, u.Attribute); err != nil {
		return err
	}
	for _, change := range row.Attributes {
		if !u.SetAttribute(change.Name, change.Before) || u.Attribute(change.Name) != change.Before {
			return kept(tenant.AttributeWords(change.Name) + " cannot be what it was.")
		}
	}
	return tx.ReplaceUser(ctx, &u)
}

// untouched holds each attribute that a row set against what is there, and against what later rows set.
func untouched(row tenant.RunRow, newer []tenant.RunRow, now func(name string) string) error {
	if len(newer) >= newerLooked {
		return kept("Many later runs changed it.")
	}
	for _, change := range row.Attributes {
		words := tenant.AttributeWords(change.Name)
		if slices.ContainsFunc(newer, func(r tenant.RunRow) bool { return mentions(r, change.Name) }) {
			return kept(words + " was changed by a later run.")
		}
		if now(change.Name) != change.After {
			return kept(words + " was changed since.")
		}
	}
	return nil
}

func mentions(row tenant.RunRow, name string) bool {
	return slices.ContainsFunc(row.Attributes, func(a tenant.Attribute) bool { return a.Name == name })
}

func groupAttribute(g tenant.Group) func(string) string {
	return func(name string) string {
		if name == tenant.AttributeExternalID {
			return g.ExternalID
		}
		return g.DisplayName
	}
}

func removeAdded(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow, newer []tenant.RunRow) error {
	g, err := tx.Group(ctx, tenant.Scope{Agent: a.ID}, row.Object)
	if err != nil {
		return err
	}
	if err := untouched(row, newer, groupAttribute(g)); err != nil {
		return err
	}
	members, err := tx.CountMembers(ctx, g.ID)
	if err != nil {
		return err
	}
	if members > 0 || len(newer) > 0 {
		return kept("It has members that came later, or that stay.")
	}
	return tx.RemoveGroup(ctx, tenant.Scope{Agent: a.ID}, g.ID)
}

func restoreGroup(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow, newer []tenant.RunRow) error {
	g, err := tx.Group(ctx, tenant.Scope{Agent: a.ID}, row.Object)
	if err != nil {
		return err
	}
	if err := untouched(row, newer, groupAttribute(g)); err != nil {
		return err
	}
	asBefore(&g, row)
	return tx.ReplaceGroup(ctx, &g)
}

// asBefore gives a group what a row says was there before.
func asBefore(g *tenant.Group, row tenant.RunRow) {
	for _, was := range row.Attributes {
		if was.Name == tenant.AttributeExternalID {
			g.ExternalID = was.Before
		} else {
			g.DisplayName = was.Before
		}
	}
}

// bringBack makes a removed group anew, under its id; its members have rows of their own, which come after it.
func bringBack(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow) error {
	g := tenant.Group{ID: row.Object, Agent: a.ID, Organization: a.Organization}
	asBefore(&g, row)
	if strings.TrimSpace(g.DisplayName) == "" {
		return kept("Its name is not known.")
	}
	return tx.RestoreGroup(ctx, &g)
}

func restoreMember(ctx context.Context, tx store.Tx, a tenant.Agent, row tenant.RunRow, newer []tenant.RunRow) error {
	in := tenant.Scope{Agent: a.ID}
	g, err := tx.Group(ctx, in, row.Object)
	if err != nil {
		return err
	}
	if len(newer) > 0 {
		return kept("A later run changed this membership.")
	}
	var moved int
	if row.What == tenant.MemberAdded {
		moved, err = tx.RemoveMembers(ctx, g.ID, []tenant.ID{row.Member})
	} else {
		moved, err = tx.AddMembers(ctx, in, g.ID, []tenant.ID{row.Member})
	}
	switch {
	case err != nil:
		return err
	case moved == 0 && row.What == tenant.MemberAdded:
		return kept("It is not in the group any more.")
	case moved == 0:
		return kept("It is in the group again.")
	}
	return tx.ReplaceGroup(ctx, &g)
}
