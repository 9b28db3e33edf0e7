package scim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

const bulky = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},"bulk":{"supported":true,"maxOperations":2},"filter":{"supported":true}}`

// bulkService answers bulk requests with what say gives for the given one, from 1.
func bulkService(t *testing.T, say func(http.ResponseWriter, int)) *scim.Client {
	t.Helper()
	n := 0
	odd := (&scimtest.Odd{Config: bulky, Instead: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/Bulk" {
			n++
			say(w, n)
		}
		return r.URL.Path == "/Bulk"
	}}).Serve(t)
	client, err := scim.Service{URL: odd.URL, Token: "secret"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func patches(n int) []scim.BulkItem {
	all := make([]scim.BulkItem, n)
	for i := range all {
		all[i] = scim.BulkItem{Method: http.MethodPatch, BulkID: fmt.Sprint(i), Path: fmt.Sprint("/Users/", i), Data: []byte(`{}`)}
	}
	return all
}

// TestABulkAnswerIsReadAsServicesWriteIt: RFC 7644 §3.7.3 has the status as text; services in the field have it otherwise. What cannot
// be understood is about that one change alone.
func TestABulkAnswerIsReadAsServicesWriteIt(t *testing.T) {
	for _, c := range []struct{ name, first, status string }{
		{"text", `{"bulkId":"0","status":"200"}`, "200"},
		{"a number", `{"bulkId":"0","status":200}`, "200"},
		{"an object", `{"bulkId":"0","status":{"code":"204"}}`, "204"},
		{"an object with a number", `{"bulkId":"0","status":{"code":204}}`, "204"},
		{"a bulkId that is a number", `{"bulkId":0,"status":"200"}`, "200"},
		{"names in lower case", `{"bulkid":"0","STATUS":"200"}`, "200"},
		{"no status", `{"bulkId":"0"}`, ""},
		{"a list", `{"bulkId":"0","status":["200"]}`, ""},
		{"a version that is a number", `{"bulkId":"0","status":"200","version":7}`, "200"},
		{"no answer", ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := bulkService(t, func(w http.ResponseWriter, _ int) {
				comma := map[bool]string{true: ",", false: ""}[c.first != ""]
				fmt.Fprintf(w, `{"Operations":[%s%s{"bulkId":"1","status":"404"}]}`, c.first, comma)
			})
			got, err := client.Bulk(t.Context(), patches(2))
			if err != nil || len(got) != 2 || got[0].Status != c.status || got[1].Status != "404" {
				t.Errorf("got %+v, %v; want %q and 404", got, err, c.status)
			}
		})
	}
}

// TestWhatWasAnsweredBeforeAPauseCounts: the second of three requests is asked to come later, or fails.
func TestWhatWasAnsweredBeforeAPauseCounts(t *testing.T) {
	date := time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		name, after      string
		status, answered int
		wait             time.Duration
	}{
		{name: "429 in seconds", status: 429, after: "40", answered: 2, wait: 40 * time.Second},
		{name: "429 as a date", status: 429, after: date, answered: 2, wait: 40 * time.Second},
		{name: "429 without a time", status: 429, answered: 2},
		{name: "503 with a time", status: 503, after: "40", answered: 2, wait: 40 * time.Second},
		{name: "401", status: 401, answered: 2},
		{name: "503 without a time: some may be done", status: 503, answered: 4},
		{name: "500", status: 500, answered: 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := bulkService(t, func(w http.ResponseWriter, n int) {
				if n == 2 {
					w.Header().Set("Retry-After", c.after)
					w.WriteHeader(c.status)
					return
				}
				fmt.Fprint(w, `{"Operations":[{"status":"200"},{"status":"200"}]}`)
			})
			got, err := client.Bulk(t.Context(), patches(6))
			var wait control.RetryAfter
			errors.As(err, &wait)
			if !errors.Is(err, scim.ErrPaused) || len(got) != c.answered || got[1].Status != "200" || (c.wait-time.Duration(wait)).Abs() > 3*time.Second {
				t.Errorf("got %d outcomes, %v, wait %v; want %d and %v", len(got), err, time.Duration(wait), c.answered, c.wait)
			}
			for _, one := range got[2:] {
				if one.Status != "" {
					t.Errorf("got %+v, want that it is not known", one)
				}
			}
		})
	}
}

// TestAServiceThatPromisesTooMuchIsTakenAsItIs: it says that it has bulk operations and PATCH, and has neither.
func TestAServiceThatPromisesTooMuchIsTakenAsItIs(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented} {
		odd := (&scimtest.Odd{Config: bulky, Instead: func(w http.ResponseWriter, r *http.Request) bool {
			refused := r.URL.Path == "/Bulk" || r.Method == http.MethodPatch && status != http.StatusNotFound
			if refused {
				scimtest.Refuse(w, status, "")
			}
			return refused
		}}).Serve(t)
		id := odd.Put(scim.Users, scimtest.Resource{"userName": "ann", "active": true, "title": "Boss"})
		client, err := scim.Service{URL: odd.URL, Token: "secret"}.Open()
		if err != nil {
			t.Fatal(err)
		}
		off := scim.BulkItem{Method: http.MethodPatch, BulkID: "0", Path: "/Users/" + id, Data: []byte(`{"Operations":[{"op":"replace","path":"active","value":false}]}`)}
		got, err := client.Bulk(t.Context(), []scim.BulkItem{off})
		if one := odd.Kept(scim.Users)[0]; err != nil || len(got) != 1 || got[0].Status != "200" || one["active"] != false || one["title"] != "Boss" {
			t.Errorf("%d: got %+v, %v; the service has %v", status, got, err, one)
		}
	}
}

// TestExamineTakesServicesThatDoNotSayWhatTheyCan: ServiceProviderConfig is missing, is for others, or says too little; the lists show
// what it is. What is no service at all stays refused.
func TestExamineTakesServicesThatDoNotSayWhatTheyCan(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"missing", "", 404},
		{"for others", "", 401},
		{"forbidden", "", 403},
		{"not there yet", "", 501},
		{"a page", "<html>", 200},
		{"without schemas", `{"patch":{"supported":true},"filter":{"supported":true}}`, 200},
		{"empty", `{}`, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			odd := (&scimtest.Odd{Instead: func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/ServiceProviderConfig" {
					w.WriteHeader(c.status)
					fmt.Fprint(w, c.body)
				}
				return r.URL.Path == "/ServiceProviderConfig"
			}}).Serve(t)
			service := scim.Service{URL: odd.URL, Token: "secret"}
			client, err := service.Open()
			if err != nil {
				t.Fatal(err)
			}
			if err := service.Examine(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := client.Bulk(t.Context(), []scim.BulkItem{{Method: http.MethodPost, Path: "/Users", BulkID: "0", Data: []byte(`{"userName":"ann"}`)}})
			if err != nil || got[0].Status != "201" || len(odd.Kept(scim.Users)) != 1 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestAListGoesOnAsServicesHaveIt pages through 25 people, each as often as once.
func TestAListGoesOnAsServicesHaveIt(t *testing.T) {
	capped := func(l scimtest.Resource) scimtest.Resource {
		if all := l["Resources"].([]scimtest.Resource); len(all) > 10 {
			l["Resources"], l["itemsPerPage"] = all[:10], 10
		}
		return l
	}
	for name, says := range map[string]func(l scimtest.Resource){
		"as the RFC has it": func(scimtest.Resource) {},
		"no startIndex":     func(l scimtest.Resource) { delete(l, "startIndex") },
		"no total":          func(l scimtest.Resource) { delete(l, "totalResults") },
		"neither":           func(l scimtest.Resource) { delete(l, "totalResults"); delete(l, "startIndex") },
		"numbers as text": func(l scimtest.Resource) {
			l["startIndex"] = fmt.Sprint(l["startIndex"])
			l["totalResults"] = fmt.Sprint(l["totalResults"])
		},
		"an itemsPerPage of its own":   func(l scimtest.Resource) { l["itemsPerPage"] = 1000 },
		"names of its own for numbers": func(l scimtest.Resource) { l["TotalResults"] = l["totalResults"]; delete(l, "totalResults") },
	} {
		t.Run(name, func(t *testing.T) {
			odd := (&scimtest.Odd{Listing: func(l scimtest.Resource) any { l = capped(l); says(l); return l }}).Serve(t)
			for i := range 25 {
				odd.Put(scim.Users, scimtest.Resource{"userName": fmt.Sprint("u", i)})
			}
			client, err := scim.Service{URL: odd.URL, Token: "secret"}.Open()
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			err = client.Each(t.Context(), scim.Users, nil, func(raw json.RawMessage) error {
				one, err := scim.ReadKnown(raw)
				seen[one.UserName]++
				return err
			})
			if err != nil || len(seen) != 25 || seen["u24"] != 1 {
				t.Errorf("got %v, %v", seen, err)
			}
		})
	}
}

// TestASearchIsWrittenAsJSON: a name with quotes or a backslash must not become another filter (RFC 7644 §3.4.2.2: as in JSON).
func TestASearchIsWrittenAsJSON(t *testing.T) {
	for _, name := range []string{`o'hara"x`, `a\b`, "x\" or userName sw \"", "tab\tü\u00ad\U0001F600\x01"} {
		odd := (&scimtest.Odd{}).Serve(t)
		odd.Put(scim.Users, scimtest.Resource{"userName": "somebody else"})
		id := odd.Put(scim.Users, scimtest.Resource{"userName": name})
		client, err := scim.Service{URL: odd.URL, Token: "secret"}.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Search(scim.Users).ByName(t.Context(), strings.ToUpper(name[:1])+name[1:])
		if err != nil || len(got) != 1 || got[0].ID != id {
			t.Errorf("%q: got %+v, %v", name, got, err)
		}
		if asked := odd.Asked(); len(asked) != 1 {
			t.Errorf("%q: it was listed: %v", name, asked)
		}
	}
}

