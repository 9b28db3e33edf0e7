package scimserver_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant/tenanttest"
)

const (
	ann = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"g-ann","userName":"ann@example.test",` +
		`"name":{"givenName":"Ann","familyName":"Berg"},"emails":[{"value":"ann@example.test","primary":true}],` +
		`"urn:passly:params:scim:schemas:extension:directory:2.0:User":{"samAccountName":"ann","state":"active"}}`
	bob = `{"externalId":"g-bob","userName":"bob@example.test","emails":[{"value":"bob@example.test"}]}`
)

// world is a tenant with two agents; $ann, $bob (users), $all (group) are the first one's, $eve (user) the second's.
type world struct {
	s        *tenanttest.Server
	one, two *tenanttest.Agent
	names    map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{s: tenanttest.Start(t), names: map[string]string{}}
	w.one, w.two = w.s.Enrol(t, "dc1"), w.s.Enrol(t, "dc2")
	w.add(t, w.one, "ann", "/Users", ann)
	w.add(t, w.one, "bob", "/Users", bob)
	w.add(t, w.one, "all", "/Groups", `{"externalId":"g-all","displayName":"All","members":[{"value":"$ann"}]}`)
	w.add(t, w.two, "eve", "/Users", `{"externalId":"g-eve","userName":"eve@other.test"}`)
	return w
}

func (w *world) add(t *testing.T, a *tenanttest.Agent, name, path, body string) {
	t.Helper()
	answer := a.Do(t, "POST", "/scim/v2"+path, w.fill(body), "Content-Type", scim.ContentType)
	if answer.Status != 201 {
		t.Fatalf("adding %s: %d %s", name, answer.Status, answer.Body)
	}
	var made struct{ ID string }
	answer.Into(t, &made)
	w.names["$"+name] = made.ID
}

func (w *world) fill(text string) string {
	for name, id := range w.names {
		text = strings.ReplaceAll(text, name, id)
	}
	return text
}

// scenario is one request, what its answer has to hold, and what it must not.
type scenario struct {
	name, method, path, body string
	headers                  []string
	status                   int
	holds, lacks             []string
	then                     *scenario // on the same world
}

func patchBody(operations string) string {
	return `{"schemas":["` + scim.PatchSchema + `"],"Operations":[` + operations + `]}`
}

var scenarios = []scenario{
	{
		name: "a user as it was added, with the policy's state and not the client's", method: "GET", path: "/Users/$ann", status: 200,
		holds: []string{`"userName":"ann@example.test"`, `"state":"created"`, `"samAccountName":"ann"`, `"organization":"Acme"`, `"active":true`, `"display":"All"`, `"version":"W/\"1\""`},
	},
	{
		name: "only some attributes", method: "GET", path: "/Users/$ann?attributes=userName,name.givenName", status: 200,
		holds: []string{`"userName"`, `"givenName":"Ann"`, `"id"`}, lacks: []string{"familyName", "emails", "meta"},
	},
	{name: "all but some attributes", method: "GET", path: "/Users/$ann?excludedAttributes=emails,groups", status: 200, holds: []string{`"name"`}, lacks: []string{"emails", "groups"}},
	{name: "not modified", method: "GET", path: "/Users/$ann", headers: []string{"If-None-Match", `W/"1"`}, status: 304},
	{name: "an unknown user", method: "GET", path: "/Users/1", status: 404, holds: []string{scim.ErrorSchema, `"status":"404"`}},
	{name: "an id in another spelling", method: "GET", path: "/Users/0$ann", status: 404},
	{name: "a user found by externalId", method: "GET", path: `/Users?filter=externalId+eq+"g-ann"`, status: 200, holds: []string{`"totalResults":1`, "$ann"}, lacks: []string{"bob"}},
	{
		name: "a sorted page by index", method: "GET", path: "/Users?sortBy=userName&sortOrder=descending&startIndex=2&count=1", status: 200,
		holds: []string{`"totalResults":2`, `"itemsPerPage":1`, `"startIndex":2`, "ann@"}, lacks: []string{"bob@"},
	},
	{name: "only the count", method: "GET", path: "/Users?count=0", status: 200, holds: []string{`"totalResults":2`, `"Resources":[]`}},
	{name: "a filter that is none", method: "GET", path: "/Users?filter=userName+like+x", status: 400, holds: []string{`"scimType":"invalidFilter"`}},
	{name: "a filter by what is not kept", method: "GET", path: `/Users?filter=password+eq+"x"`, status: 400, holds: []string{"invalidFilter"}},
	{name: "SQL in a filter stays text", method: "GET", path: `/Users?filter=userName+eq+"'+OR+1=1+--"`, status: 200, holds: []string{`"totalResults":0`}},
	{name: "SQL as the attribute to sort by", method: "GET", path: `/Users?sortBy=id%3Bdrop`, status: 400, holds: []string{"invalidPath"}},
	{name: "search by POST", method: "POST", path: "/Users/.search", body: `{"filter":"userName sw \"bo\"","attributes":["userName"]}`, status: 200, holds: []string{`"totalResults":1`, "bob@"}, lacks: []string{"externalId"}},
	{name: "the externalId a second time", method: "POST", path: "/Users", body: ann, status: 409, holds: []string{`"scimType":"uniqueness"`, "externalId"}},
	{name: "a logon name in use, in another case", method: "POST", path: "/Users", body: `{"userName":"ANN@Example.test"}`, status: 409, holds: []string{"uniqueness", "userName"}},
	{name: "a logon name in use by another agent's user", method: "POST", path: "/Users", body: `{"userName":"eve@other.test"}`, status: 409, holds: []string{"uniqueness"}, lacks: []string{"g-eve"}},
	{name: "an e-mail in use", method: "POST", path: "/Users", body: `{"userName":"new@example.test","emails":[{"value":"BOB@example.test"}]}`, status: 409, holds: []string{"emails"}},
	{name: "no logon name", method: "POST", path: "/Users", body: `{"displayName":"x"}`, status: 400, holds: []string{"invalidValue", "userName"}},
	{name: "attribute names in any case", method: "POST", path: "/Users", body: `{"USERNAME":"cy@example.test"}`, status: 201, holds: []string{`"userName":"cy@example.test"`}},
	{name: "a new user who is disabled", method: "POST", path: "/Users", body: `{"userName":"di@example.test","active":false}`, status: 201, holds: []string{`"state":"disabled"`, `"active":false`}},
	{name: "two primary addresses", method: "POST", path: "/Users", body: `{"userName":"x","emails":[{"value":"a@b.test","primary":true},{"value":"c@d.test","primary":true}]}`, status: 400, holds: []string{"invalidValue"}},
	{name: "a control character", method: "POST", path: "/Users", body: `{"userName":"a\u0000b"}`, status: 400, holds: []string{"invalidValue"}},
	{name: "a value of the wrong kind", method: "POST", path: "/Users", body: `{"userName":7}`, status: 400, holds: []string{"invalidValue"}},
	{name: "no JSON", method: "POST", path: "/Users", body: `{`, status: 400, holds: []string{"invalidSyntax"}},
	{name: "another content type", method: "POST", path: "/Users", body: `{}`, headers: []string{"Content-Type", "text/plain"}, status: 400, holds: []string{"invalidSyntax"}},
	{
		name: "disabling and enabling gives the state back", method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"active","value":false}`), status: 200,
		holds: []string{`"state":"disabled"`, `"version":"W/\"2\""`},
		then:  &scenario{method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"Replace","value":{"active":"True"}}`), status: 200, holds: []string{`"state":"created"`}},
	},
	{
		name: "a leaver's names are free, and taken names keep him disabled", method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"active","value":false}`), status: 200,
		then: &scenario{
			method: "POST", path: "/Users", body: `{"externalId":"g-new","userName":"ann@example.test"}`, status: 201,
			then: &scenario{method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"active","value":true}`), status: 409, holds: []string{"uniqueness", "userName"}},
		},
	},
	{
		name: "patching names and addresses", method: "PATCH", path: "/Users/$ann", status: 200,
		body:  patchBody(`{"op":"add","value":{"name.familyName":"Dahl","emails":[{"value":"ann@new.test","primary":true}]}},{"op":"remove","path":"externalId"},{"op":"replace","path":"urn:passly:params:scim:schemas:extension:directory:2.0:User:samAccountName","value":"adahl"}`),
		holds: []string{`"familyName":"Dahl"`, `"givenName":"Ann"`, `"value":"ann@new.test","primary":true`, `"value":"ann@example.test","primary":false`, `"samAccountName":"adahl"`}, lacks: []string{"externalId"},
	},
	{name: "a patch that changes nothing keeps the version", method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"name.givenName","value":"Ann"}`), status: 200, holds: []string{`W/\"1\"`}},
	{name: "patching what is read-only", method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"id","value":"x"}`), status: 400, holds: []string{"mutability"}},
	{name: "patching what is unknown", method: "PATCH", path: "/Users/$ann", body: patchBody(`{"op":"replace","path":"shoeSize","value":"x"}`), status: 400, holds: []string{"invalidPath"}},
	{name: "an empty patch", method: "PATCH", path: "/Users/$ann", body: patchBody(""), status: 400, holds: []string{"invalidValue"}},
	{name: "replacing on an old version", method: "PUT", path: "/Users/$ann", body: ann, headers: []string{"If-Match", `W/"7"`}, status: 412, holds: []string{`"status":"412"`}},
	{name: "replacing unsets what is not given", method: "PUT", path: "/Users/$ann", body: `{"userName":"ann@example.test"}`, headers: []string{"If-Match", `W/"1"`}, status: 200, lacks: []string{"givenName", "emails", "externalId"}},
	{
		name: "deleting a user takes memberships along", method: "DELETE", path: "/Users/$ann", status: 204,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, lacks: []string{"$ann"}, then: &scenario{method: "GET", path: "/Users/$ann", status: 404}},
	},

	{name: "a group with its members", method: "GET", path: "/Groups/$all", status: 200, holds: []string{`"value":"$ann","type":"User"`, `/scim/v2/Users/$ann`}},
	{name: "a group without its members", method: "GET", path: "/Groups/$all?excludedAttributes=members", status: 200, lacks: []string{"members", "$ann"}},
	{name: "groups without members", method: "GET", path: "/Groups?excludedAttributes=members", status: 200, holds: []string{`"totalResults":1`}, lacks: []string{"$ann"}},
	{name: "groups of a member", method: "GET", path: `/Groups?filter=members+eq+"$ann"`, status: 200, holds: []string{`"totalResults":1`}},
	{name: "a group without a name", method: "POST", path: "/Groups", body: `{}`, status: 400, holds: []string{"displayName"}},
	{name: "a group's externalId a second time", method: "POST", path: "/Groups", body: `{"externalId":"g-all","displayName":"Again"}`, status: 409, holds: []string{"uniqueness"}},
	{name: "a member that is not there", method: "POST", path: "/Groups", body: `{"displayName":"X","members":[{"value":"zz9"}]}`, status: 400, holds: []string{"invalidValue", "zz9"}},
	{
		name: "adding members, one of them present", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"add","path":"members","value":[{"value":"$ann"},{"value":"$bob"}]}`), status: 200,
		holds: []string{`W/\"2\"`, "$ann", "$bob"}, then: &scenario{method: "GET", path: "/Groups/$all", status: 200, holds: []string{"$ann", "$bob"}},
	},
	{name: "adding a present member changes nothing", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"add","path":"members","value":[{"value":"$ann"}]}`), status: 200, holds: []string{`W/\"1\"`}},
	{
		name: "removing by a filter", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"remove","path":"members[value eq \"$ann\"]"}`), status: 200,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, lacks: []string{"$ann"}},
	},
	{
		name: "removing by joined filters, absent ones too", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"remove","path":"members[value eq \"$bob\" or value eq \"$ann\" or value eq \"gone\"]"}`), status: 200,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, lacks: []string{"$ann"}},
	},
	{
		name: "removing by a list of values", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"Remove","path":"members","value":[{"value":"$ann"}]}`), status: 200,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, lacks: []string{"$ann"}},
	},
	{
		name: "replacing members", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"replace","path":"members","value":[{"value":"$bob"}]}`), status: 200,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, holds: []string{"$bob"}, lacks: []string{"$ann"}},
	},
	{
		name: "an unknown member undoes the whole patch", method: "PATCH", path: "/Groups/$all", body: patchBody(`{"op":"replace","path":"displayName","value":"New"},{"op":"add","path":"members","value":[{"value":"$eve"}]}`), status: 400, holds: []string{"$eve"},
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, holds: []string{`"displayName":"All"`}},
	},
	{
		name: "putting a group", method: "PUT", path: "/Groups/$all", body: `{"displayName":"Renamed","members":[{"value":"$bob"}]}`, status: 200,
		then: &scenario{method: "GET", path: "/Groups/$all", status: 200, holds: []string{"Renamed", "$bob"}, lacks: []string{"$ann", "g-all"}},
	},
	{name: "removing a group keeps its people", method: "DELETE", path: "/Groups/$all", status: 204, then: &scenario{method: "GET", path: "/Users/$ann", status: 200, lacks: []string{"$all"}}},

	{
		name: "bulk: one bad record does not spoil the rest", method: "POST", path: "/Bulk", status: 200,
		body: `{"Operations":[{"method":"POST","bulkId":"a","path":"/Users","data":{"userName":"b1@example.test"}},{"method":"POST","bulkId":"b","path":"/Users","data":{"userName":"ANN@example.test"}},` +
			`{"method":"POST","bulkId":"c","path":"/Users","data":{}},{"method":"PATCH","path":"/Users/$ann","data":{"Operations":[{"op":"replace","path":"active","value":false}]}},` +
			`{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"New","members":[{"value":"bulkId:a"},{"value":"bulkId:late"}]}},{"method":"POST","bulkId":"late","path":"/Users","data":{"userName":"b2@example.test"}},` +
			`{"method":"DELETE","path":"/Users/$bob"},{"method":"DELETE","path":"/Users/nobody"},{"method":"PATCH","path":"/Groups/$all","version":"W/\"9\"","data":{"Operations":[{"op":"remove","path":"members"}]}}]}`,
		holds: []string{`"bulkId":"a","location":"http`, `"bulkId":"b","status":"409"`, `"bulkId":"c","status":"400"`, `"method":"PATCH","location":"`, `"method":"DELETE","location":"`, `"status":"204"`, `"status":"404"`, `"status":"412"`},
		then:  &scenario{method: "GET", path: `/Groups?filter=displayName+eq+"new"`, status: 200, holds: []string{"b1@", "b2@"}},
	},
	{
		name: "bulk: references in a circle", method: "POST", path: "/Bulk", status: 200,
		body:  `{"Operations":[{"method":"POST","bulkId":"a","path":"/Groups","data":{"displayName":"A","members":[{"value":"bulkId:b"}]}},{"method":"POST","bulkId":"b","path":"/Groups","data":{"displayName":"B","members":[{"value":"bulkId:a"}]}}]}`,
		holds: []string{`"bulkId":"a","status":"400"`, `"bulkId":"b","status":"400"`},
	},
	{
		name: "bulk: stop at an error", method: "POST", path: "/Bulk", status: 200,
		body:  `{"failOnErrors":1,"Operations":[{"method":"POST","bulkId":"a","path":"/Users","data":{"userName":"ann@example.test"}},{"method":"POST","bulkId":"b","path":"/Users","data":{"userName":"never@example.test"}}]}`,
		holds: []string{`"status":"409"`}, lacks: []string{`"bulkId":"b"`}, then: &scenario{method: "GET", path: `/Users?filter=userName+sw+"never"`, status: 200, holds: []string{`"totalResults":0`}},
	},
	{name: "bulk: a path that is none", method: "POST", path: "/Bulk", status: 200, body: `{"Operations":[{"method":"POST","bulkId":"a","path":"/Machines","data":{}}]}`, holds: []string{"invalidPath"}},

	{name: "what the endpoint can do", method: "GET", path: "/ServiceProviderConfig", status: 200, holds: []string{`"maxOperations":1000`, `"cursor":true`}},
	{name: "schemas", method: "GET", path: "/Schemas", status: 200, holds: []string{scim.UserSchema, scim.GroupSchema, scim.PasslySchema}},
	{name: "one schema", method: "GET", path: "/Schemas/" + scim.PasslySchema, status: 200, holds: []string{"samAccountName"}, lacks: []string{"members"}},
	{name: "resource types", method: "GET", path: "/ResourceTypes", status: 200, holds: []string{`"endpoint":"/Users"`}},
	{name: "an endpoint that is none", method: "GET", path: "/Machines", status: 404, holds: []string{scim.ErrorSchema}},

	{name: "attack: reading another agent's user", method: "GET", path: "/Users/$eve", status: 404, lacks: []string{"eve@", "g-eve"}},
	{name: "attack: changing another agent's user", method: "PATCH", path: "/Users/$eve", body: patchBody(`{"op":"replace","path":"active","value":false}`), status: 404},
	{name: "attack: deleting another agent's user", method: "DELETE", path: "/Users/$eve", status: 404},
	{name: "attack: another agent's users in a list", method: "GET", path: `/Users?filter=userName+pr`, status: 200, holds: []string{`"totalResults":2`}, lacks: []string{"eve"}},
	{name: "attack: another agent's user by bulk", method: "POST", path: "/Bulk", body: `{"Operations":[{"method":"DELETE","path":"/Users/$eve"}]}`, status: 200, holds: []string{`"status":"404"`}, lacks: []string{"204"}},
	{name: "attack: duplicate keys", method: "POST", path: "/Users", body: `{"userName":"x","userName":"y"}`, status: 400, holds: []string{"invalidSyntax"}},
	{name: "attack: duplicate keys in another case", method: "POST", path: "/Users", body: `{"userName":"x","USERNAME":"y"}`, status: 400},
	{name: "attack: duplicate keys inside bulk", method: "POST", path: "/Bulk", body: `{"Operations":[{"method":"POST","path":"/Users","data":{"userName":"x","userName":"y"}}]}`, status: 400},
	{name: "attack: trailing data", method: "POST", path: "/Users", body: `{"userName":"x"}{"userName":"y"}`, status: 400},
	{name: "attack: an oversized body", method: "POST", path: "/Users", body: `{"userName":"` + strings.Repeat("x", 5<<20) + `"}`, status: 413, holds: []string{`"status":"413"`}},
	{name: "attack: too many operations", method: "POST", path: "/Bulk", body: `{"Operations":[` + strings.Repeat(`{},`, 1000) + `{}]}`, status: 413},
	{name: "attack: a filter that nests without end", method: "POST", path: "/Users/.search", body: `{"filter":"` + strings.Repeat("(", 5000) + `"}`, status: 400, holds: []string{"invalidFilter"}},
	{name: "attack: a forged cursor", method: "GET", path: "/Users?cursor=eyJhIjoxfQ", status: 400, holds: []string{"invalidCursor"}},
}

