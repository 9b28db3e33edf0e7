package audit

// What is the stable code of what was done.
type What string

// The codes.
const (
	SignedIn       What = "sign-in.ok"
	SignInRefused  What = "sign-in.refused"
	SignedOut      What = "sign-in.ended"
	SessionEnded   What = "session.ended"
	SessionsEnded  What = "session.others-ended"
	CodesOn        What = "codes.on"
	CodesOff       What = "codes.off"
	RecoveryMade   What = "recovery-codes.made"
	RecoveryUsed   What = "recovery-codes.used"
	DeviceApproved What = "set-up.approved"
	DeviceDenied   What = "set-up.denied"
	TokenMade      What = "enrolment-token.made"
	APITokenMade   What = "api-token.made"

	AgentEnrolled   What = "agent.enrolled"
	AgentRekeyed    What = "agent.enrolled-again"
	AgentLeft       What = "agent.left"
	AgentRemoved    What = "agent.removed"
	AgentConfigured What = "agent.configured"
	AgentPaused     What = "agent.paused"
	AgentResumed    What = "agent.resumed"
	AgentApproved   What = "agent.approved"
	SyncAsked       What = "agent.sync-asked"
	RunReported     What = "agent.ran"
	UndoBegun       What = "run.undo-begun"
	UndoEnded       What = "run.undone"
	RowsApproved    What = "agent.rows-approved"
	RowsRejected    What = "agent.rows-rejected"

	PolicyMade    What = "policy.made"
	PolicyChanged What = "policy.changed"
	PolicyRemoved What = "policy.removed"

	UserAdded    What = "user.added"
	UserChanged  What = "user.changed"
	UserDisabled What = "user.disabled"
	UserEnabled  What = "user.enabled"
	GroupAdded   What = "group.added"
	GroupRenamed What = "group.renamed"
	GroupRemoved What = "group.removed"
	MemberAdded  What = "group.member-added"
	MemberTaken  What = "group.member-taken-out"

	UsersProvisioned    What = "users.provisioned"
	EmailAgain          What = "users.e-mail-again"
	OrganizationAdded   What = "organization.added"
	OrganizationChanged What = "organization.changed"
	OrganizationRemoved What = "organization.removed"
	MailTested          What = "mail.tested"
	MailOpened          What = "mail.opened"

	PersonEnrolled  What = "person.enrolled"
	PasswordChanged What = "person.password-changed"
	PasswordReset   What = "person.password-reset"
	PasswordGiven   What = "person.password-given"

	PasswordWritten  What = "password.written"
	PasswordRefused  What = "password.refused"
	PasswordInDoubt  What = "password.in-doubt"
	PasswordProven   What = "password.verified"
	PasswordUnproven What = "password.not-verified"

	AdministratorAdded    What = "administrator.added"
	AdministratorInvited  What = "administrator.invited"
	AdministratorJoined   What = "administrator.joined"
	AdministratorRole     What = "administrator.role"
	AdministratorLocked   What = "administrator.locked"
	AdministratorUnlocked What = "administrator.unlocked"
	AdministratorReset    What = "administrator.codes-reset"
	AdministratorRemoved  What = "administrator.removed"

	AlarmSent  What = "alarm.sent"
	AlarmEnded What = "alarm.ended"
	AlarmsOn   What = "administrator.alarms-on"
	AlarmsOff  What = "administrator.alarms-off"

	TenantMade     What = "tenant.made"
	TenantDisabled What = "tenant.disabled"
	TenantEnabled  What = "tenant.enabled"
)

// told is a code and what it says; the sentence's %s is the subject.
type told struct {
	what     What
	title    string // for choosing
	sentence string
}

