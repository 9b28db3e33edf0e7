package cycle_test

import (
	"fmt"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// TestAMemberThatIsGoneIsNoGroupThatIsGone: a service may answer 404 for a member. The group stays, and is not made a second time.
func TestAMemberThatIsGoneIsNoGroupThatIsGone(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{ForeignKeys: true, SharedNames: true})
	ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
	team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
	s.settles("at first")
	s.other.Drop(scim.Users, s.idOf(scim.Users, "userName", "bob@example.test"))
	s.world.link(team, ann.guid, true)
	s.world.link(team, bob.guid, true)
	for range 4 {
		_ = s.cycle()
	}
	s.settles("after somebody was deleted there")
	groups := s.other.Kept(scim.Groups)
	if len(groups) != 1 || len(groups[0]["members"].([]any)) != 2 {
		t.Errorf("got %v, want the one group with both members", groups)
	}
	s.want("who was deleted there", "ann", "bob")
}

// TestAMemberThatLeftAlreadyIsNoTrouble: what is not in the group any more cannot be taken out of it (noTarget).
func TestAMemberThatLeftAlreadyIsNoTrouble(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
	team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
	s.world.link(team, ann.guid, true)
	s.world.link(team, bob.guid, true)
	s.settles("at first")
	group := s.other.Kept(scim.Groups)[0]
	group["members"] = []any{scimtest.Resource{"value": s.idOf(scim.Users, "userName", "ann@example.test")}}
	s.other.Drop(scim.Groups, fmt.Sprint(group["id"]))
	s.other.Put(scim.Groups, group)
	s.world.link(team, ann.guid, false)
	s.world.link(team, bob.guid, false)
	r := s.cycle()
	if n, err := s.mirror.RefusedMembers(t.Context()); err != nil || n != 0 || r.Err() != nil {
		t.Errorf("%d are refused, %v %v", n, err, r.Err())
	}
	if members, _ := s.other.Kept(scim.Groups)[0]["members"].([]any); len(members) != 0 {
		t.Errorf("still in the group: %v", members)
	}
}
