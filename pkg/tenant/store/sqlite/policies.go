package sqlite

import (
	"context"
	"fmt"

	"passlysync/pkg/tenant"
)

// AddPolicy adds a custom policy.
func (w *writer) AddPolicy(ctx context.Context, p *tenant.ProvisioningPolicy) error {
	p.ID, p.BuiltIn = w.ids.Next(), false
	if _, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO policies (id, name, state, mail, two_factor, built_in) VALUES (?, ?, ?, ?, ?, 0)",
		int64(p.ID), p.Name, string(p.State), p.Mail, p.TwoFactor); err != nil {
		return fmt.Errorf("adding a policy: %w", err)
	}
	return nil
}

// ReplacePolicy writes a custom policy as it is now.
func (w *writer) ReplacePolicy(ctx context.Context, p tenant.ProvisioningPolicy) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE policies SET name = ?, state = ?, mail = ?, two_factor = ? WHERE id = ? AND built_in = 0",
		p.Name, string(p.State), p.Mail, p.TwoFactor, int64(p.ID))
	return changedOne(n, err, "policy")
}

// RemovePolicy removes a custom policy; the foreign key of agents holds one that is in use.
func (w *writer) RemovePolicy(ctx context.Context, id tenant.ID) error {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM policies WHERE id = ? AND built_in = 0", int64(id))
	return changedOne(n, err, "policy")
}
