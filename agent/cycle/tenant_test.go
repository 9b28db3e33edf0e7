package cycle_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/directory"
)

// fakeTenant holds what was sent, with a SCIM tenant's rules: names are unique among the active, an externalId exists once.
type fakeTenant struct {
	mu      sync.Mutex
	last    int
	objects map[string]*object // by id
	// fail counts requests until one fails; negative: never. lost: it is carried out and its answer is lost.
	fail int
	lost bool
	// sent counts changes that were carried out.
	sent int
}

type object struct {
	guid    directory.GUID
	kind    directory.Kind
	values  mirror.Item
	active  bool
	members map[string]bool
}

// hash digests what the tenant really holds.
func (o *object) hash() plan.Hash {
	if o.kind == directory.KindGroup {
		return plan.Group{Name: o.values.Name}.Values()
	}
	v := o.values
	return plan.User{
		GivenName: v.GivenName, Surname: v.Surname, Mail: v.Mail, LogonName: v.LogonName,
		SAMAccountName: v.SAMAccountName, DisplayName: v.DisplayName,
	}.Values()
}

func newFakeTenant() *fakeTenant { return &fakeTenant{objects: map[string]*object{}, fail: -1} }

var errAway = errors.New("the tenant is away")

// exchange runs one request, with its fault.
func (f *fakeTenant) exchange(work func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fails := f.fail == 0
	f.fail--
	if !fails || f.lost {
		work()
	}
	if fails {
		return errAway
	}
	return nil
}

func (f *fakeTenant) Send(_ context.Context, items []mirror.Item) (outcomes []mirror.Outcome, err error) {
	err = f.exchange(func() {
		for _, item := range items {
			outcomes = append(outcomes, f.take(item))
		}
		f.passOn(outcomes)
	})
	return outcomes, err
}

// passOn lets names pass from one to another within a request, which goes only together: as many as can.
func (f *fakeTenant) passOn(outcomes []mirror.Outcome) {
	var waiting []*mirror.Outcome
	for i := range outcomes {
		if o := &outcomes[i]; o.Refuse == plan.Conflicting && o.Item.Todo != plan.Add {
			waiting = append(waiting, o)
		}
	}
	for len(waiting) > 0 {
		before := map[*object]object{}
		for _, o := range waiting {
			object := f.objects[o.Item.Remote]
			before[object], object.active = *object, false
		}
		var able []*mirror.Outcome
		for _, o := range waiting {
			if object := f.objects[o.Item.Remote]; f.free(o.Item, object) {
				if object.active = true; !o.Item.Keep {
					object.values = o.Item
				}
				able = append(able, o)
			}
		}
		if len(able) == len(waiting) {
			for _, o := range able {
				o.Refuse, o.Reason = plan.Clear, ""
			}
			return
		}
		for object, was := range before {
			*object = was
		}
		waiting = able
	}
}

func (f *fakeTenant) take(item mirror.Item) mirror.Outcome {
	o := mirror.Outcome{Item: item}
	f.sent++
	if item.Todo == plan.Add {
		return f.add(o)
	}
	object, ok := f.objects[item.Remote]
	switch {
	case !ok:
		o.Gone = true
	case item.Todo == plan.Remove:
		delete(f.objects, item.Remote)
		for _, other := range f.objects {
			delete(other.members, item.Remote)
		}
	case item.Todo == plan.Disable:
		object.active = false
	case item.Active && item.Kind == directory.KindUser && !f.free(item, object):
		o.Refuse, o.Reason = plan.Conflicting, "taken"
	default:
		if !item.Keep {
			object.values = item
		}
		object.active = item.Active
	}
	return o
}

func (f *fakeTenant) add(o mirror.Outcome) mirror.Outcome {
	for id, other := range f.objects {
		if other.guid == o.Item.GUID {
			o.Remote, o.Item.Values = id, 0 // as push does after 409 and a look-up
			return o
		}
	}
	if o.Item.Kind == directory.KindUser && !f.free(o.Item, nil) {
		o.Refuse, o.Reason = plan.Conflicting, "taken"
		return o
	}
	f.last++
	o.Remote = fmt.Sprint(f.last)
	f.objects[o.Remote] = &object{
		guid: o.Item.GUID, kind: o.Item.Kind, values: o.Item, active: o.Item.Kind == directory.KindUser,
		members: map[string]bool{},
	}
	return o
}

// free reports whether nobody else who is active has the item's names.
func (f *fakeTenant) free(item mirror.Item, self *object) bool {
	for _, other := range f.objects {
		if other != self && other.active && (strings.EqualFold(other.values.Mail, item.Mail) || strings.EqualFold(other.values.LogonName, item.LogonName)) {
			return false
		}
	}
	return true
}

func (f *fakeTenant) SendMembers(_ context.Context, todo plan.Todo, changes []mirror.Membership) (a push.Answer, err error) {
	err = f.exchange(func() {
		for _, change := range changes {
			f.sent++
			group, ok := f.objects[change.TeamRemote]
			switch {
			case !ok:
				a.Gone = append(a.Gone, change.Team)
				continue
			case todo == plan.Remove:
				delete(group.members, change.Remote)
			case f.objects[change.Remote] == nil:
				a.Refused = append(a.Refused, change)
				continue
			default:
				group.members[change.Remote] = true
			}
			a.Done = append(a.Done, change)
		}
	})
	return a, err
}

func (f *fakeTenant) Existing(_ context.Context, yield func([]mirror.Adopted) error) error {
	var all []mirror.Adopted
	if err := f.exchange(func() {
		for id, o := range f.objects {
			all = append(all, mirror.Adopted{GUID: o.guid, Kind: o.kind, Remote: id, Name: o.values.Name, Active: o.active, Values: o.hash()})
		}
	}); err != nil {
		return err
	}
	return yield(all)
}

func (f *fakeTenant) MembersOf(_ context.Context, remote string) (ids []string, err error) {
	err = f.exchange(func() {
		for id := range f.objects[remote].members {
			ids = append(ids, id)
		}
	})
	return ids, err
}

func (f *fakeTenant) Look(_ context.Context, items []mirror.Item) (found []mirror.Found, err error) {
	err = f.exchange(func() {
		for _, item := range items {
			one := mirror.Found{Seq: item.Seq}
			for id, o := range f.objects {
				if o.guid == item.GUID {
					one.Remote, one.Active = id, o.active
				}
			}
			found = append(found, one)
		}
	})
	return found, err
}
