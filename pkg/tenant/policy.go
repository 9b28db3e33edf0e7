package tenant

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