// all is in the order in which one chooses.
func all() []told {
	return []told{
		{SignedIn, "Signed in", "Signed in"},
		{SignInRefused, "Sign-in refused", "A sign-in to %s was refused"},
		{SignedOut, "Signed out", "Signed out"},
		{SessionEnded, "Session ended", "Ended a session of %s"},
		{SessionsEnded, "All other sessions ended", "Ended all other sessions of %s"},
		{CodesOn, "One-time codes turned on", "Turned on one-time codes"},
		{CodesOff, "One-time codes turned off", "Turned off one-time codes"},
		{RecoveryMade, "Recovery codes made", "Made new recovery codes; the former ones end"},
		{RecoveryUsed, "Recovery code used", "Used a recovery code"},
		{DeviceApproved, "Set-up approved", "Approved the sign-in of the set-up on %s"},
		{DeviceDenied, "Set-up denied", "Denied the sign-in of the set-up on %s"},
		{TokenMade, "Enrolment token made", "Made an enrolment token"},
		{APITokenMade, "API token made", "Made an API token"},
		{AgentEnrolled, "Agent enrolled", "Enrolled as the agent %s"},
		{AgentRekeyed, "Agent enrolled again", "Enrolled again as the agent %s, with a new key"},
		{AgentLeft, "Agent removed from its machine", "The agent %s was removed from its machine"},
		{AgentRemoved, "Agent removed", "Removed the agent %s"},
		{AgentConfigured, "Agent configured", "Configured the agent %s"},
		{AgentPaused, "Agent paused", "Paused the agent %s"},
		{AgentResumed, "Agent resumed", "Resumed the agent %s"},
		{AgentApproved, "Held removals approved", "Approved held removals of the agent %s"},
		{AlarmSent, "Alarm sent", "Wrote to administrators that something is wrong with the agent %s"},
		{AlarmEnded, "End of an alarm sent", "Wrote to administrators that the agent %s is well again"},
		{AlarmsOn, "Alarms turned on", "Wants to be written to about agents"},
		{AlarmsOff, "Alarms turned off", "Wants not to be written to about agents"},
		{SyncAsked, "Sync asked for", "Asked the agent %s for a sync"},
		{RunReported, "Sync reported", "Reported a sync"},
		{UndoBegun, "Undo begun", "Began to undo a run of the agent %s, which is held"},
		{UndoEnded, "Run undone", "Undid a run of the agent %s"},
		{RowsApproved, "Some removals approved", "Approved some of the held removals of the agent %s"},
		{RowsRejected, "Removals rejected", "Rejected held removals of the agent %s"},
		{PolicyMade, "Policy made", "Made the provisioning policy %s"},
		{PolicyChanged, "Policy changed", "Changed the provisioning policy %s"},
		{PolicyRemoved, "Policy removed", "Removed the provisioning policy %s"},
		{UserAdded, "Local user added", "Added the Local user %s"},
		{UserChanged, "Local user changed", "Changed the Local user %s"},
		{UserDisabled, "Local user disabled", "Disabled the Local user %s"},
		{UserEnabled, "Local user enabled", "Enabled the Local user %s"},
		{GroupAdded, "Local group added", "Added the Local group %s"},
		{GroupRenamed, "Local group renamed", "Renamed a Local group to %s"},
		{GroupRemoved, "Local group removed", "Removed the Local group %s"},
		{MemberAdded, "Member added to a Local group", "Added a member to the Local group %s"},
		{MemberTaken, "Member taken out of a Local group", "Took a member out of the Local group %s"},
		{UsersProvisioned, "Users updated to Provisioned", "Updated %s to Provisioned"},
		{EmailAgain, "Enrolment e-mail sent again", "Had the enrolment e-mail sent again to %s"},
		{OrganizationAdded, "Organization added", "Added the organization %s"},
		{OrganizationChanged, "Organization changed", "Changed the organization %s"},
		{OrganizationRemoved, "Organization removed", "Removed the organization %s"},
		{MailTested, "Test e-mail", "Sent a test e-mail to %s"},
		{MailOpened, "E-mail in the outbox opened", "Opened the e-mail %s in the outbox"},
		{PersonEnrolled, "Person enrolled", "Enrolled: %s is Active"},
		{PasswordChanged, "Password changed", "Changed the own password"},
		{PasswordReset, "Password reset", "Reset the own password by a link"},
		{PasswordGiven, "Password set by an administrator", "Set the password of %s"},
		{PasswordWritten, "Password set in the directory", "Set the password of %s in the directory"},
		{PasswordRefused, "Password not set in the directory", "The password of %s was not set in the directory"},
		{PasswordInDoubt, "Password set in the directory or not", "Whether the password of %s was set in the directory is not known"},
		{PasswordProven, "Password of Windows proven", "%s proved the password of Windows"},
		{PasswordUnproven, "Password of Windows not proven", "A password for %s was not proven in the directory"},
		{AdministratorAdded, "Administrator added", "Added the administrator %s"},
		{AdministratorInvited, "Administrator invited", "Invited %s to administer"},
		{AdministratorJoined, "Invitation accepted", "Accepted the invitation to administer"},
		{AdministratorRole, "Role changed", "Changed the role of %s"},
		{AdministratorLocked, "Administrator locked", "Locked %s"},
		{AdministratorUnlocked, "Administrator unlocked", "Unlocked %s"},
		{AdministratorReset, "One-time codes reset", "Turned off the one-time codes of %s"},
		{AdministratorRemoved, "Administrator removed", "Removed the administrator %s"},
		{TenantMade, "Tenant made", "Made the tenant %s"},
		{TenantDisabled, "Tenant disabled", "Disabled the tenant"},
		{TenantEnabled, "Tenant enabled", "Enabled the tenant"},
	}
}
