package sqlite

import (
	"context"
	"fmt"

	"passlysync/pkg/tenant"
)

// Tenant gives the tenant.
func (s session) Tenant(ctx context.Context) (tenant.Tenant, error) {
	var (
		t       tenant.Tenant
		created int64
	)
	err := s.one(ctx, "SELECT id, name, token_key, created, disabled FROM tenant", nil, &t.ID, &t.Name, &t.TokenKey, &created, &t.Disabled)
	t.Created = fromMillis(created)
	return t, found(err, "tenant")
}

// Create makes the tenant with what is in every one.
func (w *writer) Create(ctx context.Context, t tenant.Tenant, first tenant.Organization) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "INSERT INTO tenant (one, id, name, token_key, created) VALUES (1, ?, ?, ?, ?)", t.ID, t.Name, t.TokenKey, millis(t.Created)); err != nil {
		return fmt.Errorf("making the tenant: %w", err)
	}
	if first.URLName == "" {
		first.URLName = tenant.URLNameOf(first.Name)
	}
	if err := w.insertOrganization(ctx, first); err != nil {
		return fmt.Errorf("making the first organization: %w", err)
	}
	for _, p := range tenant.BuiltInPolicies() {
		if _, err := w.exec(ctx, "INSERT INTO policies (id, name, state, mail, two_factor, built_in) VALUES (?, ?, ?, ?, ?, ?)",
			int64(p.ID), p.Name, string(p.State), p.Mail, p.TwoFactor, p.BuiltIn); err != nil {
			return fmt.Errorf("making the built-in policies: %w", err)
		}
	}
	return nil
}

// Disable disables or enables the tenant.
func (w *writer) Disable(ctx context.Context, disabled bool) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE tenant SET disabled = ?", disabled)
	return changedOne(n, err, "tenant")
}

// Policies gives all provisioning policies.
func (s session) Policies(ctx context.Context) ([]tenant.ProvisioningPolicy, error) {
	return list(ctx, s, "SELECT id, name, state, mail, two_factor, built_in FROM policies ORDER BY id", nil, func(row scanner) (tenant.ProvisioningPolicy, error) {
		var p tenant.ProvisioningPolicy
		err := row.Scan(&p.ID, &p.Name, &p.State, &p.Mail, &p.TwoFactor, &p.BuiltIn)
		return p, err
	})
}
