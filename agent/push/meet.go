package push

import (
	"context"
	"fmt"
	"slices"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// searches are those of one batch, by kind.
type searches map[directory.Kind]*scim.Search

func (p *Pusher) searches() searches {
	return searches{
		directory.KindUser: p.client.Search(scim.Users), directory.KindGroup: p.client.Search(scim.Groups),
	}
}

// before looks for groups that a service of others has already: many let two have one name, so it would not refuse a second one.
// People's user names are unique everywhere (RFC 7643 §4.1.1).
func (p *Pusher) before(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	return p.meetAll(ctx, p.searches(), items, func(item mirror.Item) bool { return item.Kind == directory.KindGroup })
}

// Meet says of additions what a service of others has of them already, without changing anything: outcomes that are Settled are what
// adding would come to.
func (p *Pusher) Meet(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	in := p.searches()
	adds := slices.DeleteFunc(slices.Clone(items), func(item mirror.Item) bool { return item.Todo != plan.Add })
	if p.others && len(adds) > few {
		for _, search := range in {
			if err := search.List(ctx); err != nil {
				return nil, err
			}
		}
	}
	return p.meetAll(ctx, in, items, func(mirror.Item) bool { return true })
}

// few are looked for one by one for a preview; for more, everything is listed once.
const few = 20

func (p *Pusher) meetAll(ctx context.Context, in searches, items []mirror.Item, which func(mirror.Item) bool) (outcomes []mirror.Outcome, err error) {
	outcomes = make([]mirror.Outcome, len(items))
	for i, item := range items {
		outcomes[i].Item = item
		if !p.others || item.Todo != plan.Add || !which(item) {
			continue
		}
		if outcomes[i], err = p.meet(ctx, in, outcomes[i], false); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// meet finds out whether an addition's object is there. One of its externalId is; in a service of others, one of its name that has
// no externalId is taken over, and one of another externalId is somebody else's. Where it is sure that one is there, and no search finds
// it, everything is listed: some services tell capitals apart when they search, and not when they add (RFC 7643 §2.2, caseExact).
func (p *Pusher) meet(ctx context.Context, in searches, o mirror.Outcome, sure bool) (mirror.Outcome, error) {
	one, err := p.find(ctx, in, o.Item)
	if err != nil || one.ID != "" || !p.others {
		return taken(o, one), err
	}
	named, err := in[o.Item.Kind].ByName(ctx, nameOf(o.Item))
	if err == nil && len(named) == 0 && sure {
		if err = in[o.Item.Kind].List(ctx); err == nil {
			named, err = in[o.Item.Kind].ByName(ctx, nameOf(o.Item))
		}
	}
	if err != nil {
		return o, err
	}
	var free []scim.Known
	for _, one := range named {
		switch {
		case sameEntry(o.Item, one):
			return taken(o, one), nil
		case one.ExternalID == "" && usable(one.ID):
			free = append(free, one)
		}
	}
	switch {
	case len(free) == 1:
		return taken(o, free[0]), nil
	case len(free) > 1:
		o.Refuse, o.Reason = plan.Conflicting, fmt.Sprintf("The service has %d groups of the name %q; which one is meant is not known.", len(free), nameOf(o.Item))
	case len(named) > 0:
		o.Refuse, o.Reason = plan.Conflicting, fmt.Sprintf("The service has %q already, as somebody else's: its externalId is %q, and that of the entry here is %s. If it is the same, clear its externalId there, and it is taken over.", nameOf(o.Item), named[0].ExternalID, o.Item.GUID)
	}
	return o, nil
}

// taken has an outcome be that the object is there. What it holds is not known, so it is sent once more.
func taken(o mirror.Outcome, one scim.Known) mirror.Outcome {
	if o.Remote = one.ID; o.Remote != "" {
		o.Item.Values, o.Active = 0, one.Active
	}
	return o
}

// nameOf is the name that the endpoint has of an entry.
func nameOf(item mirror.Item) string {
	if item.Kind == directory.KindGroup {
		return item.Name
	}
	return item.LogonName
}

// sameEntry reports whether a resource is the one of an entry.
func sameEntry(item mirror.Item, one scim.Known) bool {
	guid, err := directory.ParseGUID(one.ExternalID)
	return err == nil && guid == item.GUID && usable(one.ID)
}

// find looks an entry's object up by its externalId; an empty id means that the endpoint does not have it.
func (p *Pusher) find(ctx context.Context, in searches, item mirror.Item) (scim.Known, error) {
	one, found, err := in[item.Kind].ByExternalID(ctx, item.GUID.String())
	if !found || !usable(one.ID) {
		return scim.Known{}, err
	}
	return one, err
}

// Look asks what the tenant really has of some entries. With an error it gives the first ones of which it was answered.
func (p *Pusher) Look(ctx context.Context, items []mirror.Item) (found []mirror.Found, err error) {
	in := p.searches()
	for _, item := range items {
		one, err := p.look(ctx, in, item)
		if err != nil {
			return found, err
		}
		found = append(found, mirror.Found{Seq: item.Seq, Remote: one.ID, Active: one.Active})
	}
	return found, nil
}

// look asks a service of others by the id first, where that is known: it may not keep an externalId.
func (p *Pusher) look(ctx context.Context, in searches, item mirror.Item) (scim.Known, error) {
	if p.others && usable(item.Remote) {
		one, err := p.client.Known(ctx, resource(item.Kind), item.Remote)
		switch {
		case err == nil && (one.ExternalID == "" || sameEntry(item, one)):
			one.ID = item.Remote
			return one, nil
		case err != nil && !problem.Is(err, problem.NotFound):
			return one, err
		}
	}
	return p.find(ctx, in, item)
}
