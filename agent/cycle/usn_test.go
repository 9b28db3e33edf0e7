package cycle_test

import (
	"context"
	"testing"

	"passlysync/pkg/directory"
)

// newSceneByUSN is a scene whose directory refuses DirSync.
func newSceneByUSN(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	s.world.byUSN = true
	return s
}

// members counts the members of the only group in the tenant.
func (s *scene) members() (n int) {
	for _, o := range s.tenant.objects {
		if o.kind == directory.KindGroup {
			n += len(o.members)
		}
	}
	return n
}

// A group comes whole when one of its members changes; one membership is sent.
func TestWithoutDirSyncOneMemberCostsOneMembership(t *testing.T) {
	s := newSceneByUSN(t)
	all := s.users(50)
	team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
	for _, u := range all[1:] {
		s.world.link(team, u.guid, true)
	}
	s.sync()
	for _, join := range []bool{true, false} {
		before := s.tenant.sent
		s.world.link(team, all[0].guid, join)
		s.sync()
		if sent := s.tenant.sent - before; sent != 1 {
			t.Errorf("one membership changed (to %v): %d changes were sent", join, sent)
		}
	}
	if s.members() != 49 {
		t.Errorf("got %d members, want 49", s.members())
	}
}

// What raises uSNChanged and concerns nobody is no difference, for people and for groups.
func TestWithoutDirSyncNoiseSendsNothing(t *testing.T) {
	s := newSceneByUSN(t)
	all := s.users(10)
	team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
	s.world.link(team, all[0].guid, true)
	s.sync()
	before := s.tenant.sent
	for _, thing := range append(all, team, s.sales) {
		s.world.touch(thing)
	}
	if r := s.sync(); r.Changed() || s.tenant.sent != before || r.Run.Read != 12 {
		t.Errorf("read %d, sent %d, want 12 and none", r.Run.Read, s.tenant.sent-before)
	}
}

// Somebody is deleted and comes back before the agent looks, or without that it can see it: the groups do not tell that they lost a member.
func TestWithoutDirSyncWhoCameBackLeftTheGroups(t *testing.T) {
	for name, blind := range map[string]bool{"between two passes": false, "unseen": true} {
		t.Run(name, func(t *testing.T) {
			s := newSceneByUSN(t)
			s.world.blind = blind
			ann := s.user("ann", s.sales)
			team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.world.link(team, ann.guid, true)
			s.sync()
			if s.members() != 1 {
				t.Fatal("not a member at first")
			}
			s.world.remove(ann)
			if blind {
				s.sync()
				s.wantActive("ann") // nobody can know yet
			}
			s.world.restore(ann)
			for name, value := range map[string]string{
				directory.GivenName: "G", directory.Surname: "S", directory.Mail: "ann@example.test",
				directory.UserPrincipalName: "ann@example.test", directory.UserAccountControl: "512",
			} {
				s.world.set(ann, name, value)
			}
			s.sync()
			s.wantActive("ann")
			if s.members() != 0 {
				t.Error("who came back is still in a group that the directory took her from")
			}
		})
	}
}

// Where tombstones cannot be read, the reconcile finds who is gone, and one that was cut off finds nobody.
func TestWithoutDirSyncDeletionsAreFoundByTheReconcile(t *testing.T) {
	s := newSceneByUSN(t)
	s.world.blind = true
	s.user("ann", s.sales)
	bob := s.user("bob", s.sales)
	s.sync()
	s.world.remove(bob)
	s.sync()
	s.wantActive("ann bob")
	_ = s.mirror.Forget(context.Background())
	s.world.cutAfter = 1
	s.try()
	s.wantActive("ann bob")
	s.sync()
	s.wantActive("ann")
}

// DirSync is refused in the middle of a pass, full or not, and possible again later: nobody is touched by it.
func TestTheWayOfReadingChanges(t *testing.T) {
	for after := range 8 {
		s := newScene(t)
		s.users(5)
		s.world.closesAfter = after
		s.sync() // a full pass in which it happens
		before := s.tenant.sent
		s.world.byUSN = false
		s.sync()
		s.world.closesAfter = 0
		s.user("new", s.sales)
		s.sync() // a delta in which it happens
		if sent := s.tenant.sent - before; sent != 1 {
			t.Errorf("refused after %d entries: %d changes were sent, want the new one's", after, sent)
		}
		s.wantActive("new u000 u001 u002 u003 u004")
	}
}
