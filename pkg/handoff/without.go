package handoff

// WithoutTenant says, in words for people, what an agent cannot do where a SCIM service of others takes the tenant's place.
var WithoutTenant = []string{
	"enrolment e-mails and onboarding: the service alone says what an added person becomes",
	"two-way passwords: none is set in the directory or checked there",
	"a console: held removals are decided on with “passly-sync held”, and runs stand in the agent's log only",
	"live check-in: nobody is told when the agent stops; watch the exit code of “passly-sync status”",
}

// WithoutTenantShort is the same in one line.
const WithoutTenantShort = "enrolment e-mails, two-way passwords, a console, live check-in"
