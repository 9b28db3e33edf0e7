package console

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

// How long a page waits for what directories ask of passwords, and of how many agents it wants to know.
const (
	rulesWithin = 2 * time.Second
	rulesAsked  = 8
)

// mismatch says where an organization's password policy and a domain's are apart.
type mismatch struct {
	Agent  tenant.Agent
	Domain string
	Says   []string
}

// mismatches asks the agents with the two-way policy what their domains ask of passwords. Who does not answer in time is left out: it is
// a remark beside the form, not what the form is about.
func (c *Console) mismatches(ctx context.Context, o tenant.Organization, agents []tenant.Agent) (all []mismatch) {
	ctx, cancel := context.WithTimeout(ctx, rulesWithin)
	defer cancel()
	asked := 0
	for _, a := range agents {
		if a.Organization != o.ID || a.Configuration.PasswordPolicy != control.PasswordTwoWay || a.Offline(c.Now()) || a.HasLeft() {
			continue
		}
		if asked++; asked > rulesAsked {
			break
		}
		said, err := c.Agents.PasswordRules(ctx, a.ID, control.PasswordRulesArgs{})
		if err != nil {
			c.Log.Info("an agent did not say what the directory asks of passwords", "agent", a.ID, "error", err)
			continue
		}
		if apart := apart(o, said.Rules()); len(apart) > 0 {
			all = append(all, mismatch{a, a.Heartbeat.Directory.Domain, apart})
		}
	}
	return all
}

// apart compares an organization's policy with a domain's.
func apart(o tenant.Organization, domain directory.PasswordRules) (says []string) {
	switch {
	case domain.MinLength > o.MinPassword:
		says = append(says, fmt.Sprintf("The domain asks for %d characters, %s for %d. Passwords that people choose here need %d.", domain.MinLength, o.Name, o.MinPassword, domain.MinLength))
	case domain.MinLength < o.MinPassword:
		says = append(says, fmt.Sprintf("The domain asks for %d characters, %s for %d. One that is set in Windows may be shorter than %s allows.", domain.MinLength, o.Name, o.MinPassword, o.Name))
	}
	if days := int(domain.MaxAge / (24 * time.Hour)); days != o.MaxAge {
		says = append(says, fmt.Sprintf("In the domain a password is good for %s, in %s for %s. For people of this domain the domain's counts.", lasting(days), o.Name, lasting(o.MaxAge)))
	}
	return says
}

// lasting says how long a password is good.
func lasting(days int) string {
	switch days {
	case 0:
		return "ever"
	case 1:
		return "one day"
	}
	return fmt.Sprintf("%d days", days)
}
