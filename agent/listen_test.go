package agent

import (
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// TestTooManyCommandsAreRefused has all hands busy: who asks is told so at once, instead of waiting for nothing.
func TestTooManyCommandsAreRefused(t *testing.T) {
	said := make(chan control.CommandResult, 1)
	tenant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == control.TokenPath {
			_ = json.NewEncoder(w).Encode(control.AccessToken{AccessToken: "t", TokenType: "Bearer", ExpiresIn: 600})
			return
		}
		var result control.CommandResult
		if err := json.NewDecoder(r.Body).Decode(&result); err != nil {
			t.Error(err)
		}
		said <- result
		w.WriteHeader(http.StatusNoContent)
	}))
	defer tenant.Close()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Agent: &Agent{o: Options{Log: slog.New(slog.DiscardHandler)}}, busy: make(chan struct{}), refusing: make(chan struct{}, 1)}
	s.client = control.NewClient(tenant.Client(), tenant.URL, control.Identity{AgentID: "a", TenantID: "t", Key: key}, time.Now)
	command, err := json.Marshal(control.Command{ID: "c1", Kind: control.CommandExplain, Expires: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.take(t.Context(), control.Event{Name: control.EventCommand, Data: command}); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-said:
		if got.ID != "c1" || got.Error == nil || got.Error.Code != string(problem.TooMany) {
			t.Errorf("the answer is %+v", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was said")
	}
	s.obeying.Wait()
}
