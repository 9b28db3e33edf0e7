package serve_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/tenant/writeback"
)

// TestAPasswordPassesBetweenReplicas has the agent's stream and claims at one replica, and the person at the other. Not even
// sealed does the longest one lie in the database.
func TestAPasswordPassesBetweenReplicas(t *testing.T) {
	address := postgrestest.Fresh(t)
	here, there := replicasOn(t, address)
	a := here.Enrol(t, "dc1")
	ann := a.AddPerson(t, "ann")
	var got seal.Secrets
	a.TakePasswords(t, control.PasswordRules{}, func(_ control.Command, _ control.SealedArgs, s seal.Secrets) any {
		got = s
		return control.PasswordWritten{}
	})
	r := writeback.Request{User: ann, Old: bytes.Repeat([]byte("o"), seal.MaxSecret), New: bytes.Repeat([]byte("n"), seal.MaxSecret)}
	if _, err := there.Passwords().Set(t.Context(), r); err != nil || !bytes.Equal(got.New, r.New) {
		t.Fatalf("from the other replica: %v, the agent got %d bytes", err, len(got.New))
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM told").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d messages lie in the database (%v)", rows, err)
	}
}

// TestAClaimMayComeToAnyReplica: who waits for the command rules on it, wherever the agent comes to; and only once.
func TestAClaimMayComeToAnyReplica(t *testing.T) {
	here, there := replicasOn(t, postgrestest.Fresh(t))
	a := here.Enrol(t, "dc1")
	ann := a.AddPerson(t, "ann")
	key, err := seal.NewKey(seal.NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Configure(t.Context(), a.ID, func(s *tenant.Settings) error { s.PasswordPolicy = control.PasswordTwoWay; return nil }); err != nil {
		t.Fatal(err)
	}
	a.Heartbeat(t, func(h *control.Heartbeat) {
		h.Sealing = seal.Publish(a.Key, here.Info().ID, a.ID.String(), key.Public())
	})
	events, _ := a.Listen(t, "")
	await(t, events, control.EventConfiguration, "")
	set := make(chan error, 1)
	go func() {
		_, err := there.Passwords().Set(t.Context(), writeback.Request{User: ann, New: []byte("umbrella")})
		set <- err
	}()
	var c control.Command
	if err := json.Unmarshal([]byte(await(t, events, control.EventCommand, "write-password").Data), &c); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what   string
		at     *tenanttest.Server
		claim  control.Claim
		status int
	}{
		{"where its stream is", here, control.Claim{ID: c.ID, Nonce: "one"}, 204},
		{"again, at the other", there, control.Claim{ID: c.ID, Nonce: "one"}, 204},
		{"another's", here, control.Claim{ID: c.ID, Nonce: "two"}, 404},
		{"another's, at the other", there, control.Claim{ID: c.ID, Nonce: "two"}, 404},
	} {
		if got := step.at.Do(t, "POST", control.ClaimPath, a.Token, step.claim).Status; got != step.status {
			t.Errorf("%s: got %d, want %d", step.what, got, step.status)
		}
	}
	a.Do(t, "POST", control.ResultsPath, control.CommandResult{ID: c.ID, Error: &control.CommandError{Code: "password-too-short", Title: "too short"}})
	if err := <-set; !problem.Is(err, "password-too-short") {
		t.Errorf("the answer: %v", err)
	}
}
