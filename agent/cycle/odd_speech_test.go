package cycle_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// TestOddWaysOfSpeakingKeepNobodyOut is what services say otherwise than RFC 7643 has it. After the mirror was lost everybody is known
// again, nobody is made twice, and a leaver is disabled.
func TestOddWaysOfSpeakingKeepNobodyOut(t *testing.T) {
	under := func(name string, value any) func(scimtest.Resource) scimtest.Resource {
		return func(r scimtest.Resource) scimtest.Resource { r[name] = value; return r }
	}
	lower := func(r scimtest.Resource) scimtest.Resource {
		out := scimtest.Resource{}
		for name, value := range r {
			out[strings.ToLower(name)] = value
		}
		return out
	}
	for _, c := range []struct {
		name    string
		ids     string
		saying  func(scimtest.Resource) scimtest.Resource
		listing func(scimtest.Resource) any
	}{
		{name: "active as text", saying: func(r scimtest.Resource) scimtest.Resource {
			if r["active"] != nil {
				r["active"] = map[bool]string{true: "True", false: "False"}[r["active"] == true]
			}
			return r
		}},
		{name: "active left out", saying: func(r scimtest.Resource) scimtest.Resource { delete(r, "active"); return r }},
		{name: "times of its own", saying: under("meta", scimtest.Resource{"created": "2011-05-13 04:42:34", "lastModified": 1305261754})},
		{name: "no schemas", saying: func(r scimtest.Resource) scimtest.Resource { delete(r, "schemas"); return r }},
		{name: "names in lower case", saying: lower, listing: func(l scimtest.Resource) any { return lower(l) }},
		{name: "nothing where there is nothing", saying: func(r scimtest.Resource) scimtest.Resource {
			r["title"], r["groups"], r["meta"] = nil, nil, nil
			return r
		}},
		{name: "primary as text", saying: func(r scimtest.Resource) scimtest.Resource {
			if r["emails"] != nil {
				r["emails"] = []any{scimtest.Resource{"value": r["userName"], "primary": "true", "type": "work"}}
			}
			return r
		}},
		{name: "numbers as text", listing: func(l scimtest.Resource) any { l["totalResults"] = fmt.Sprint(l["totalResults"]); return l }},
		{name: "a list without schemas", listing: func(l scimtest.Resource) any { delete(l, "schemas"); return l }},
		{name: "no Resources where there are none", listing: func(l scimtest.Resource) any {
			if l["totalResults"] == 0 {
				delete(l, "Resources")
			}
			return l
		}},
		{name: "ids with slashes and blanks", ids: "a b/../%2F?x#"},
		{name: "ids that are numbers", ids: "7", saying: func(r scimtest.Resource) scimtest.Resource {
			r["id"] = json.Number(fmt.Sprint(r["id"]))
			return r
		}},
		{name: "no total", listing: func(l scimtest.Resource) any { delete(l, "totalResults"); return l }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newOddly(t, &scimtest.Odd{IDs: c.ids, Saying: c.saying, Listing: c.listing, SharedNames: true})
			s.user("ann", s.sales)
			bob := s.user("bob", s.sales)
			team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.world.link(team, bob.guid, true)
			s.settles("at first")
			s.want("at first", "ann", "bob")
			s.lose()
			s.world.set(bob, directory.UserAccountControl, "514")
			s.settles("after the mirror was lost")
			s.want("a leaver while the mirror was lost", "ann")
			if users, groups := s.other.Kept(scim.Users), s.other.Kept(scim.Groups); len(users) != 2 || len(groups) != 1 {
				t.Errorf("got %v and %v, want two and one", users, groups)
			}
		})
	}
}

// TestAnAnswerThatIsNoListIsNoEmptyList: a page of something before the service must not look like a service that lost everybody.
func TestAnAnswerThatIsNoListIsNoEmptyList(t *testing.T) {
	for name, body := range map[string]string{"other JSON": `{"status":"ok"}`, "an error with 200": `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`} {
		t.Run(name, func(t *testing.T) {
			away := false
			s := newOddly(t, &scimtest.Odd{SharedNames: true})
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				if away && r.Method == http.MethodGet {
					fmt.Fprint(w, body)
				}
				return away && r.Method == http.MethodGet
			}
			s.user("ann", s.sales)
			s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.settles("at first")
			away = true
			s.reread()
			if r := s.cycle(); r.Err() == nil {
				t.Error("nothing was said of it")
			}
			away = false
			s.settles("once it is back")
			s.want("once it is back", "ann")
			if groups := s.other.Kept(scim.Groups); len(groups) != 1 {
				t.Errorf("the group was made again: %v", groups)
			}
		})
	}
}

