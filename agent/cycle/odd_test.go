package cycle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// oddly is a scene whose tenant is a service that does not do everything as the RFCs have it.
type oddly struct {
	*scene
	other  *scimtest.Odd
	pusher *push.Pusher
}

func newOddly(t *testing.T, other *scimtest.Odd) *oddly {
	t.Helper()
	s := &oddly{scene: newScene(t), other: other.Serve(t)}
	client, err := scim.Service{URL: other.URL, Token: "secret"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	s.mirror.ForOthers()
	s.pusher = push.NewForOthers(client)
	return s
}

func (s *oddly) cycle() cycle.Result {
	s.Helper()
	c := &cycle.Cycle{Mirror: s.mirror, Target: s.pusher, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	return c.Run(s.Context(), s.world, s.settings)
}

// settles runs cycles until nothing more is sent; nothing may go wrong.
func (s *oddly) settles(when string) {
	s.Helper()
	for range 8 {
		r := s.cycle()
		if r.Err() != nil {
			s.Fatalf("%s: %v", when, r.Err())
		}
		if !r.Changed() {
			return
		}
	}
	s.Fatalf("%s: it goes on and on: %v", when, s.other.Asked())
}

// reread has the next cycle read everything and compare it with the service.
func (s *oddly) reread() {
	s.Helper()
	if err := s.mirror.Forget(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// lose loses the mirror.
func (s *oddly) lose() {
	s.Helper()
	s.mirror.Close()
	if err := mirror.Remove(s.path); err != nil {
		s.Fatal(err)
	}
	s.open()
	s.mirror.ForOthers()
}

// people are the active ones that the service keeps, by user name.
func (s *oddly) people() (active []string) {
	s.Helper()
	for _, u := range s.other.Kept(scim.Users) {
		if u["active"] == true {
			active = append(active, strings.Split(fmt.Sprint(u["userName"]), "@")[0])
		}
	}
	slices.Sort(active)
	return active
}

func (s *oddly) want(when string, names ...string) {
	s.Helper()
	if got := s.people(); !slices.Equal(got, names) {
		s.Fatalf("%s: active are %v, want %v; asked %v", when, got, names, s.other.Asked())
	}
}

func (s *oddly) idOf(kind, attribute, value string) string {
	s.Helper()
	for _, one := range s.other.Kept(kind) {
		if one[attribute] == value {
			return fmt.Sprint(one["id"])
		}
	}
	s.Fatalf("no %s %s is %s in %v", kind, attribute, value, s.other.Kept(kind))
	return ""
}

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

// TestAServiceThatIsDownIsNotAskedForEverybody: 503 without a time, 502 pages of a proxy, connections that end: after a few in a row it is
// left alone, and nothing is lost.
func TestAServiceThatIsDownIsNotAskedForEverybody(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"503": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"502 with a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>")
		},
		"200 with a page":        func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") },
		"a connection that ends": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			down := true
			s := newOddly(t, &scimtest.Odd{Instead: nil})
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				if down && r.Method == http.MethodPost {
					fail(w)
				}
				return down && r.Method == http.MethodPost
			}
			s.users(1200)
			r := s.cycle()
			posts := 0
			for _, asked := range s.other.Asked() {
				if strings.HasPrefix(asked, "POST ") {
					posts++
				}
			}
			if r.Send == nil || posts > 20 {
				t.Errorf("%d additions were tried, %v", posts, r.Send)
			}
			var wait control.RetryAfter
			if errors.As(r.Send, &wait) {
				t.Errorf("it says when to come back, %v, which the service did not", wait)
			}
			down = false
			s.settles("once it is up")
			if got := len(s.people()); got != 1200 || len(s.other.Kept(scim.Users)) != 1200 {
				t.Errorf("got %d active of %d, want 1200", got, len(s.other.Kept(scim.Users)))
			}
		})
	}
}

// TestOneStrangeAnswerKeepsNobodyElseOut: one person at whom the service stumbles, in whichever way.
func TestOneStrangeAnswerKeepsNobodyElseOut(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"503":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"accepted": func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		"a page":   func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") },
		"an end":   func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newOddly(t, &scimtest.Odd{})
			s.user("ann", s.sales)
			bob := s.user("bob", s.sales)
			s.user("cyd", s.sales)
			s.settles("at first")
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				hit := r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, s.idOf(scim.Users, "userName", "bob@example.test"))
				if hit {
					fail(w)
				}
				return hit
			}
			for _, guid := range s.world.order {
				if u := s.world.entries[guid]; u.kind == directory.KindUser {
					s.world.set(u, directory.Surname, "New")
				}
			}
			for range 3 {
				_ = s.cycle()
			}
			for _, u := range s.other.Kept(scim.Users) {
				changed := u["name"].(scimtest.Resource)["familyName"] == "New"
				if changed == (u["externalId"] == bob.guid.String()) {
					t.Errorf("got %v", u)
				}
			}
		})
	}
}

// TestARateLimitedServiceIsGotThrough: a service that answers five questions a second. What needs more in a row (adopting groups, lost
// answers, a first look) must come to its end all the same.
func TestARateLimitedServiceIsGotThrough(t *testing.T) {
	var began time.Time
	asked, limited := 0, false
	s := newOddly(t, &scimtest.Odd{SharedNames: true})
	s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		if time.Since(began) > time.Second {
			began, asked = time.Now(), 0
		}
		asked++
		if refused := limited && asked > 8; refused {
			w.Header().Set("Retry-After", "1")
			scimtest.Refuse(w, http.StatusTooManyRequests, "")
			return true
		}
		return false
	}
	s.user("ann", s.sales)
	for i := range 16 {
		s.world.create(directory.KindGroup, s.sales.guid, fmt.Sprint("Team", i))
	}
	s.settles("at first")
	limited = true
	s.lose()
	s.patiently("after the mirror was lost")
	for i := range 6 {
		s.world.create(directory.KindGroup, s.sales.guid, fmt.Sprint("Crew", i))
	}
	s.patiently("after groups were made")
	if groups := len(s.other.Kept(scim.Groups)); groups != 22 {
		t.Errorf("got %d groups, want 22", groups)
	}
}

// patiently runs cycles as an agent does that is asked to wait.
func (s *oddly) patiently(when string) {
	s.Helper()
	for range 6 {
		r := s.cycle()
		var wait control.RetryAfter
		if errors.As(r.Err(), &wait) {
			time.Sleep(time.Duration(wait))
		} else if r.Err() != nil {
			s.Fatalf("%s: %v", when, r.Err())
		} else if !r.Changed() {
			return
		}
	}
	s.Fatalf("%s: it does not come to an end: %v", when, s.other.Asked())
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
