package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// singly gives a client of a service without bulk operations that answers by respond.
func singly(t *testing.T, patch bool, respond http.HandlerFunc) *scim.Client {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ServiceProviderConfig" {
			respond(w, r)
			return
		}
		w.Header().Set("Content-Type", scim.ContentType)
		fmt.Fprintf(w, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":%t},"bulk":{"supported":false},"filter":{"supported":true}}`, patch)
	}))
	t.Cleanup(web.Close)
	c, err := scim.Service{URL: web.URL, Token: "the-secret-token"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestARedirectedChangeIsNotDone: a page to sign in with must not count as a change that was carried out.
func TestARedirectedChangeIsNotDone(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusPermanentRedirect} {
		reached := false
		c := singly(t, true, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				reached = true
				fmt.Fprint(w, "<html>Sign in")
				return
			}
			if r.Method == http.MethodGet {
				w.Header().Set("Content-Type", scim.ContentType)
				fmt.Fprint(w, `{"id":"1"}`) // read before it is put back changed
				return
			}
			http.Redirect(w, r, "/login", status)
		})
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			got, err := c.Bulk(t.Context(), []scim.BulkItem{{Method: method, Path: "/Users/1", BulkID: "0", Data: []byte(`{}`)}})
			if !problem.Is(err, scim.NotSCIM) || reached {
				t.Errorf("%s answered with %d: %v, %v, followed %t; want %s", method, status, got, err, reached, scim.NotSCIM)
			}
		}
	}
}

// TestWhatIsNoAnswerOfSCIMIsNotDone: a success that is none of SCIM's leaves open what became of the change.
func TestWhatIsNoAnswerOfSCIMIsNotDone(t *testing.T) {
	for _, c := range []struct {
		name, content, body string
		status              int
		whole, done         bool
	}{
		{name: "a page", content: "text/html", body: "<html>", status: 200},
		{name: "a page that says it is JSON", content: "application/json", body: "<html>", status: 200},
		{name: "accepted", status: 202},
		{name: "nothing to change", status: 204, whole: true},
		{name: "a page to change", content: "text/html", body: "<html>", status: 200, whole: true},
		{name: "created, where it was read", content: scim.ContentType, body: "{}", status: 201, whole: true},
		{name: "no content", status: 204, done: true},
		{name: "a resource", content: scim.ContentType + "; charset=utf-8", body: "{}", status: 200, done: true},
		{name: "a resource as JSON", content: "application/json", body: "{}", status: 200, done: true},
		{name: "nothing more", status: 200, done: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := singly(t, !c.whole, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.content)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			got, err := client.Bulk(t.Context(), []scim.BulkItem{{Method: http.MethodPatch, Path: "/Users/1", BulkID: "0", Data: []byte(`{}`)}})
			if err != nil || len(got) != 1 || c.done != strings.HasPrefix(got[0].Status, "2") || !c.done && !strings.Contains(string(got[0].Response), "did not answer as a SCIM service does") {
				t.Errorf("got %s, %v; want done %t, and otherwise why", got, err, c.done)
			}
		})
	}
}
