package cycle_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/agent/preview"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// foresee makes a preview and gives its rows by name; it must not change the service.
func (s *oddly) foresee() (map[string]control.PreviewRow, control.Preview) {
	s.Helper()
	before := len(s.other.Asked())
	draft, err := s.mirror.Draft(s.Context(), filepath.Join(s.TempDir(), "preview.db"))
	if err != nil {
		s.Fatal(err)
	}
	made, err := preview.Of(s.Context(), draft, s.world, s.pusher, s.settings, func() time.Time { return s.clock }, func(int) {})
	if err != nil {
		s.Fatal(err)
	}
	defer made.Discard()
	page, err := made.Page(s.Context(), 0, 0)
	if err != nil {
		s.Fatal(err)
	}
	for _, asked := range s.other.Asked()[before:] {
		if !strings.HasPrefix(asked, "GET ") {
			s.Errorf("the preview sent %s", asked)
		}
	}
	rows := map[string]control.PreviewRow{}
	for _, row := range page.Rows {
		rows[row.Name] = row
	}
	return rows, page
}

func (s *oddly) refusal(name string) string {
	s.Helper()
	subjects, _, err := s.mirror.Flagged(s.Context(), "conflict")
	if err != nil {
		s.Fatal(err)
	}
	for _, one := range subjects {
		if one.Name == name {
			return one.Reason
		}
	}
	return ""
}

// TestSomebodyMadeByHandIsTakenOver: by user name where the resource has no externalId; what else stands in it stays, and it is ours
// from then on, also for a new mirror.
func TestSomebodyMadeByHandIsTakenOver(t *testing.T) {
	for _, filters := range [][]string{nil, {"userName", "displayName"}, {}} {
		t.Run(fmt.Sprint(filters), func(t *testing.T) {
			s := newOddly(t, &scimtest.Odd{Filters: filters})
			s.other.Put(scim.Users, scimtest.Resource{"userName": "Ann@Example.test", "title": "Boss", "active": false})
			s.other.Put(scim.Users, scimtest.Resource{"userName": "boss@elsewhere.test", "active": true})
			ann := s.user("ann", s.sales)
			s.user("bob", s.sales)
			rows, p := s.foresee()
			if row := rows["ann"]; row.Action != control.ActionEnable || !strings.Contains(row.Reason, "taken over") || rows["bob"].Action != control.ActionAdd || p.Run.UsersAdded != 1 {
				t.Errorf("the preview says %+v, and adds %d", row, p.Run.UsersAdded)
			}
			s.settles("at first")
			s.want("at first", "ann", "bob", "boss")
			one := s.other.Kept(scim.Users)[0]
			if one["externalId"] != ann.guid.String() || one["title"] != "Boss" || len(s.other.Kept(scim.Users)) != 3 {
				t.Errorf("got %v", s.other.Kept(scim.Users))
			}
			s.lose()
			s.world.set(ann, directory.UserAccountControl, "514")
			s.settles("after the mirror was lost")
			s.want("who was taken over and left", "bob", "boss")
		})
	}
}

// TestSomebodyElsesIsLetBe: the user name is there with another externalId. Both are named, in preview and status, and nothing changes.
func TestSomebodyElsesIsLetBe(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	s.settings.Incomplete = control.IncompleteSkip
	s.other.Put(scim.Users, scimtest.Resource{"userName": "ann@example.test", "externalId": "hr-4711", "active": true, "title": "Boss"})
	ann := s.user("ann", s.sales)
	s.user("bob", s.sales)
	rows, p := s.foresee()
	if row := rows["ann"]; row.Action != control.ActionNothing || row.Because != control.BecauseConflict || !strings.Contains(row.Reason, "hr-4711") || p.Run.UsersAdded != 1 {
		t.Errorf("the preview says %+v, and adds %d", row, p.Run.UsersAdded)
	}
	for range 3 {
		_ = s.cycle()
	}
	if reason := s.refusal("ann"); !strings.Contains(reason, `"hr-4711"`) || !strings.Contains(reason, ann.guid.String()) || !strings.Contains(reason, "ann@example.test") {
		t.Errorf("the conflict is %q", reason)
	}
	s.world.set(ann, directory.UserAccountControl, "514")
	s.settles("after ann left here")
	s.want("after ann left here", "ann", "bob")
	if one := s.other.Kept(scim.Users)[0]; one["externalId"] != "hr-4711" || one["title"] != "Boss" || one["name"] != nil {
		t.Errorf("it was changed: %v", one)
	}
}

