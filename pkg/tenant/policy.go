package tenant

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ProvisioningPolicy says what a newly added user becomes. The new-agent flow calls the choice Activation Policy.
type ProvisioningPolicy struct {
	ID        ID
	Name      string
	State     State // that an added user is given
	Mail      bool  // an enrolment e-mail is sent
	TwoFactor bool  // the user has to set up a second factor
	BuiltIn   bool
}

// Ids of the built-in policies; ids made later are far larger.
const (
	DefaultPolicyID        ID = 1
	FullOnboardingPolicyID ID = 2
)

// BuiltInPolicies are in every tenant and cannot be changed.
func BuiltInPolicies() []ProvisioningPolicy {
	return []ProvisioningPolicy{
		{ID: DefaultPolicyID, Name: "Default Policy", State: Created, BuiltIn: true},
		{ID: FullOnboardingPolicyID, Name: "Full Onboarding Policy", State: Provisioned, Mail: true, TwoFactor: true, BuiltIn: true},
	}
}

// Check refuses what a custom policy cannot be, and trims its name. Errors are problems of code Invalid.
func (p *ProvisioningPolicy) Check() error {
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case p.Name == "":
		return invalid("The policy needs a name", "Type one that says whom it is for, such as Contractors.")
	case utf8.RuneCountInString(p.Name) > MaxName || !utf8.ValidString(p.Name) || strings.ContainsFunc(p.Name, unicode.IsControl):
		return invalid("The name cannot be used", fmt.Sprintf("Use at most %d characters, on one line.", MaxName))
	case p.State != Created && p.State != Provisioned:
		return invalid("The state is not known", "Choose Created or Provisioned. A person becomes Active by enrolling.")
	case p.Mail && p.State != Provisioned:
		return invalid("An enrolment e-mail needs the state Provisioned", "Somebody who is Created cannot enrol yet. Choose Provisioned, or no e-mail.")
	}
	return nil
}

// Change refuses to change a built-in policy.
func (p ProvisioningPolicy) Change() error {
	if !p.BuiltIn {
		return nil
	}
	return conflict(p.Name+" is built in", "It is the same in every tenant, so that everybody knows what it does. Nothing was changed.", "Make a policy of your own.")
}

// PolicyInUse says that agents have the policy, so that it cannot be removed.
func PolicyInUse(name string, agents []string) error {
	return conflict(name+" is in use", "It is the Activation Policy of "+strings.Join(agents, ", ")+". Nothing was removed.",
		"Choose another Activation Policy there first.")
}
