package tenanttest

import (
	"encoding/json"
	"net/http"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
)

// TakePasswords makes the agent one of the two-way policy, which opens and claims what is sealed to it, until the test ends.
// take gets each command with what was in it; what it gives is the answer, a *control.CommandError a no. rules is what it says
// that the directory asks.
func (a *Agent) TakePasswords(t testing.TB, rules control.PasswordRules, take func(control.Command, control.SealedArgs, seal.Secrets) any) {
	t.Helper()
	key, err := seal.NewKey(seal.NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.s.Configure(t.Context(), a.ID, func(s *tenant.Settings) error {
		s.PasswordPolicy = control.PasswordTwoWay
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	us := a.s.Info().ID
	a.Heartbeat(t, func(h *control.Heartbeat) { h.Sealing = seal.Publish(a.Key, us, a.ID.String(), key.Public()) })
	obey := func(c control.Command) any {
		var args control.SealedArgs
		if err := json.Unmarshal(c.Args, &args); err != nil {
			return &control.CommandError{Code: "invalid", Title: err.Error()}
		}
		secrets, err := key.Open(args.Sealed, c.Binding(us, a.ID.String(), args))
		if err != nil {
			return &control.CommandError{Code: string(control.PasswordNotOpened), Title: err.Error()}
		}
		if answer := a.Do(t, http.MethodPost, control.ClaimPath, control.Claim{ID: c.ID, Nonce: c.ID}); answer.Status != http.StatusNoContent {
			t.Errorf("the claim of a command was refused: %d %s", answer.Status, answer.Body)
		}
		return take(c, args, secrets)
	}
	a.Obey(t, map[control.CommandKind]func(control.Command) any{
		control.CommandWritePassword:  obey,
		control.CommandVerifyPassword: obey,
		control.CommandPasswordRules:  func(control.Command) any { return rules },
	})
}
