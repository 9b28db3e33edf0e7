package scim_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

func TestServiceURL(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		plain            bool
		code             problem.Code
	}{
		{name: "as it is", text: " https://scim.example.com/scim/v2/ ", want: "https://scim.example.com/scim/v2"},
		{name: "without a scheme", text: "scim.example.com/v2", want: "https://scim.example.com/v2"},
		{name: "capitals and the port that goes without saying", text: "HTTPS://SCIM.Example.com:443/V2", want: "https://scim.example.com/V2"},
		{name: "another port", text: "scim.example.com:8443/v2", want: "https://scim.example.com:8443/v2"},
		{name: "an IPv6 address", text: "https://[2001:DB8::443]/v2", want: "https://[2001:db8::443]/v2"},
		{name: "plain on this machine", text: "http://127.0.0.1:8080/scim", want: "http://127.0.0.1:8080/scim"},
		{name: "plain elsewhere", text: "http://scim.example.com", code: problem.TLS},
		{name: "plain elsewhere, asked for", text: "http://scim.example.com", plain: true, want: "http://scim.example.com"},
		{name: "a password in it", text: "https://a:b@scim.example.com", code: problem.Invalid},
		{name: "a query", text: "https://scim.example.com/v2?x=1", code: problem.Invalid},
		{name: "another scheme", text: "ftp://scim.example.com", code: problem.Invalid},
		{name: "nothing", text: " ", code: problem.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := scim.ServiceURL(c.text, c.plain)
			if got != c.want || (c.code != "") != problem.Is(err, c.code) || err != nil && strings.Contains(err.Error(), "a:b") {
				t.Errorf("got %q %v, want %q %s", got, err, c.want, c.code)
			}
		})
	}
}

const capable = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},"filter":{"supported":true}}`

// other serves what a table says by path, to whom has the token; "" is an empty list.
func other(t *testing.T, answers map[string]string) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, there := answers[r.URL.Path]
		switch {
		case !there:
			http.NotFound(w, r)
		case r.Header.Get("Authorization") != "Bearer right" && r.URL.Path != "/ServiceProviderConfig":
			w.WriteHeader(http.StatusForbidden)
		case strings.HasPrefix(body, "https://"):
			http.Redirect(w, r, body, http.StatusTemporaryRedirect)
		case body == "":
			fmt.Fprintf(w, `{"schemas":[%q],"totalResults":0}`, scim.ListSchema)
		default:
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func service(server *httptest.Server, token string) scim.Service {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return scim.Service{URL: server.URL, CA: string(ca), Token: token}
}

func TestExamineSaysWhatAServiceIs(t *testing.T) {
	for _, c := range []struct {
		name, token, says string
		answers           map[string]string
		code              problem.Code
	}{
		{name: "one that can", token: "right", answers: map[string]string{"/ServiceProviderConfig": capable, "/Users": "", "/Groups": ""}},
		{name: "a wrong token, where what it can do is told to everybody", token: "wrong", answers: map[string]string{"/ServiceProviderConfig": capable, "/Users": "", "/Groups": ""}, code: problem.CredentialsBad, says: "refuses the token"},
		{name: "nothing there", token: "right", code: scim.NotSCIM, says: "There is no SCIM 2.0 service at"},
		{name: "a web page", token: "right", answers: map[string]string{"/ServiceProviderConfig": "<html>"}, code: scim.NotSCIM},
		{name: "other JSON", token: "right", answers: map[string]string{"/ServiceProviderConfig": `{"schemas":["urn:x"]}`}, code: scim.NotSCIM},
		{name: "no filter", token: "right", answers: map[string]string{"/ServiceProviderConfig": strings.Replace(capable, `"filter":{"supported":true}`, `"filter":{"supported":false}`, 1)}, code: scim.Unfit, says: "cannot do what a sync needs"},
		{name: "no groups", token: "right", answers: map[string]string{"/ServiceProviderConfig": capable, "/Users": ""}, code: scim.Unfit, says: "does not list its groups"},
		{name: "no list", token: "right", answers: map[string]string{"/ServiceProviderConfig": capable, "/Users": "[]"}, code: scim.Unfit, says: "does not list its users"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := service(other(t, c.answers), c.token).Examine(t.Context())
			switch {
			case c.code == "" && err != nil:
				t.Fatal(err)
			case c.code != "" && (!problem.Is(err, c.code) || !strings.Contains(problem.Of(err).Title, c.says) || strings.Contains(fmt.Sprintf("%+v", err), c.token)):
				t.Errorf("got %v, want %s: %q", err, c.code, c.says)
			case err != nil && strings.Contains(problem.Of(err).Title+problem.Of(err).Text+problem.Of(err).Hint, "enant"):
				t.Errorf("a tenant is spoken of: %+v", problem.Of(err))
			}
		})
	}
}

func TestAnUntrustedCertificateGetsNoToken(t *testing.T) {
	s := service(other(t, nil), "right")
	s.CA = ""
	if err := s.Examine(t.Context()); !problem.Is(err, problem.TLS) {
		t.Errorf("got %v, want %s", err, problem.TLS)
	}
}

func TestARedirectDoesNotCarryTheTokenAway(t *testing.T) {
	asked := 0
	thief := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer thief.Close()
	err := service(other(t, map[string]string{"/ServiceProviderConfig": thief.URL + "/"}), "right").Examine(t.Context())
	if !problem.Is(err, scim.NotSCIM) || asked != 0 {
		t.Errorf("got %v, and the other address was asked %d times", err, asked)
	}
}

func TestAListThatDoesNotGoOnIsRefused(t *testing.T) {
	for name, says := range map[string]string{
		"the first page again":                `"totalResults":3,"startIndex":1,"Resources":[{"id":"1"},{"id":"2"}]`,
		"an empty page, though there is more": `"totalResults":3,"startIndex":1,"Resources":[]`,
		"no place in the list":                `"totalResults":3,"Resources":[{"id":"1"}]`,
		"the same cursor":                     `"totalResults":3,"nextCursor":"x","Resources":[{"id":"1"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			page := fmt.Sprintf(`{"schemas":[%q],%s}`, scim.ListSchema, says)
			client, err := service(other(t, map[string]string{"/ServiceProviderConfig": capable, "/Users": page}), "right").Open()
			if err != nil {
				t.Fatal(err)
			}
			err = client.Each(context.Background(), scim.Users, nil, func(json.RawMessage) error { return nil })
			if !problem.Is(err, scim.Unfit) {
				t.Errorf("got %v, want %s: part of the list would be missing", err, scim.Unfit)
			}
		})
	}
}
