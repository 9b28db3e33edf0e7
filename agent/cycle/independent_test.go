package cycle_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// TestIndependentSCIMService syncs into a SCIM 2.0 service that is none of ours (scimmy), with bulk operations and without, with
// PATCH and without, and looks by another way at what it keeps: hires, changed names, leavers, groups and their members, and a lost mirror.
func TestIndependentSCIMService(t *testing.T) {
	for name, o := range map[string]scimtest.Options{"bulk": {}, "single": {Single: true}, "whole": {Whole: true}, "whole, lax": {Single: true, Whole: true, Lax: true}} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, o)
			// Both are others', whatever their externalId is.
			s.other.Put(map[string]any{"userName": "boss@elsewhere.test", "active": true})
			s.other.Put(map[string]any{"userName": "guest@elsewhere.test", "active": true, "externalId": "5b0c9f0e-27cf-4a2c-8e3b-0d8ad1f4a111"})
			ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
			s.users(130) // more than it takes at once, and than it lists at once
			team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.world.link(team, ann.guid, true)
			s.world.link(team, bob.guid, true)
			s.holds("at first")
			s.world.set(ann, directory.Surname, "Zimmer")
			s.world.set(bob, directory.UserAccountControl, "514")
			s.world.link(team, bob.guid, false)
			s.user("cyd", s.sales)
			s.world.rename(team, "Crew")
			s.holds("after changes")
			s.world.remove(ann)
			s.holds("after somebody was deleted")
			s.world.set(bob, directory.UserAccountControl, "512")
			s.holds("after somebody came back")
			before := len(s.other.Kept().Users)
			s.mirror.Close()
			if err := mirror.Remove(s.path); err != nil {
				t.Fatal(err)
			}
			s.open()
			s.mirror.ForOthers()
			s.holds("after the mirror was lost")
			if after := len(s.other.Kept().Users); after != before {
				t.Errorf("after the mirror was lost there are %d people, want %d as before", after, before)
			}
			s.world.remove(team)
			s.holds("after the group was deleted")
			s.leftAlone("boss@elsewhere.test", "guest@elsewhere.test")
		})
	}
}

// TestAnotherAgentsPeopleAreLetBe: a second agent brings another unit of the same domain into the same service. What is its own this
// one must not disable, delete or take out of groups: not with a new mirror, and not when everything is compared.
func TestAnotherAgentsPeopleAreLetBe(t *testing.T) {
	s := newService(t, scimtest.Options{})
	hr := s.world.create(directory.KindUnit, s.world.root(), "HR")
	ann, dana, finn := s.user("ann", s.sales), s.user("dana", hr), s.user("finn", s.sales)
	team, crew := s.world.create(directory.KindGroup, s.sales.guid, "Team"), s.world.create(directory.KindGroup, hr.guid, "Crew")
	s.world.link(team, ann.guid, true)
	s.world.link(crew, dana.guid, true)
	s.world.link(crew, s.user("gil", hr).guid, true)
	s.world.link(team, dana.guid, true)
	scene := *s.scene
	theirs := service{&scene, s.other, s.pusher}
	theirs.settings.Scope = []directory.GUID{hr.guid}
	theirs.path += ".theirs"
	theirs.open()
	theirs.mirror.ForOthers()
	theirs.run()
	s.run()
	s.stand("both brought their own", "ann", "dana", "finn", "gil")
	s.world.move(finn, hr.guid)
	s.run()
	theirs.run()
	s.stand("after finn moved to the other's unit", "ann", "dana", "finn", "gil")
	for _, one := range []*service{s, &theirs} {
		one.mirror.Distrust(1)
		one.run()
	}
	s.stand("after everything was compared", "ann", "dana", "finn", "gil")
	s.mirror.Close()
	if err := mirror.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.mirror.ForOthers()
	s.run()
	s.stand("after the mirror was lost", "ann", "dana", "finn", "gil")
	s.world.move(dana, s.sales.guid)
	theirs.run()
	s.run()
	s.stand("after dana moved here", "ann", "dana", "finn", "gil")
}

