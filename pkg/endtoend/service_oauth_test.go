//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"passlysync/pkg/directory"
)

const clientSecret = "sec-7d9f21c04be84a55-of-the-client"

// TestSCIMServiceByOAuth is a service whose access tokens come from a token endpoint: a wrong secret is refused before anything is kept, the
// agent renews a token that was taken back by itself, also after a restart, and the secret is in the keyring alone.
func TestSCIMServiceByOAuth(t *testing.T) {
	s := newOther(t, true)
	var now atomic.Value
	now.Store(serviceToken)
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if id, secret, _ := r.BasicAuth(); id != "passly" || secret != clientSecret || r.FormValue("scope") != "scim" {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "error_description": "not " + secret})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": now.Load(), "token_type": "Bearer", "expires_in": 3600})
	}))
	t.Cleanup(issuer.Close)
	args := func(secret string) []string {
		return s.setupArgs(
			"--scim-url", s.other.URL, "--scim-oauth-token-url", issuer.URL, "--scim-oauth-client-id", "passly", "--scim-oauth-scope", "scim",
			"--scim-oauth-secret-file", s.file("client-password", secret+"\n"), "--unit", s.unit("Sales"),
		)
	}
	out, err := s.run("passly-sync", args("wrong-secret-of-the-client")...)
	if err == nil || !strings.Contains(out, "gives the client no access token") || !strings.Contains(out, "invalid_client") || strings.Contains(out, "wrong-secret") {
		t.Fatalf("a wrong secret: %v\n%s", err, out)
	}
	s.must("passly-sync", args(clientSecret)...)
	s.scope = []directory.GUID{s.ids["Sales"]}
	s.converge("the first sync")
	s.inSync()
	now.Store(laterToken)
	s.other.Takes(laterToken)
	s.do(s.dc.SetDisabled(context.Background(), s.ids["sales5"], true))
	s.converge("a leaver after the token was taken back")
	s.agent.stop(s)
	s.add("Sales", "Restart Robin")
	s.startAgent()
	s.converge("what changed while the agent was stopped")
	s.inSync()
	h := hunt{l: s.lab, secrets: map[string]string{clientSecret: "the client's secret", serviceToken: "the first token", laterToken: "the token"}}
	if h.files(s.dir) < 1 || h.processes() < 1 {
		t.Error("nothing was looked at")
	}
	h.in("the agent's log", s.agent.log.String())
	for _, command := range [][]string{{"status"}, {"status", "--json"}, {"doctor", "--json"}} {
		out, _ := s.run("passly-sync", append(command, "--state", s.state())...)
		h.in(strings.Join(command, " "), out)
	}
}
