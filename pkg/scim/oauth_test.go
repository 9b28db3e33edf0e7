package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

const clientSecret = "s3cret/of+the client"

// issuer is a token endpoint (RFC 6749 §4.4) and a service that takes its last token alone.
type issuer struct {
	*httptest.Server
	service scim.Service
	issued  int
	valid   string
	lives   int // seconds; 0: not said
	answer  http.HandlerFunc
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if i.answer != nil {
			i.answer(w, r)
			return
		}
		id, secret, _ := r.BasicAuth()
		if r.FormValue("grant_type") != "client_credentials" || id != "the+client" || secret != "s3cret%2Fof%2Bthe+client" || r.FormValue("scope") != "scim users" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":"not %s\u001b[2J"}`, clientSecret)
			return
		}
		i.issued++
		i.valid = fmt.Sprint("access-token-", i.issued)
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": i.valid, "token_type": "bearer", "expires_in": i.lives})
	}))
	t.Cleanup(i.Close)
	odd := (&scimtest.Odd{Instead: func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.Header.Get("Authorization") != "Bearer "+i.valid
		if refused {
			scimtest.Refuse(w, http.StatusUnauthorized, "")
		}
		return refused
	}}).Serve(t)
	odd.Put(scim.Users, scimtest.Resource{"userName": "ann", "id": "1"})
	i.service = scim.Service{URL: odd.URL, Token: clientSecret, OAuth: &scim.OAuth{TokenURL: i.URL, ClientID: "the client", Scope: "scim users"}}
	return i
}

// TestAccessTokensAreFetchedAndRenewed: one serves as long as it lives, and is fetched anew when it ends or is taken back.
func TestAccessTokensAreFetchedAndRenewed(t *testing.T) {
	i := newIssuer(t)
	if err := i.service.Examine(t.Context()); err != nil || i.issued != 1 {
		t.Fatalf("%v, %d tokens for several questions, want 1", err, i.issued)
	}
	client, err := i.service.Open()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(want int, when string) {
		t.Helper()
		if _, err := client.Known(t.Context(), scim.Users, "1"); err != nil || i.issued != want {
			t.Errorf("%s: %v, %d tokens, want %d", when, err, i.issued, want)
		}
	}
	ask(2, "another client")
	ask(2, "once more")
	i.valid = "taken back"
	ask(3, "after it was taken back")
	got, err := client.Bulk(t.Context(), []scim.BulkItem{{Method: http.MethodPost, Path: "/Users", BulkID: "0", Data: []byte(`{"userName":"bob"}`)}})
	if err != nil || got[0].Status != "201" {
		t.Errorf("a change gave %+v, %v", got, err)
	}
	i.lives, i.valid = 5, "taken back" // which is less than a token is taken to need
	ask(4, "one that lives shortly")
	ask(5, "after its end")
}

// TestARefusalOfATokenIsSaidWithoutTheSecret: by the token endpoint, and by the service whatever token it gets.
func TestARefusalOfATokenIsSaidWithoutTheSecret(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(*issuer)
		code       problem.Code
	}{
		{name: "a wrong secret", code: problem.CredentialsBad, says: "gives the client no access token", change: func(i *issuer) { i.service.OAuth.Scope = "none" }},
		{name: "a wrong secret, and 400", code: problem.CredentialsBad, says: "unauthorized_client", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"error":"unauthorized_client"}`)
			}
		}},
		{name: "the service refuses it", code: problem.CredentialsBad, says: "refuses the access token of", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"access_token":"another-token"}`) }
		}},
		{name: "no token endpoint", code: scim.NotSCIM, says: "does not answer as a token endpoint", change: func(i *issuer) {
			i.answer = http.NotFound
		}},
		{name: "a page", code: scim.NotSCIM, says: "does not answer as a token endpoint", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, "<html>")
			}
		}},
		{name: "no token", code: scim.NotSCIM, says: "does not answer as a token endpoint", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }
		}},
		{name: "away", code: problem.Unavailable, says: "cannot serve right now", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503); fmt.Fprint(w, r.Header) }
		}},
		{name: "too often", code: problem.TooMany, says: "asks to slow down", change: func(i *issuer) {
			i.answer = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "40"); w.WriteHeader(429) }
		}},
		{name: "nobody there", code: problem.Unreachable, says: "refuses the connection", change: func(i *issuer) { i.service.OAuth.TokenURL = "http://127.0.0.1:1/token" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := newIssuer(t)
			c.change(i)
			err := i.service.Examine(t.Context())
			p := problem.Of(err)
			text := fmt.Sprintf("%+v %s %s %s", err, p.Title, p.Text, p.Hint)
			if !problem.Is(err, c.code) || !strings.Contains(text, c.says) {
				t.Errorf("got %s %s, want %s: %q", p.Code, text, c.code, c.says)
			}
			if strings.Contains(text, "s3cret") || strings.Contains(text, "another-token") || strings.ContainsAny(text, "\x1b") || strings.Contains(text, "enant") {
				t.Errorf("it says too much: %q", text)
			}
			var wait control.RetryAfter
			if errors.As(err, &wait) != (c.name == "too often") || wait != 0 && time.Duration(wait) != 40*time.Second {
				t.Errorf("wait %v", time.Duration(wait))
			}
		})
	}
}

// TestASecretGoesToItsTokenEndpointAlone: after no redirect, and not in the clear to another machine.
func TestASecretGoesToItsTokenEndpointAlone(t *testing.T) {
	i, reached := newIssuer(t), false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer thief.Close()
	for _, to := range []string{thief.URL, "/elsewhere"} {
		i.answer = func(w http.ResponseWriter, r *http.Request) {
			reached = reached || r.URL.Path == "/elsewhere"
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
		if err := i.service.Examine(t.Context()); !problem.Is(err, scim.NotSCIM) || reached {
			t.Errorf("got %v, reached %t", err, reached)
		}
	}
	for _, c := range []struct {
		name  string
		given *scim.OAuth
		plain bool
		code  problem.Code
		want  string
	}{
		{name: "none"},
		{name: "empty", given: &scim.OAuth{}},
		{name: "whole", given: &scim.OAuth{TokenURL: " Login.Example.com/token/", ClientID: " c ", Scope: " a  b "}, want: "https://login.example.com/token c a b"},
		{name: "in the clear", given: &scim.OAuth{TokenURL: "http://login.example.com/token", ClientID: "c"}, code: problem.TLS},
		{name: "in the clear, asked for", given: &scim.OAuth{TokenURL: "http://login.example.com/token", ClientID: "c"}, plain: true, want: "http://login.example.com/token c "},
		{name: "no client", given: &scim.OAuth{TokenURL: "https://login.example.com/token"}, code: problem.Invalid},
		{name: "no address", given: &scim.OAuth{ClientID: "c"}, code: problem.Invalid},
	} {
		got, err := c.given.Checked(c.plain)
		text := ""
		if got != nil {
			text = got.TokenURL + " " + got.ClientID + " " + got.Scope
		}
		if text != c.want || (c.code != "") != problem.Is(err, c.code) {
			t.Errorf("%s: got %q, %v", c.name, text, err)
		}
	}
}