// TestAChangeThatIsRefusedForTheTokenStopsTheRest: what was done before counts, and what comes after was not sent.
func TestAChangeThatIsRefusedForTheTokenStopsTheRest(t *testing.T) {
	n := 0
	client := singly(t, true, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 2 {
			scimtest.Refuse(w, http.StatusUnauthorized, "")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	got, err := client.Bulk(t.Context(), patches(9))
	if !errors.Is(err, scim.ErrPaused) || !problem.Is(err, problem.CredentialsBad) || len(got) != 2 || n != 3 {
		t.Errorf("got %+v, %v after %d requests", got, err, n)
	}
}

// TestAnAnswerWithoutEndIsCutOff: a body that goes on for ever, fast or slowly.
func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	part := []byte(strings.Repeat("x", 1<<20))
	for name, pause := range map[string]time.Duration{"fast": 0, "slowly": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			client := singly(t, true, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", scim.ContentType)
				fmt.Fprint(w, `{"schemas":["`)
				for r.Context().Err() == nil {
					if _, err := w.Write(part[:max(1, len(part)*int(20*time.Millisecond-pause)/int(20*time.Millisecond))]); err != nil {
						return
					}
					_ = http.NewResponseController(w).Flush()
					time.Sleep(pause)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if pause > 0 {
				ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
			}
			defer cancel()
			if one, err := client.Known(ctx, scim.Users, "1"); err == nil || pause == 0 && !problem.Is(err, problem.TooLarge) {
				t.Errorf("got %+v, %v", one, err)
			}
			got, err := client.Bulk(ctx, patches(1))
			if err == nil && got[0].Status != "" {
				t.Errorf("a change gave %s", got[0].Status)
			}
		})
	}
}