func TestScenarios(t *testing.T) {
	for _, row := range scenarios {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			for at := &row; at != nil; at = at.then {
				w.play(t, at)
			}
		})
	}
}

func (w *world) play(t *testing.T, row *scenario) {
	t.Helper()
	path := strings.ReplaceAll(w.fill(row.path), `"`, "%22")
	var body any
	if row.body != "" {
		body = w.fill(row.body)
	}
	headers := append([]string{"Content-Type", scim.ContentType}, row.headers...)
	answer := w.one.Do(t, row.method, "/scim/v2"+path, body, headers...)
	if answer.Status != row.status {
		t.Errorf("%s %s: got %d, want %d: %.400s", row.method, row.path, answer.Status, row.status, answer.Body)
	}
	if got := answer.Header.Get("Content-Type"); answer.Body != "" && got != scim.ContentType {
		t.Errorf("got Content-Type %q, want %q", got, scim.ContentType)
	}
	for _, part := range row.holds {
		if !strings.Contains(answer.Body, w.fill(part)) {
			t.Errorf("%s %s: lacks %s: %.900s", row.method, row.path, part, answer.Body)
		}
	}
	for _, part := range row.lacks {
		if strings.Contains(answer.Body, w.fill(part)) {
			t.Errorf("%s %s: must not hold %s: %.900s", row.method, row.path, part, answer.Body)
		}
	}
}

