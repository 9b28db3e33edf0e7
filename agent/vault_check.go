package agent

import (
	"context"

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