// TestTheGuardCountsWhoWasTakenOver: taking over makes nobody pass it.
func TestTheGuardCountsWhoWasTakenOver(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	for i := range 30 {
		s.other.Put(scim.Users, scimtest.Resource{"userName": fmt.Sprintf("u%03d@example.test", i), "active": true})
	}
	people := s.users(30)
	r := s.cycle()
	if r.Err() != nil || r.Run.UsersAdded != 0 || len(s.people()) != 30 {
		t.Fatalf("%v: %d added, %d active", r.Err(), r.Run.UsersAdded, len(s.people()))
	}
	s.settles("at first")
	for _, one := range people[:25] {
		s.world.set(one, directory.UserAccountControl, "514")
	}
	r = s.cycle()
	if r.Err() != nil || len(r.Held) != 1 || r.Held[0].Count != 25 || len(s.people()) != 30 {
		t.Errorf("%v: held %+v, %d active", r.Err(), r.Held, len(s.people()))
	}
}

// TestAGroupThatIsThereIsNotMadeAgain: where a service lets two groups have one name, by this agent's externalId (another agent brought it
// before its unit was this one's), or by name where it has none. Others are conflicts in words.
func TestAGroupThatIsThereIsNotMadeAgain(t *testing.T) {
	for _, shared := range []bool{true, false} {
		for _, c := range []struct {
			name, foresees, conflict string
			there                    []scimtest.Resource // externalId "ours" stands for the entry's
			groups                   int
		}{
			{name: "nothing", foresees: "Is added", groups: 1},
			{name: "ours", there: []scimtest.Resource{{"displayName": "Team", "externalId": "ours"}}, groups: 1},
			{name: "ours, of another name", there: []scimtest.Resource{{"displayName": "Crew", "externalId": "ours"}}, groups: 1},
			{name: "by hand", foresees: "taken over", there: []scimtest.Resource{{"displayName": "team", "members": []any{scimtest.Resource{"value": "x1"}}}}, groups: 1},
			{name: "somebody else's", foresees: "hr-1", conflict: `"hr-1"`, there: []scimtest.Resource{{"displayName": "Team", "externalId": "hr-1"}}, groups: 1},
			{name: "two by hand", foresees: "2 groups of the name", conflict: `2 groups of the name "Team"`, there: []scimtest.Resource{{"displayName": "Team"}, {"displayName": "Team"}}, groups: 2},
		} {
			t.Run(fmt.Sprint(c.name, shared), func(t *testing.T) {
				s := newOddly(t, &scimtest.Odd{SharedNames: shared})
				ann := s.user("ann", s.sales)
				s.settles("before the group")
				team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
				s.world.link(team, ann.guid, true)
				for _, one := range c.there {
					if one["externalId"] == "ours" {
						one["externalId"] = team.guid.String()
					}
					s.other.Put(scim.Groups, one)
				}
				if rows, _ := s.foresee(); !strings.Contains(rows["Team"].Reason, c.foresees) {
					t.Errorf("the preview says %+v, want %q", rows["Team"], c.foresees)
				}
				for range 3 {
					_ = s.cycle()
				}
				groups := s.other.Kept(scim.Groups)
				if reason := s.refusal("Team"); len(groups) != c.groups || !strings.Contains(reason, c.conflict) || (reason == "") != (c.conflict == "") {
					t.Fatalf("the conflict is %q, the groups %v", reason, groups)
				}
				mine := slices.IndexFunc(groups, func(g scimtest.Resource) bool { return g["externalId"] == team.guid.String() })
				if (mine >= 0) != (c.conflict == "") {
					t.Fatalf("got %v", groups)
				}
				if mine < 0 {
					return
				}
				got := fmt.Sprint(groups[mine])
				if groups[mine]["displayName"] != "Team" || !strings.Contains(got, s.idOf(scim.Users, "userName", "ann@example.test")) || c.name == "by hand" && !strings.Contains(got, "x1") {
					t.Errorf("got %s", got)
				}
			})
		}
	}
}