// TestAStrictServiceIsAskedForWhatItHas: it refuses attributes that a type does not have, and pages that are too big.
func TestAStrictServiceIsAskedForWhatItHas(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		count, _ := strconv.Atoi(r.FormValue("count"))
		bad := count > 100 || r.URL.Path == scim.Users && r.FormValue("excludedAttributes") != ""
		if bad {
			scimtest.Refuse(w, http.StatusBadRequest, "invalidValue")
		}
		return bad
	}
	s.users(130)
	s.settles("at first")
	s.lose()
	s.settles("after the mirror was lost")
	if people := len(s.people()); people != 130 || len(s.other.Kept(scim.Users)) != 130 {
		t.Errorf("got %d, want 130", people)
	}
}

// TestAServicesWordsArePlainAndShort: what a service says comes into the mirror, logs and terminals.
func TestAServicesWordsArePlainAndShort(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{})
	s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(scim.Error{Detail: "bad\x1b[2J\r\nnext line \u202e" + strings.Repeat("x", 1<<20)})
		}
		return r.Method == http.MethodPost
	}
	s.user("ann", s.sales)
	_ = s.cycle()
	subjects, n, err := s.mirror.Flagged(t.Context(), plan.Refused)
	if err != nil || n != 1 {
		t.Fatalf("got %d refused, %v", n, err)
	}
	if reason := subjects[0].Reason; len(reason) > 2000 || strings.ContainsAny(reason, "\x1b\r\n\u202e") || !strings.HasPrefix(reason, "bad") {
		t.Errorf("got %d bytes: %.60q", len(reason), reason)
	}
}

// TestAServiceThatDoesNotSayWhoIsActiveIsBelieved: leavers whom it took as such are not disabled, and counted by the guard, every day anew.
func TestAServiceThatDoesNotSayWhoIsActiveIsBelieved(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{Saying: func(r scimtest.Resource) scimtest.Resource {
		delete(r, "active")
		r["emails"] = []any{scimtest.Resource{"value": "home@elsewhere.test", "type": "home"}, scimtest.Resource{"value": r["userName"], "type": "work"}}
		return r
	}})
	s.settings.Guard.Users = control.Limit{Number: 1}
	people := s.users(5)
	s.settles("at first")
	for _, one := range people[:3] {
		s.world.set(one, directory.UserAccountControl, "514")
		s.settles("a leaver")
	}
	s.want("after three left", "u003", "u004")
	before := len(s.other.Asked())
	s.reread()
	r := s.cycle()
	if r.Err() != nil || len(r.Held) > 0 || r.Changed() {
		t.Errorf("%v: held %+v, changed %+v", r.Err(), r.Held, r.Run)
	}
	for _, asked := range s.other.Asked()[before:] {
		if !strings.HasPrefix(asked, "GET ") {
			t.Errorf("it was sent %s", asked)
		}
	}
}

// TestEverybodyHasADisplayName: some services refuse people without one, others make one up, which would look like drift every day.
func TestEverybodyHasADisplayName(t *testing.T) {
	s := newOddly(t, &scimtest.Odd{Saying: func(r scimtest.Resource) scimtest.Resource {
		if r["userName"] != nil && r["displayName"] == nil {
			r["displayName"] = "made up"
		}
		return r
	}})
	ann := s.user("ann", s.sales)
	s.settles("at first")
	if got := s.other.Kept(scim.Users)[0]["displayName"]; got != "Gann Sann" {
		t.Errorf("got %v, want first and last name", got)
	}
	before := len(s.other.Asked())
	s.reread()
	s.settles("when everything is compared")
	for _, asked := range s.other.Asked()[before:] {
		if !strings.HasPrefix(asked, "GET ") {
			t.Errorf("it was sent %s", asked)
		}
	}
	s.world.set(ann, directory.DisplayName, "Ann Z.")
	s.settles("with one")
	s.world.set(ann, directory.DisplayName, "")
	s.world.set(ann, directory.Surname, "Zimmer")
	s.settles("without one again")
	if got := s.other.Kept(scim.Users)[0]["displayName"]; got != "Gann Zimmer" {
		t.Errorf("got %v, want first and last name", got)
	}
}
