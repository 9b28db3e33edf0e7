package console

import (
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

// mismatch says where an organization's password policy and a domain's are apart.
type mismatch struct {
	Agent  tenant.Agent
	Domain string
	Says   []string
}

// mismatches holds an organization's policy against what its two-way agents last said that their domains ask.
func mismatches(o tenant.Organization, agents []tenant.Agent) (all []mismatch) {
	for _, a := range agents {
		told := a.Heartbeat.Passwords
		if told == nil || a.Organization != o.ID || a.Configuration.PasswordPolicy != control.PasswordTwoWay || a.HasLeft() {
			continue
		}
		if says := apart(o, told.Rules()); len(says) > 0 {
			all = append(all, mismatch{a, a.Heartbeat.Directory.Domain, says})
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
