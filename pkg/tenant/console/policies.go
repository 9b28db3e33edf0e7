package console

import (
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
)

// policyRow is a policy and the agents that have it.
type policyRow struct {
	tenant.ProvisioningPolicy
	Agents []string
}

func (c *Console) policyList(v *view) error {
	all, err := c.Store.Policies(v.Context())
	if err != nil {
		return err
	}
	agents, err := c.Agents.Agents(v.Context())
	if err != nil {
		return err
	}
	rows := make([]policyRow, len(all))
	for i, p := range all {
		rows[i].ProvisioningPolicy = p
		for _, a := range agents {
			if a.Policy == p.ID {
				rows[i].Agents = append(rows[i].Agents, a.Configuration.Name)
			}
		}
	}
	return v.show("policies", page{Title: "Provisioning", Section: "provisioning", Content: rows})
}

func (c *Console) newPolicyPage(v *view) error {
	return v.show("policy", policyForm(tenant.ProvisioningPolicy{State: tenant.Provisioned, Mail: true, TwoFactor: true}))
}

func policyForm(p tenant.ProvisioningPolicy) page {
	title := "New provisioning policy"
	if p.ID != 0 {
		title = p.Name
	}
	return page{Title: title, Section: "provisioning", Content: p}
}

// pathPolicy is the provisioning policy that the path names.
func (c *Console) pathPolicy(v *view) (tenant.ProvisioningPolicy, error) {
	id, err := v.pathID("provisioning policy")
	if err != nil {
		return tenant.ProvisioningPolicy{}, err
	}
	return onboarding.Policy(v.Context(), c.Store, id)
}

func (c *Console) policyPage(v *view) error {
	p, err := c.pathPolicy(v)
	if err != nil {
		return err
	}
	return v.show("policy", policyForm(p))
}

// savePolicy makes a policy, or changes the one in the path.
func (c *Console) savePolicy(v *view) error {
	p := tenant.ProvisioningPolicy{
		Name: v.PostFormValue("name"), State: tenant.State(v.PostFormValue("state")),
		Mail: v.PostFormValue("mail") != "", TwoFactor: v.PostFormValue("two-factor") != "",
	}
	if v.PathValue("id") != "" {
		id, err := v.pathID("provisioning policy")
		if err != nil {
			return err
		}
		p.ID = id
	}
	if err := onboarding.SavePolicy(v.Context(), c.Store, p); err != nil {
		return v.again("policy", policyForm(p), err)
	}
	c.Log.Info("a provisioning policy was saved", "policy", p.Name, "by", v.session.Administrator.Email)
	return v.redirect("/provisioning?done=policy-saved")
}

func (c *Console) removePolicy(v *view) error {
	p, err := c.pathPolicy(v)
	if err != nil {
		return err
	}
	if err := onboarding.RemovePolicy(v.Context(), c.Store, p.ID); err != nil {
		return v.again("policy", policyForm(p), err)
	}
	c.Log.Info("a provisioning policy was removed", "policy", p.Name, "by", v.session.Administrator.Email)
	return v.redirect("/provisioning?done=policy-removed")
}