func TestNoTokenNoAnswer(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"", "rubbish", w.one.Token + "x"} {
		answer := w.s.Do(t, "GET", "/scim/v2/Users", token, nil)
		if answer.Status != 401 || strings.Contains(answer.Body, "ann") {
			t.Errorf("token %q: got %d %s, want 401", token, answer.Status, answer.Body)
		}
	}
}

func TestCursorPagesThroughEverybodyOnce(t *testing.T) {
	w := newWorld(t)
	if answer := w.one.Do(t, "POST", "/scim/v2/Bulk", tenanttest.BulkOfUsers(0, 250)); strings.Count(answer.Body, `"status":"201"`) != 250 {
		t.Fatalf("adding users: %.300s", answer.Body)
	}
	for _, sort := range []string{"", "&sortBy=userName"} {
		seen, cursor, pages := map[string]int{}, "", 0
		for {
			var list scim.List
			w.one.Do(t, "GET", "/scim/v2/Users?count=100"+sort+"&cursor="+cursor, nil).Into(t, &list)
			if list.TotalResults != 252 {
				t.Fatalf("totalResults is %d, want 252", list.TotalResults)
			}
			for _, raw := range list.Resources {
				var u scim.User
				if err := json.Unmarshal(raw, &u); err != nil {
					t.Fatal(err)
				}
				seen[u.ID]++
			}
			pages++
			if cursor = list.NextCursor; cursor == "" {
				break
			}
		}
		if len(seen) != 252 || pages != 3 {
			t.Errorf("sort %q: saw %d users on %d pages, want 252 on 3", sort, len(seen), pages)
		}
	}
}

func TestAThousandMembersInOnePatch(t *testing.T) {
	w := newWorld(t)
	var added scim.BulkResponse
	w.one.Do(t, "POST", "/scim/v2/Bulk", tenanttest.BulkOfUsers(0, 1000)).Into(t, &added)
	var values []string
	for _, op := range added.Operations {
		values = append(values, fmt.Sprintf(`{"value":%q}`, op.Location[strings.LastIndexByte(op.Location, '/')+1:]))
	}
	body := patchBody(`{"op":"add","path":"members","value":[` + strings.Join(values, ",") + `]}`)
	if answer := w.one.Do(t, "PATCH", w.fill("/scim/v2/Groups/$all"), body); answer.Status != 204 || answer.Body != "" || answer.Header.Get("ETag") != `W/"2"` {
		t.Fatalf("got %d %.300s", answer.Status, answer.Body)
	}
	var g scim.Group
	w.one.Do(t, "GET", w.fill("/scim/v2/Groups/$all"), nil).Into(t, &g)
	if len(g.Members) != 1001 {
		t.Errorf("got %d members, want 1001", len(g.Members))
	}
}
