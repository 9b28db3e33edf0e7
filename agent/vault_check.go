package agent

import (
	"context"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// CheckVault tries a place for the credentials. Nothing is left there.
func (a *Agent) CheckVault(ctx context.Context, kind string) error {
	v, err := a.o.OpenVault(vault.Kind(kind))
	if err != nil {
		return err
	}
	return vault.Check(ctx, v)
}

// selfTest tries the keyring when the agent starts: one that takes nothing any more shows now, in the log's words, and not when a
// key has to be kept.
func (a *Agent) selfTest(ctx context.Context) {
	kind := ""
	if r := a.enrolment(); r != nil {
		kind = r.Vault
	}
	v, err := a.o.OpenVault(vault.Kind(kind))
	if err == nil && !vault.ReadOnly(v) {
		err = vault.Check(ctx, v)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	p := problem.Of(err)
	a.o.Log.Warn(p.Title, "condition", control.CredentialsUnavailable, "text", p.Text, "hint", p.Hint)
}
