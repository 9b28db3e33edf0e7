package local

import (
	"context"
	"fmt"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// AddGroup makes a Local group.
func AddGroup(ctx context.Context, s store.Store, name string, organization tenant.ID) (tenant.ID, error) {
	g := tenant.Group{Organization: organization}
	if err := rename(&g, name); err != nil {
		return 0, err
	}
	err := s.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.Organization(ctx, organization); err != nil {
			return err
		}
		if err := tx.AddGroup(ctx, &g); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.GroupAdded, Subject: audit.OfGroup(g)})
	})
	return g.ID, err
}

func rename(g *tenant.Group, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxText || strings.ContainsFunc(name, control) {
		return wrong("The group needs a name", "Give one of at most 256 characters, without line ends.")
	}
	g.DisplayName = name
	return nil
}

// RenameGroup gives a Local group another name.
func RenameGroup(ctx context.Context, s store.Store, id tenant.ID, name string) error {
	return changeGroup(ctx, s, id, func(tx store.Tx, g *tenant.Group) error {
		before := g.DisplayName
		if err := rename(g, name); err != nil {
			return err
		}
		if err := tx.ReplaceGroup(ctx, g); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.GroupRenamed, Subject: audit.OfGroup(*g), Details: audit.Changed(nil, "name", before, g.DisplayName)})
	})
}

// RemoveGroup removes a Local group; its members stay.
func RemoveGroup(ctx context.Context, s store.Store, id tenant.ID) error {
	return changeGroup(ctx, s, id, func(tx store.Tx, g *tenant.Group) error {
		if err := tx.RemoveGroup(ctx, tenant.Scope{}, g.ID); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.GroupRemoved, Subject: audit.OfGroup(*g)})
	})
}

// AddMember puts somebody into a Local group: a user, synced or Local, by e-mail or user logon name, or a group by its name;
// of an organization only, where one is given.
func AddMember(ctx context.Context, s store.Store, group tenant.ID, who string, of tenant.ID) error {
	return changeGroup(ctx, s, group, func(tx store.Tx, g *tenant.Group) error {
		id, err := find(ctx, tx, strings.TrimSpace(who), of)
		if err != nil {
			return err
		}
		if id == g.ID {
			return wrong("A group cannot be in itself", "Choose another group, or a person.")
		}
		n, err := tx.AddMembers(ctx, tenant.Scope{}, g.ID, []tenant.ID{id})
		if err != nil || n == 0 {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.MemberAdded, Subject: audit.OfGroup(*g), Details: []audit.Detail{{Name: "member", After: strings.TrimSpace(who)}}})
	})
}

// RemoveMember takes somebody out of a Local group.
func RemoveMember(ctx context.Context, s store.Store, group, member tenant.ID) error {
	return changeGroup(ctx, s, group, func(tx store.Tx, g *tenant.Group) error {
		n, err := tx.RemoveMembers(ctx, g.ID, []tenant.ID{member})
		if err != nil || n == 0 {
			return err
		}
		name := member.String()
		if u, err := tx.User(ctx, tenant.Scope{}, member); err == nil {
			name = u.ShownName()
		}
		return tx.Record(ctx, audit.Entry{What: audit.MemberTaken, Subject: audit.OfGroup(*g), Details: []audit.Detail{{Name: "member", After: name}}})
	})
}

func changeGroup(ctx context.Context, s store.Store, id tenant.ID, edit func(store.Tx, *tenant.Group) error) error {
	return s.Write(ctx, func(tx store.Tx) error {
		g, err := tx.Group(ctx, tenant.Scope{}, id)
		if err != nil {
			return err
		}
		if g.Agent != 0 {
			return synced(g.DisplayName, "changing a group")
		}
		return edit(tx, &g)
	})
}

// find gives the one user or group of a name.
func find(ctx context.Context, from store.Reader, name string, of tenant.ID) (tenant.ID, error) {
	if name == "" || len(name) > maxText {
		return 0, wrong("Nobody is named", "Type an e-mail, a user logon name, or a group's name.")
	}
	users, err := from.Users(ctx, tenant.Scope{}, store.Query{Filter: equals(name, "userName", "emails.value"), Organization: of, Limit: 3})
	if err != nil {
		return 0, err
	}
	for _, u := range users {
		if u.State != tenant.Disabled || len(users) == 1 {
			return u.ID, nil
		}
	}
	groups, err := from.Groups(ctx, tenant.Scope{}, store.Query{Filter: equals(name, "displayName"), Organization: of, Limit: 2})
	switch {
	case err != nil:
		return 0, err
	case len(groups) == 1:
		return groups[0].ID, nil
	case len(groups) > 1:
		return 0, ambiguous(name)
	}
	return 0, &problem.Problem{
		Code: problem.NotFound, Title: "Nobody here is called " + name, Text: "Nothing was changed.", Hint: "Type the whole e-mail or user logon name of a person, or the whole name of a group.",
	}
}

func ambiguous(name string) error {
	return &problem.Problem{
		Code: problem.Conflict, Title: "Several groups are called " + name, Text: "Nothing was changed.", Hint: "Rename one of them, or add the people themselves.",
	}
}

// equals is the filter for one of several attributes having exactly this value (RFC 7644 §3.4.2.2).
func equals(value string, attributes ...string) scim.Filter {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
	parts := make([]string, len(attributes))
	for i, a := range attributes {
		parts[i] = fmt.Sprintf(`%s eq "%s"`, a, quoted)
	}
	f, err := scim.ParseFilter(strings.Join(parts, " or "))
	if err != nil { // what cannot be quoted has no match
		f, _ = scim.ParseFilter(`id eq ""`)
	}
	return f
}