// run runs cycles until nothing more is sent.
func (s *service) run() {
	s.Helper()
	for range 6 {
		c := &cycle.Cycle{Mirror: s.mirror, Target: s.pusher, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		r := c.Run(s.Context(), s.world, s.settings)
		if r.Err() != nil {
			s.Fatal(r.Err())
		}
		if !r.Changed() {
			return
		}
	}
}

// stand checks that exactly these people are active, and that both agents' groups are there with a member each.
func (s *service) stand(when string, people ...string) {
	s.Helper()
	var got []string
	kept := s.other.Kept()
	for _, u := range kept.Users {
		if u.Active != nil && *u.Active {
			got = append(got, strings.Split(u.UserName, "@")[0])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(people, got); diff != "" || len(kept.Users) != len(people) {
		s.Fatalf("%s, active (-want +got):\n%s", when, diff)
	}
	if len(kept.Groups) != 2 || len(kept.Groups[0].Members) == 0 || len(kept.Groups[1].Members) == 0 {
		s.Fatalf("%s: got groups %+v, want both with their member", when, kept.Groups)
	}
}

// service is a scene whose tenant is an independent service.
type service struct {
	*scene
	other  *scimtest.Service
	pusher *push.Pusher
}

func newService(t *testing.T, o scimtest.Options) *service {
	t.Helper()
	s := &service{scene: newScene(t), other: scimtest.Start(t, o)}
	client, err := scim.Service{URL: s.other.URL, Token: "secret"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	s.mirror.ForOthers()
	s.pusher = push.NewForOthers(client)
	return s
}

// holds runs cycles until nothing more is sent, and compares what the service keeps with the directory.
func (s *service) holds(when string) {
	s.Helper()
	s.run()
	want, got := s.wanted(), s.got()
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("%s (-directory +service):\n%.2000s", when, diff)
	}
}

// wanted is who should be active, and each group's members, by logon name.
func (s *service) wanted() map[string][]string {
	all := map[string][]string{}
	for _, one := range s.world.entries {
		switch {
		case one.kind == directory.KindUser && s.world.wants(one, s.settings.Scope):
			all["user "+one.attrs[directory.UserPrincipalName].value] = []string{one.attrs[directory.Surname].value, one.attrs[directory.Mail].value}
		case one.kind == directory.KindGroup && !one.deleted.value && s.world.inside(one, s.settings.Scope):
			members := []string{}
			for guid, link := range one.members {
				if member := s.world.entries[guid]; link.value && !member.deleted.value {
					members = append(members, member.attrs[directory.UserPrincipalName].value)
				}
			}
			slices.Sort(members)
			all["group "+one.name.value] = members
		}
	}
	return all
}

// leftAlone checks that nobody touched what is others'.
func (s *service) leftAlone(names ...string) {
	s.Helper()
	for _, name := range names {
		at := slices.IndexFunc(s.other.Kept().Users, func(u scim.User) bool { return u.UserName == name })
		if at < 0 {
			s.Fatalf("%s is gone", name)
		}
		if u := s.other.Kept().Users[at]; u.Active == nil || !*u.Active || u.Name != nil {
			s.Errorf("%s was touched: %+v", name, u)
		}
	}
}

func (s *service) got() map[string][]string {
	all, names, kept := map[string][]string{}, map[string]string{}, s.other.Kept()
	for _, u := range kept.Users {
		names[u.ID] = u.UserName
		if u.Active != nil && *u.Active && u.Name != nil && len(u.Emails) == 1 {
			all["user "+u.UserName] = []string{u.Name.FamilyName, u.Emails[0].Value}
		}
	}
	for _, g := range kept.Groups {
		members := []string{}
		for _, m := range g.Members {
			members = append(members, names[m.Value])
		}
		slices.Sort(members)
		all["group "+g.DisplayName] = members
	}
	return all
}

// TestWhomAnIndependentServiceHasIsTakenOver: people and a group that were made by hand, and one of somebody else, in a service that is none
// of ours, in each of its ways.
func TestWhomAnIndependentServiceHasIsTakenOver(t *testing.T) {
	for name, o := range map[string]scimtest.Options{"bulk": {}, "single": {Single: true}, "whole": {Whole: true}, "whole, lax": {Single: true, Whole: true, Lax: true}} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, o)
			s.settings.Incomplete = control.IncompleteSkip
			s.other.Put(map[string]any{"userName": "ANN@example.test", "active": false, "title": "Boss", "emails": []any{map[string]any{"value": "ann@home.test", "type": "home"}}})
			s.other.Put(map[string]any{"userName": "cyd@example.test", "active": true, "externalId": "hr-4711"})
			s.other.Put(map[string]any{"displayName": "TEAM"})
			ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
			s.user("cyd", s.sales)
			team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.world.link(team, ann.guid, true)
			s.world.link(team, bob.guid, true)
			for range 3 {
				c := &cycle.Cycle{Mirror: s.mirror, Target: s.pusher, Log: slog.New(slog.DiscardHandler), Now: time.Now}
				if r := c.Run(s.Context(), s.world, s.settings); r.Err() != nil {
					t.Fatal(r.Err())
				}
			}
			kept := s.other.Kept()
			if len(kept.Users) != 3 || len(kept.Groups) != 1 || len(kept.Groups[0].Members) != 2 || kept.Groups[0].ExternalID != team.guid.String() {
				t.Fatalf("got %+v", kept)
			}
			for _, u := range kept.Users {
				switch who := strings.ToLower(u.UserName); {
				case u.Active == nil || !*u.Active:
					t.Errorf("%s is not active", who)
				case who == "ann@example.test" && (u.ExternalID != ann.guid.String() || len(u.Emails) != 2 || u.Name == nil):
					t.Errorf("ann is %+v", u)
				case who == "cyd@example.test" && (u.ExternalID != "hr-4711" || u.Name != nil):
					t.Errorf("cyd was touched: %+v", u)
				}
			}
		})
	}
}
