package store

import (
	"context"
	"time"

	"passlysync/pkg/tenant"
)

// OrganizationWriter writes organizations.
type OrganizationWriter interface {
	// AddOrganization sets the organization's id and time. A URL name in use is a *tenant.Taken.
	AddOrganization(ctx context.Context, o *tenant.Organization) error
	// ReplaceOrganization writes what may change of an organization: all but id, URL name and time.
	ReplaceOrganization(ctx context.Context, o tenant.Organization) error
	// RemoveOrganization fails, with a problem of code Conflict, while an agent, user, group or administrator is in it.
	RemoveOrganization(ctx context.Context, id tenant.ID) error
}

// PolicyWriter writes provisioning policies.
type PolicyWriter interface {
	// AddPolicy sets the policy's id.
	AddPolicy(ctx context.Context, p *tenant.ProvisioningPolicy) error
	// ReplacePolicy and RemovePolicy do not find built-in ones. RemovePolicy fails while an agent has the policy.
	ReplacePolicy(ctx context.Context, p tenant.ProvisioningPolicy) error
	RemovePolicy(ctx context.Context, id tenant.ID) error
}

// PersonReader reads what people sign in with.
type PersonReader interface {
	Account(ctx context.Context, user tenant.ID) (tenant.Account, error)
	// PersonSession finds a session of a user who is Active.
	PersonSession(ctx context.Context, hash []byte) (tenant.PersonSession, error)
	CountRecoveryCodes(ctx context.Context, user tenant.ID) (int, error)
	Invitation(ctx context.Context, hash []byte) (tenant.Invitation, error)
}

// PersonWriter writes it.
type PersonWriter interface {
	// PutAccount adds or replaces a user's account. It does not take back a code's use: the later CodeStep stays.
	PutAccount(ctx context.Context, a tenant.Account) error
	// UsePersonCode reports whether the code of this time step is new for the user, and remembers it.
	UsePersonCode(ctx context.Context, user tenant.ID, step int64) (bool, error)
	// PutRecoveryCodes replaces a user's recovery codes; UseRecoveryCode reports whether one was there, and forgets it.
	PutRecoveryCodes(ctx context.Context, user tenant.ID, hashes [][]byte) error
	UseRecoveryCode(ctx context.Context, user tenant.ID, hash []byte) (bool, error)
	// AddPersonSession also forgets those that expired.
	AddPersonSession(ctx context.Context, s tenant.PersonSession) error
	EndPersonSession(ctx context.Context, hash []byte) error
	// EndPersonSessions ends all of a user's but the one with this hash.
	EndPersonSessions(ctx context.Context, user tenant.ID, but []byte) error
	// AddInvitation also forgets those that expired a month before.
	AddInvitation(ctx context.Context, i tenant.Invitation) error
	// UseInvitation marks one as used, once: the second time it is tenant.NotFound.
	UseInvitation(ctx context.Context, hash []byte, at time.Time) error
	// EndInvitations marks all of a user's as used.
	EndInvitations(ctx context.Context, user tenant.ID, at time.Time) error
	// AskForInvitation writes down that one is wanted for an address, known or not; TakeAsks gives and forgets what was
	// asked.
	AskForInvitation(ctx context.Context, a tenant.Ask, at time.Time) error
	TakeAsks(ctx context.Context, limit int) ([]tenant.Ask, error)
}

// MessageReader reads the messages to users.
type MessageReader interface {
	Message(ctx context.Context, user tenant.ID, purpose tenant.MessagePurpose) (tenant.Message, error)
	CountMessages(ctx context.Context) (map[tenant.MessageState]int, error)
	// MessagesWith gives messages in a state, by user; those with a problem only where troubled.
	MessagesWith(ctx context.Context, state tenant.MessageState, troubled bool, limit int) ([]tenant.Message, error)
	// MessagesDue reports whether ClaimMessages or TakeAsks would find something.
	MessagesDue(ctx context.Context, now time.Time) (bool, error)
}

// MessageWriter writes them.
type MessageWriter interface {
	// QueueMessages makes messages that are due now. Where there is one for the user and purpose, whatever became of it, it
	// stays as it is. It gives how many were made.
	QueueMessages(ctx context.Context, purpose tenant.MessagePurpose, users []tenant.ID) (int, error)
	// RequeueMessage has one sent anew, or makes it. One that is pending is due now.
	RequeueMessage(ctx context.Context, purpose tenant.MessagePurpose, user tenant.ID) error
	// ClaimMessages takes messages that are due, of users in the state that they are for, for claim until a time; nobody else gets
	// them until then.
	ClaimMessages(ctx context.Context, claim string, now, until time.Time, limit int) ([]tenant.Message, error)
	// SettleMessage stores state, attempts, due, sent and problem, and ends the claim. It is tenant.NotFound when the claim
	// was lost or the message is to be sent anew.
	SettleMessage(ctx context.Context, m tenant.Message) error
	// EndMessages ends those of a user that are pending.
	EndMessages(ctx context.Context, user tenant.ID) error
}
