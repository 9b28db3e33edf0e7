package directorytest

import (
	"context"
	"testing"

	"passlysync/pkg/directory"
)

// set is short for an attribute.
func set(name, value string) directory.Attribute {
	return directory.Attribute{Name: name, Value: value}
}

// testChanges goes through every kind of change, each with a delta of its own.
func testChanges(t *testing.T, d Directory, r Reader) {
	s := &story{Directory: d, mirror: mirror{reader: r}, byUSN: must(r.Domain(t.Context()))(t).ByUSN}
	s.refresh(t)
	s.check(t, "the first pass")
	s.refresh(t)
	s.only(t, "nothing")
	s.people(t)
	s.groups(t)
	s.units(t)
	s.leaving(t)
	s.returning(t)
}

// story is a domain to which things happen.
type story struct {
	Directory
	mirror
	byUSN                          bool // entries of a delta come whole
	sales, berlin, ann, bob, staff directory.GUID
}

// partly fails unless the last delta said just so much of an entry; where entries come whole, all of it must have come.
func (s *story) partly(t *testing.T, what string, just func(directory.Entry) bool) {
	t.Helper()
	if got := s.last[0]; s.byUSN && !got.Whole || !s.byUSN && !just(got) {
		t.Errorf("%s, got %+v", what, got)
	}
}

// make runs a step that makes something.
func (s *story) make(t *testing.T, what string, id *directory.GUID, add func(context.Context) (directory.GUID, error)) {
	t.Helper()
	s.step(t, what, func(ctx context.Context) (err error) {
		*id, err = add(ctx)
		return err
	})
	s.only(t, what, *id)
}

// want compares what the mirror knows of an entry.
func (s *story) want(t *testing.T, id directory.GUID, kind directory.Kind, parent directory.GUID, name string) {
	t.Helper()
	o := s.objects[id]
	if o == nil {
		t.Fatalf("%s is not there", name)
	}
	if o.Kind != kind || o.Parent != parent || o.Name != name {
		t.Errorf("got %s %q below %s, want %s %q below %s", o.Kind, o.Name, o.Parent, kind, name, parent)
	}
}

func (s *story) people(t *testing.T) {
	s.make(t, "a unit", &s.sales, func(ctx context.Context) (directory.GUID, error) { return s.AddUnit(ctx, s.Root(), "Conformance") })
	s.want(t, s.sales, directory.KindUnit, s.Root(), "Conformance")
	s.make(t, "a user", &s.ann, func(ctx context.Context) (directory.GUID, error) {
		return s.AddUser(ctx, s.sales, "Ann Bee", set(directory.GivenName, "Ann"), set(directory.Mail, "ann@example.test"))
	})
	s.want(t, s.ann, directory.KindUser, s.sales, "Ann Bee")
	if !s.last[0].Whole {
		t.Error("a new entry comes whole")
	}
	s.make(t, "a user with an odd name", &s.bob, func(ctx context.Context) (directory.GUID, error) {
		return s.AddUser(ctx, s.sales, `Bob, "the #1" <+;=>\ Ünal 🙂`, set(directory.Surname, "שלום"))
	})
	s.want(t, s.bob, directory.KindUser, s.sales, `Bob, "the #1" <+;=>\ Ünal 🙂`)
	var machine directory.GUID
	s.make(t, "a computer", &machine, func(ctx context.Context) (directory.GUID, error) { return s.AddComputer(ctx, s.sales, "PC1") })
	s.want(t, machine, directory.KindOther, s.sales, "PC1")

	s.step(t, "setting", func(ctx context.Context) error { return s.Modify(ctx, s.ann, directory.Surname, "Bee") })
	s.only(t, "setting", s.ann)
	s.partly(t, "a delta carries only what changed", func(e directory.Entry) bool {
		return len(e.Attributes) == 1 && !e.Whole && e.Kind == "" && e.Name == ""
	})
	s.step(t, "changing", func(ctx context.Context) error { return s.Modify(ctx, s.ann, directory.Mail, "ann.bee@example.test") })
	s.step(t, "removing", func(ctx context.Context) error { return s.Modify(ctx, s.ann, directory.GivenName, "") })
	if _, there := s.objects[s.ann].Attributes[directory.GivenName]; there {
		t.Error("a removed attribute is still there")
	}
	s.step(t, "disabling", func(ctx context.Context) error { return s.SetDisabled(ctx, s.ann, true) })
	s.step(t, "enabling", func(ctx context.Context) error { return s.SetDisabled(ctx, s.ann, false) })
	s.step(t, "expiring", func(ctx context.Context) error {
		return s.Modify(ctx, s.ann, directory.AccountExpires, "132000000000000000")
	})
	s.step(t, "renaming", func(ctx context.Context) error { return s.Rename(ctx, s.ann, "Ann Cee") })
	s.want(t, s.ann, directory.KindUser, s.sales, "Ann Cee")
}

