package scimserver

import (
	"context"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// editGroup applies changes to a group and to the members that they name, and to no others. When nothing changed, nothing
// is written and the version stays.
func editGroup(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, id tenant.ID, version string, changes scim.GroupPatch, resolve resolver) (tenant.Group, error) {
	g, err := tx.Group(ctx, in, id)
	if err != nil {
		return g, err
	}
	if err := match(version, g.Version); err != nil {
		return g, err
	}
	before := g
	if changes.DisplayName != nil {
		g.DisplayName = *changes.DisplayName
	}
	if changes.ExternalID != nil {
		g.ExternalID = *changes.ExternalID
	}
	if err := checkGroup(g); err != nil {
		return g, err
	}
	moved, err := editMembers(ctx, tx, j, in, before, changes.Members, resolve)
	if err != nil || moved == 0 && g == before {
		return g, err
	}
	if err := tx.ReplaceGroup(ctx, &g); err != nil {
		return g, err
	}
	return g, j.group(ctx, before, g)
}

func editMembers(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, group tenant.Group, changes []scim.MemberChange, resolve resolver) (int, error) {
	moved := 0
	for _, change := range changes {
		n, err := editMembersOnce(ctx, tx, j, in, group, change, resolve)
		if err != nil {
			return 0, err
		}
		moved += n
	}
	return moved, nil
}

func editMembersOnce(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, group tenant.Group, change scim.MemberChange, resolve resolver) (moved int, err error) {
	if change.Replace {
		if err := j.emptied(ctx, group); err != nil {
			return 0, err
		}
		if moved, err = tx.ClearMembers(ctx, group.ID); err != nil {
			return 0, err
		}
	}
	if len(change.Remove) > 0 {
		gone := absentIgnored(change.Remove, resolve)
		if err := j.members(ctx, group, tenant.MemberRemoved, gone); err != nil {
			return 0, err
		}
		n, err := tx.RemoveMembers(ctx, group.ID, gone)
		if err != nil {
			return 0, err
		}
		moved += n
	}
	add, err := resolve(change.Add)
	if err != nil {
		return 0, err
	}
	if err := j.members(ctx, group, tenant.MemberAdded, add); err != nil {
		return 0, err
	}
	n, err := tx.AddMembers(ctx, in, group.ID, add)
	return moved + n, err
}

// absentIgnored resolves the members to remove; what cannot be a member is none, and removing it succeeds.
func absentIgnored(values []string, resolve resolver) []tenant.ID {
	var found []tenant.ID
	for _, v := range values {
		if id, err := resolve([]scim.Member{{Value: v}}); err == nil {
			found = append(found, id...)
		}
	}
	return found
}
