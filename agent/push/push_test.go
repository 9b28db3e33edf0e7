package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
)

// endpoint answers bulk requests, each operation by answer.
func endpoint(t *testing.T, answer func(scim.BulkItem) scim.BulkItem, order func([]scim.BulkItem)) *push.Pusher {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_ = json.NewEncoder(w).Encode(scim.List{})
			return
		}
		var in scim.BulkRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		out := scim.BulkResponse{Schemas: []string{scim.BulkRespSchema}}
		for _, op := range in.Operations {
			out.Operations = append(out.Operations, answer(op))
		}
		if order != nil {
			order(out.Operations)
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return push.New(scim.NewClient(server.Client(), server.URL, func(_ context.Context, do func(string) error) error { return do("t") }))
}

func people(n int) []mirror.Item {
	items := make([]mirror.Item, n)
	for i := range items {
		name := fmt.Sprint("u", i)
		items[i] = mirror.Item{
			Seq: int64(i + 1), GUID: directory.GUID{byte(i + 1)}, Todo: plan.Add, Kind: directory.KindUser, Values: 1, Active: true,
			Name: name, GivenName: name, Surname: name, Mail: name + "@x.test", LogonName: name + "@x.test",
		}
	}
	return items
}

func created(op scim.BulkItem) scim.BulkItem {
	var u scim.User
	_ = json.Unmarshal(op.Data, &u)
	return scim.BulkItem{Method: op.Method, BulkID: op.BulkID, Status: "201", Location: "/Users/id-of-" + u.UserName}
}

// RFC 7644 §3.7.3 lets a server answer in another order; bulkId says which is which.
func TestAnswersAreMatchedByBulkID(t *testing.T) {
	p := endpoint(t, created, slices.Reverse[[]scim.BulkItem])
	outcomes, err := p.Send(context.Background(), people(4))
	for _, o := range outcomes {
		if want := "id-of-" + o.Item.LogonName; o.Remote != want {
			t.Errorf("%s was given the id of another person: %s (%v)", o.Item.LogonName, o.Remote, err)
		}
	}
}

// One person whose change the tenant cannot take (500) keeps 499 others out, for ever.
func TestOnePoisonedChangeKeepsNobodyElseOut(t *testing.T) {
	p := endpoint(t, func(op scim.BulkItem) scim.BulkItem {
		if strings.Contains(string(op.Data), "u3@") {
			return scim.BulkItem{Method: op.Method, BulkID: op.BulkID, Status: "500"}
		}
		return created(op)
	}, nil)
	outcomes, err := p.Send(context.Background(), people(500))
	if len(outcomes) == 0 {
		t.Errorf("of 500 changes 499 were taken, and none is acknowledged: %v", err)
	}
}

// A value that is no UTF-8.
func TestOneUnwritableValueKeepsNobodyElseOut(t *testing.T) {
	p := endpoint(t, created, nil)
	items := people(10)
	items[4].DisplayName = "bad \xff"
	outcomes, err := p.Send(context.Background(), items)
	if len(outcomes) == 0 {
		t.Errorf("nobody of the batch is sent: %v", err)
	}
}

// TestAnIDNamesItsObjectAlone: an id is the endpoint's to choose. Whatever it holds must not lead a change to another place, and one that
// cannot be used keeps nobody else out.
func TestAnIDNamesItsObjectAlone(t *testing.T) {
	for _, c := range []struct{ name, location, body, id, path string }{
		{"a path", "/Users/a%2F..%2F..%2FGroups%2F1", "", "a/../../Groups/1", "/Users/a%2F..%2F..%2FGroups%2F1"},
		{"a query", "https://x.test/Users/a%3Fb%23c", "", "a?b#c", "/Users/a%3Fb%23c"},
		{"an id in the body alone", "", `{"id":"7"}`, "7", "/Users/7"},
		{"an id in the body and an address of another kind", "https://x.test/people/7", `{"id":"7"}`, "7", "/Users/7"},
		{"nothing", "/Users/", "", "", ""},
		{"a dot", "/Users/.", "", "", ""},
		{"dots", "/Users/%2E%2E", "", "", ""},
		{"dots in the body", "", `{"id":".."}`, "", ""},
		{"a control character", "/Users/a%0D%0Ab", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			p := endpoint(t, func(op scim.BulkItem) scim.BulkItem {
				asked = append(asked, op.Path)
				if op.Method == http.MethodPost && strings.Contains(string(op.Data), "u0@") {
					return scim.BulkItem{Method: op.Method, BulkID: op.BulkID, Status: "201", Location: c.location, Response: []byte(c.body)}
				}
				return created(op)
			}, nil)
			got, err := p.Send(t.Context(), people(2))
			if err != nil || got[0].Remote != c.id || (c.id == "") != (got[0].Refuse == plan.Refused) || got[1].Remote == "" {
				t.Fatalf("got %+v, %v; want the id %q", got, err, c.id)
			}
			change := got[0].Item
			change.Todo, change.Remote = plan.Update, c.id
			if got, err := p.Send(t.Context(), []mirror.Item{change}); err != nil || c.id == "" && got[0].Refuse != plan.Refused {
				t.Fatalf("the change gave %+v, %v", got, err)
			}
			if last := asked[len(asked)-1]; c.id != "" && last != c.path {
				t.Errorf("asked %q, want %q", last, c.path)
			}
		})
	}
}

// TestWhoAsksToSlowDownIsAskedNoMore: without bulk operations the first 429 ends the batch; what was done counts, the rest stays to be sent.
func TestWhoAsksToSlowDownIsAskedNoMore(t *testing.T) {
	asked := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", scim.ContentType)
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"patch":{"supported":true},"filter":{"supported":true}}`)
			return
		}
		if asked++; asked > 2 {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"%d"}`, asked)
	}))
	defer web.Close()
	client, err := scim.Service{URL: web.URL, Token: "secret"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := push.NewForOthers(client).Send(t.Context(), people(9))
	var wait control.RetryAfter
	if !errors.As(err, &wait) || time.Duration(wait) != 40*time.Second || asked != 3 || len(got) != 9 {
		t.Fatalf("got %d outcomes, %v after %d requests; want 9, a wait of 40s after 3", len(got), err, asked)
	}
	for i, o := range got {
		if o.Item.Seq != int64(i+1) || o.Unsent != (i >= 2) || (o.Remote == "") != o.Unsent {
			t.Errorf("outcome %d is %+v", i, o)
		}
	}
}