func (s *story) groups(t *testing.T) {
	s.make(t, "a group", &s.staff, func(ctx context.Context) (directory.GUID, error) { return s.AddGroup(ctx, s.sales, "Staff-C", s.ann) })
	s.want(t, s.staff, directory.KindGroup, s.sales, "Staff-C")
	s.step(t, "adding a member", func(ctx context.Context) error { return s.AddMember(ctx, s.staff, s.bob) })
	s.only(t, "adding a member", s.staff)
	s.partly(t, "one member of two was added", func(e directory.Entry) bool {
		return len(e.Members) == 1 && e.Members[0] == s.bob && !e.MembersWhole
	})
	s.step(t, "removing a member", func(ctx context.Context) error { return s.RemoveMember(ctx, s.staff, s.ann) })
	s.partly(t, "one member was removed", func(e directory.Entry) bool {
		return len(e.MembersGone) == 1 && e.MembersGone[0] == s.ann
	})
	var inner directory.GUID
	s.make(t, "a group to nest", &inner, func(ctx context.Context) (directory.GUID, error) { return s.AddGroup(ctx, s.sales, "Inner-C") })
	s.step(t, "nesting", func(ctx context.Context) error { return s.AddMember(ctx, s.staff, inner) })
	s.step(t, "describing", func(ctx context.Context) error { return s.Modify(ctx, s.staff, directory.Description, "Everybody") })
}

func (s *story) units(t *testing.T) {
	s.make(t, "a unit below", &s.berlin, func(ctx context.Context) (directory.GUID, error) { return s.AddUnit(ctx, s.sales, "Berlin") })
	s.step(t, "moving a user", func(ctx context.Context) error { return s.Move(ctx, s.ann, s.berlin) })
	s.only(t, "moving a user", s.ann)
	s.want(t, s.ann, directory.KindUser, s.berlin, "Ann Cee")
	s.step(t, "renaming a unit", func(ctx context.Context) error { return s.Rename(ctx, s.berlin, "München") })
	s.want(t, s.berlin, directory.KindUnit, s.sales, "München")
	s.step(t, "moving a unit", func(ctx context.Context) error { return s.Move(ctx, s.berlin, s.Root()) })
	s.want(t, s.berlin, directory.KindUnit, s.Root(), "München")
	s.step(t, "moving back", func(ctx context.Context) error { return s.Move(ctx, s.ann, s.sales) })
}

func (s *story) leaving(t *testing.T) {
	s.step(t, "deleting a unit", func(ctx context.Context) error { return s.Delete(ctx, s.berlin) })
	s.step(t, "deleting a member", func(ctx context.Context) error { return s.Delete(ctx, s.bob) })
	s.only(t, "deleting a member", s.bob)
	if !s.last[0].Deleted {
		t.Error("a tombstone came that does not say so")
	}
	s.step(t, "deleting a group", func(ctx context.Context) error { return s.Delete(ctx, s.staff) })
}

func (s *story) returning(t *testing.T) {
	s.step(t, "restoring", func(ctx context.Context) error { return s.Restore(ctx, s.bob, set(directory.Mail, "bob@example.test")) })
	if got := s.last[0]; !got.Restored || !got.Whole || got.Kind != directory.KindUser {
		t.Errorf("a restored entry comes whole and says so, got %+v", got)
	}
	var again directory.GUID
	s.step(t, "deleting for good", func(ctx context.Context) error { return s.Delete(ctx, s.ann) })
	s.make(t, "one of the same name", &again, func(ctx context.Context) (directory.GUID, error) { return s.AddUser(ctx, s.sales, "Ann Cee") })
	if again == s.ann {
		t.Error("another entry has the identity of a deleted one")
	}
	s.step(t, "much at once", func(ctx context.Context) error {
		return first(s.Rename(ctx, s.bob, "Robert"), s.Move(ctx, s.bob, s.Root()), s.SetDisabled(ctx, s.bob, true),
			s.Delete(ctx, again), s.Restore(ctx, again), s.Rename(ctx, again, "Ann Dee"))
	})
}

// first gives the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
