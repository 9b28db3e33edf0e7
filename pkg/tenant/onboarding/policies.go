package onboarding

import (
	"context"
	"fmt"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// SavePolicy makes a custom policy (ID zero) or changes one. Agents that have it go by it from then on.
func SavePolicy(ctx context.Context, s store.Store, p tenant.ProvisioningPolicy) error {
	if err := p.Check(); err != nil {
		return err
	}
	return s.Write(ctx, func(tx store.Tx) error {
		all, err := tx.Policies(ctx)
		if err != nil {
			return err
		}
		var before tenant.ProvisioningPolicy
		for _, other := range all {
			if other.ID == p.ID {
				before = other
				if err := other.Change(); err != nil {
					return err
				}
			} else if tenant.Fold(other.Name) == tenant.Fold(p.Name) {
				return &problem.Problem{
					Code: problem.Conflict, Title: "There is a policy " + other.Name + " already", Text: "Nothing was saved.", Hint: "Choose another name, so that nobody mixes them up.",
				}
			}
		}
		if p.ID == 0 {
			err = tx.AddPolicy(ctx, &p)
		} else {
			err = tx.ReplacePolicy(ctx, p)
		}
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.Policy(before, p))
	})
}

// RemovePolicy removes a custom policy that no agent has.
func RemovePolicy(ctx context.Context, s store.Store, id tenant.ID) error {
	return s.Write(ctx, func(tx store.Tx) error {
		p, err := Policy(ctx, tx, id)
		if err == nil {
			err = p.Change()
		}
		if err != nil {
			return err
		}
		agents, err := tx.Agents(ctx)
		if err != nil {
			return fmt.Errorf("looking who has a policy: %w", err)
		}
		var users []string
		for _, a := range agents {
			if a.Policy == id {
				users = append(users, a.Configuration.Name)
			}
		}
		if len(users) > 0 {
			return tenant.PolicyInUse(p.Name, users)
		}
		if err := tx.RemovePolicy(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.PolicyRemoved, Subject: audit.OfPolicy(p)})
	})
}

// Policy finds one.
func Policy(ctx context.Context, from store.Reader, id tenant.ID) (tenant.ProvisioningPolicy, error) {
	all, err := from.Policies(ctx)
	if err != nil {
		return tenant.ProvisioningPolicy{}, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return tenant.ProvisioningPolicy{}, tenant.NotFound("provisioning policy")
}
