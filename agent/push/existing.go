package push

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
)

// Existing hands what the tenant already has from this agent to yield, in batches: users and groups without their members.
// Objects whose externalId is no GUID were not made by a directory agent and are passed over.
func (p *Pusher) Existing(ctx context.Context, yield func([]mirror.Adopted) error) error {
	for _, kind := range []directory.Kind{directory.KindUser, directory.KindGroup} {
		var batch []mirror.Adopted
		query := url.Values{}
		if kind == directory.KindGroup {
			query.Set("excludedAttributes", "members") // which users have not
		}
		err := p.client.Each(ctx, resource(kind), query, func(raw json.RawMessage) error {
			object, ok, err := adopted(kind, raw)
			if err != nil || !ok {
				return err
			}
			if batch = append(batch, object); len(batch) < Batch {
				return nil
			}
			full := batch
			batch = nil
			return yield(full)
		})
		if err != nil {
			return fmt.Errorf("listing what the tenant has: %w", err)
		}
		if err := yield(batch); err != nil {
			return err
		}
	}
	return nil
}

func adopted(kind directory.Kind, raw json.RawMessage) (mirror.Adopted, bool, error) {
	object, err := scim.ReadKnown(raw)
	if err != nil {
		return mirror.Adopted{}, false, fmt.Errorf("listing what the tenant has: %w", err)
	}
	guid, err := directory.ParseGUID(object.ExternalID)
	if err != nil || !usable(object.ID) {
		return mirror.Adopted{}, false, nil
	}
	a := mirror.Adopted{GUID: guid, Kind: kind, Remote: object.ID, Name: object.DisplayName}
	if kind == directory.KindGroup {
		a.Values = plan.Group{Name: object.DisplayName}.Values()
		return a, true, nil
	}
	if a.Name == "" {
		a.Name = object.UserName
	}
	a.Active, a.Unsaid = object.Active, !object.ActiveSaid
	a.Values = valuesOf(object).Values()
	return a, true, nil
}

// valuesOf reads a resource back into what operationFor made it of.
func valuesOf(object scim.Known) plan.User {
	return plan.User{
		LogonName: object.UserName, DisplayName: object.DisplayName, GivenName: object.GivenName, Surname: object.FamilyName,
		Mail: object.Mail, SAMAccountName: object.Passly.SAMAccountName,
	}
}

// MembersOf gives the ids of a group's members in the tenant.
func (p *Pusher) MembersOf(ctx context.Context, remote string) ([]string, error) {
	group, err := p.client.Known(ctx, scim.Groups, remote)
	return group.Members, err
}
