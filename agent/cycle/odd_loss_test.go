package cycle_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// TestAServiceThatSuddenlyHasNobodyIsNotFilledAgain: a list that is empty all at once is a lost right more often than a lost house. Even
// one that lost everybody is filled anew only when somebody says so.
func TestAServiceThatSuddenlyHasNobodyIsNotFilledAgain(t *testing.T) {
	for name, lost := range map[string]bool{"it does not list them": false, "it lost them": true} {
		t.Run(name, func(t *testing.T) {
			empty := false
			s := newOddly(t, &scimtest.Odd{SharedNames: true, Listing: func(l scimtest.Resource) any {
				if empty {
					l["totalResults"], l["Resources"] = 0, []any{}
				}
				return l
			}})
			s.users(30)
			for i := range 25 {
				s.world.create(directory.KindGroup, s.sales.guid, fmt.Sprint("Team", i))
			}
			s.settles("at first")
			empty = true
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				gone := lost && empty && strings.Count(r.URL.Path, "/") > 1
				if gone {
					scimtest.Refuse(w, http.StatusNotFound, "")
				}
				return gone
			}
			s.reread()
			for range 3 {
				before := len(s.other.Asked())
				r := s.cycle()
				if lost != problem.Is(r.Send, problem.Conflict) || lost != strings.Contains(fmt.Sprint(r.Send), "no longer has 55 of the 55 people and groups") {
					t.Fatalf("got %v", r.Err())
				}
				for _, asked := range s.other.Asked()[before:] {
					if !strings.HasPrefix(asked, "GET ") {
						t.Errorf("it was sent %s", asked)
					}
				}
			}
			empty = false
			if lost {
				for _, kind := range []string{scim.Users, scim.Groups} {
					for _, one := range s.other.Kept(kind) {
						s.other.Drop(kind, fmt.Sprint(one["id"]))
					}
				}
				s.mirror.Distrust(1) // as a set-up has it
			}
			s.settles("once it is known what is so")
			if groups := len(s.other.Kept(scim.Groups)); len(s.people()) != 30 || groups != 25 {
				t.Errorf("got %d people and %d groups, want 30 and 25", len(s.people()), groups)
			}
		})
	}
}

// TestALostAnswerIsSettledWhereOnlyUserNamesCanBeSearched: many services search by userName alone.
func TestALostAnswerIsSettledWhereOnlyUserNamesCanBeSearched(t *testing.T) {
	for _, filters := range [][]string{nil, {"userName", "displayName"}, {"userName"}, {}} {
		t.Run(fmt.Sprint(filters), func(t *testing.T) {
			lose := 3
			s := newOddly(t, &scimtest.Odd{Filters: filters, SharedNames: true})
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || lose == 0 {
					return false
				}
				lose--
				s.other.Instead = nil // carried out, and its answer lost
				s.other.ServeHTTP(discard{http.Header{}}, r)
				s.other.Instead = nil
				panic(http.ErrAbortHandler)
			}
			lossy := s.other.Instead
			s.user("ann", s.sales)
			s.user("bob", s.sales)
			s.world.create(directory.KindGroup, s.sales.guid, "Team")
			for range 3 {
				s.other.Instead = lossy
				_ = s.cycle()
			}
			s.settles("once answers come again")
			s.want("once answers come again", "ann", "bob")
			if users, groups := s.other.Kept(scim.Users), s.other.Kept(scim.Groups); len(users) != 2 || len(groups) != 1 {
				t.Errorf("somebody was made twice: %v %v", users, groups)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)               {}

// TestAnUpdateLeavesWhatOthersBrought: a PUT has everything go that it does not say.
func TestAnUpdateLeavesWhatOthersBrought(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	ann := s.user("ann", s.sales)
	s.settles("at first")
	one := s.other.Kept(scim.Users)[0]
	one["title"], one["phoneNumbers"] = "Boss", []any{scimtest.Resource{"value": "+1"}}
	one["name"].(scimtest.Resource)["middleName"] = "M"
	one["emails"] = append(one["emails"].([]any), scimtest.Resource{"value": "ann@home.test", "type": "home"})
	s.other.Drop(scim.Users, fmt.Sprint(one["id"]))
	s.other.Put(scim.Users, one)
	s.world.set(ann, directory.Surname, "Zimmer")
	s.world.set(ann, directory.Mail, "zimmer@example.test")
	s.settles("after a changed name")
	got := fmt.Sprint(s.other.Kept(scim.Users)[0])
	for _, want := range []string{"Boss", "+1", "middleName:M", "ann@home.test", "familyName:Zimmer", "zimmer@example.test"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "value:ann@example.test") {
		t.Errorf("the former address stays in %s", got)
	}
}

// TestALeaverFoundByAConflictIsDisabled: somebody is there already, active, and leaves before the update that follows is taken.
func TestALeaverFoundByAConflictIsDisabled(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	ann := s.user("ann", s.sales)
	s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		// Made behind the back of a mirror that adopted already, by its own addition whose answer was lost.
		if r.Method == http.MethodPost {
			s.other.Put(scim.Users, scimtest.Resource{"userName": "ann@example.test", "externalId": ann.guid.String(), "active": true})
		}
		if r.Method == http.MethodPut {
			scimtest.Refuse(w, http.StatusBadRequest, "invalidValue")
		}
		return r.Method == http.MethodPut
	}
	_ = s.cycle()
	_ = s.cycle()
	s.world.set(ann, directory.UserAccountControl, "514")
	_ = s.cycle()
	_ = s.cycle()
	s.want("a leaver")
}

// TestWhoWasDeletedThereComesBack: 404 and 410 at a change. Who is in the directory is made again with the memberships, once; a leaver is
// not made to be disabled.
func TestWhoWasDeletedThereComesBack(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		s := newOddly(t, &scimtest.Odd{SharedNames: true})
		ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
		team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
		s.world.link(team, ann.guid, true)
		s.settles("at first")
		for _, name := range []string{"ann", "bob"} {
			s.other.Drop(scim.Users, s.idOf(scim.Users, "userName", name+"@example.test"))
		}
		s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
			gone := strings.HasSuffix(r.URL.Path, "/o1") || strings.HasSuffix(r.URL.Path, "/o2")
			if gone {
				scimtest.Refuse(w, status, "")
			}
			return gone
		}
		s.world.set(ann, directory.Surname, "Zimmer")
		s.world.set(bob, directory.UserAccountControl, "514")
		for range 3 {
			_ = s.cycle()
		}
		s.settles("after both were deleted there")
		s.want("after both were deleted there", "ann")
		if members := fmt.Sprint(s.other.Kept(scim.Groups)); len(s.other.Kept(scim.Users)) != 1 || len(s.other.Kept(scim.Groups)) != 1 || !strings.Contains(members, s.idOf(scim.Users, "userName", "ann@example.test")) {
			t.Errorf("%d: got %v and %s", status, s.other.Kept(scim.Users), members)
		}
	}
}
