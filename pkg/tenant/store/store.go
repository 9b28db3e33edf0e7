// Package store says how a tenant is kept: one interface, whose queries are written once (sqlstore) for the engines (sqlite,
// postgres), and one suite that checks them (storetest).
//
// What always holds:
//
//   - A write that returned without error survives the death of the process, at any instant.
//   - Write is one transaction: all of it or nothing. Inside, Attempt is a part that can fail alone.
//   - A read sees one moment. Reads never wait for writes.
//   - What a Scope does not see does not exist: tenant.NotFound, whether it is there or not.
//   - Lists are in the order of ids (time) unless a query says otherwise, and are read page by page by key.
//
// Errors that a person may see are problems; names in use are *tenant.Taken, unknown members *tenant.UnknownMember.
package store

import (
	"context"
	"crypto/ed25519"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// Store keeps one tenant.
type Store interface {
	Reader
	// Write runs do in one transaction and commits when do returns nil. One at a time; do must not call Store's methods.
	Write(ctx context.Context, do func(Tx) error) error
	Close() error
}

// Reader reads.
type Reader interface {
	ObjectReader
	AgentReader
	SignInReader
	PersonReader
	MessageReader
	AuditReader
	// Tenant gives the tenant itself; a problem of code NotFound says that the store was not initialised.
	Tenant(ctx context.Context) (tenant.Tenant, error)
	Organizations(ctx context.Context) ([]tenant.Organization, error)
	Organization(ctx context.Context, id tenant.ID) (tenant.Organization, error)
	Policies(ctx context.Context) ([]tenant.ProvisioningPolicy, error)
}

// ObjectReader reads users and groups.
type ObjectReader interface {
	User(ctx context.Context, in tenant.Scope, id tenant.ID) (tenant.User, error)
	Users(ctx context.Context, in tenant.Scope, q Query) ([]tenant.User, error)
	CountUsers(ctx context.Context, in tenant.Scope, q Query) (int, error)
	Group(ctx context.Context, in tenant.Scope, id tenant.ID) (tenant.Group, error)
	Groups(ctx context.Context, in tenant.Scope, q Query) ([]tenant.Group, error)
	CountGroups(ctx context.Context, in tenant.Scope, q Query) (int, error)
	// Members gives the members of a group that come after an id, at most limit; CountMembers how many there are.
	Members(ctx context.Context, group, after tenant.ID, limit int) ([]tenant.Member, error)
	CountMembers(ctx context.Context, group tenant.ID) (int, error)
	// GroupsOf gives the groups that a user or group is a direct member of, at most limit.
	GroupsOf(ctx context.Context, member tenant.ID, limit int) ([]tenant.Group, error)
}

// Query chooses from a list. The zero Query is everything.
type Query struct {
	Filter       scim.Filter
	Search       string       // part of a name, e-mail or logon name
	State        tenant.State // users only
	Organization tenant.ID    // zero: all
	Agent        tenant.ID    // whose; zero: all
	Source       Source       // empty: both
	Order        Order        // users only, not with SortBy; empty: by id, which is time
	After        tenant.ID    // by key: what follows this id. Not with SortBy.
	NewestFirst  bool         // by key, the other way; After is then what precedes
	SortBy       string       // SCIM attribute; empty: by id
	Descending   bool         // with SortBy or Order
	Offset       int          // by index, for SortBy and SCIM's startIndex
	Limit        int          // 0: none
}

// Source says where a user or group comes from.
type Source string

// The sources.
const (
	Local  Source = "local"  // kept here only
	Synced Source = "synced" // an agent made it
)

// Order is what users are sorted by, in lists that are read by key.
type Order string

// The orders: the name that lists show, and the user logon name, whatever the case.
const (
	ByName     Order = "name"
	ByUserName Order = "logon"
)

// Unplaced is the query without its place in the list: what it counts.
func (q Query) Unplaced() Query {
	q.After, q.Offset, q.Limit, q.SortBy, q.Order, q.Descending, q.NewestFirst = 0, 0, 0, "", "", false, false
	return q
}

// AgentReader reads agents and what they reported.
type AgentReader interface {
	Agent(ctx context.Context, id tenant.ID) (tenant.Agent, error)
	Agents(ctx context.Context) ([]tenant.Agent, error)
	// Revisions gives what was chosen for an agent, newest first, at most limit that are older than before (0: all).
	Revisions(ctx context.Context, agent tenant.ID, before int64, limit int) ([]tenant.Revision, error)
	RunReader
}

// SignInReader reads what signing in needs.
type SignInReader interface {
	Administrator(ctx context.Context, email string) (tenant.Administrator, error)
	AdministratorByID(ctx context.Context, id tenant.ID) (tenant.Administrator, error)
	Session(ctx context.Context, hash []byte) (tenant.Session, error)
	DeviceReader
	AdministratorReader
	AlarmReader
}

// DeviceReader reads device sign-ins: by the hash of the device code or of the user code, which never stand for each other.
type DeviceReader interface {
	DeviceSignIn(ctx context.Context, hash []byte) (tenant.DeviceSignIn, error)
	DeviceSignInOf(ctx context.Context, userHash []byte) (tenant.DeviceSignIn, error)
	// CountDeviceSignIns counts those that wait at now, of one address or (empty) of all.
	CountDeviceSignIns(ctx context.Context, address string, now time.Time) (int, error)
}

// Tx writes, within one transaction. It reads what it wrote.
type Tx interface {
	Reader
	// Attempt runs do; when it fails, what do wrote is taken back and the transaction goes on.
	Attempt(ctx context.Context, do func() error) error
	ObjectWriter
	AgentWriter
	SignInWriter
	OrganizationWriter
	PolicyWriter
	PersonWriter
	MessageWriter
	AuditWriter
	// Create makes the tenant with its built-in policies and first organization.
	Create(ctx context.Context, t tenant.Tenant, first tenant.Organization) error
	// Disable disables or enables the tenant.
	Disable(ctx context.Context, disabled bool) error
	NewID() tenant.ID
}

// ObjectWriter writes users and groups. Id, version and times are set by the store, in the argument as well.
type ObjectWriter interface {
	// AddUsers adds each that can be added; the answer has one error (or nil) for each.
	AddUsers(ctx context.Context, users []tenant.User) ([]error, error)
	// ProvisionUsers makes those who are Created Provisioned and says whether they have to set up a second factor. Of who was
	// Provisioned before it can be required too, never taken back. It gives all of them; others stay as they are.
	ProvisionUsers(ctx context.Context, users []tenant.ID, twoFactor bool) ([]tenant.ID, error)
	// ReplaceUser writes the user as it is now, with the next version.
	ReplaceUser(ctx context.Context, u *tenant.User) error
	// FreeNames lets go of the names of users that are written again by ReplaceUser in the same transaction, so that names can pass
	// from one to another.
	FreeNames(ctx context.Context, users []tenant.ID) error
	// RemoveUser removes a user with all that is kept for it.
	RemoveUser(ctx context.Context, in tenant.Scope, id tenant.ID) error
	AddGroup(ctx context.Context, g *tenant.Group) error
	// ReplaceGroup writes the group itself, not its members, with the next version.
	ReplaceGroup(ctx context.Context, g *tenant.Group) error
	RemoveGroup(ctx context.Context, in tenant.Scope, id tenant.ID) error
	// AddMembers and RemoveMembers cost what is named, not what is there. Adding a present member and removing an absent
	// one do nothing. Members have to be in scope, else UnknownMember. They report how many rows changed.
	AddMembers(ctx context.Context, in tenant.Scope, group tenant.ID, members []tenant.ID) (int, error)
	RemoveMembers(ctx context.Context, group tenant.ID, members []tenant.ID) (int, error)
	ClearMembers(ctx context.Context, group tenant.ID) (int, error)
}

// AgentWriter writes agents and what they report.
type AgentWriter interface {
	RunWriter
	AddAgent(ctx context.Context, a tenant.Agent) error
	// DepartAgent marks an agent as removed from its machine; once is enough, the first time counts.
	DepartAgent(ctx context.Context, id tenant.ID, at time.Time) error
	// RemoveAgent forgets an agent with its runs. What it made stays and is Local from then on; its people are disabled first
	// where disable says so. It gives how many people there are.
	RemoveAgent(ctx context.Context, id tenant.ID, disable bool, at time.Time) (people int, err error)
	// RekeyAgent gives an agent another public key: the former one proves nothing any more. One that had left is back.
	RekeyAgent(ctx context.Context, id tenant.ID, key ed25519.PublicKey) error
	// ConfigureAgent stores configuration, organization and policy, and keeps them as a revision where the version is new. What
	// the agent made moves to another organization with it;
	// Heard stores the last heartbeat.
	ConfigureAgent(ctx context.Context, a tenant.Agent) error
	Heard(ctx context.Context, agent tenant.ID, h control.Heartbeat, at time.Time) error
	// UseAssertion reports whether this jti is new for the agent, and remembers it until it expires.
	UseAssertion(ctx context.Context, agent tenant.ID, jti string, expires, now time.Time) (bool, error)
}

// SignInWriter writes what signing in needs.
type SignInWriter interface {
	AddAdministrator(ctx context.Context, a tenant.Administrator) error
	// ReplaceAdministrator writes what may change of an administrator: all but id, e-mail, password and time.
	ReplaceAdministrator(ctx context.Context, a tenant.Administrator) error
	// EndAccess ends what an administrator has: sessions, and enrolment tokens that nobody redeemed.
	EndAccess(ctx context.Context, administrator tenant.ID) error
	// UseCode reports whether the code of this time step is new for the administrator, and remembers it.
	UseCode(ctx context.Context, administrator tenant.ID, step int64) (bool, error)
	AddSession(ctx context.Context, s tenant.Session) error
	EndSession(ctx context.Context, hash []byte) error
	AddEnrolmentToken(ctx context.Context, t tenant.EnrolmentToken) error
	EnrolmentToken(ctx context.Context, hash []byte) (tenant.EnrolmentToken, error)
	// RedeemToken remembers which agent and key a token let in.
	RedeemToken(ctx context.Context, t tenant.EnrolmentToken) error
	DeviceWriter
	AdministratorWriter
	AlarmWriter
}

// DeviceWriter writes device sign-ins.
type DeviceWriter interface {
	// AddDeviceSignIn also forgets those that ended an hour before this one.
	AddDeviceSignIn(ctx context.Context, d tenant.DeviceSignIn) error
	// DecideDeviceSignIn stores decision, administrator and end of one that waits; else tenant.NotFound.
	DecideDeviceSignIn(ctx context.Context, d tenant.DeviceSignIn) error
	// EndDeviceSignIn forgets one, once: the second time it is tenant.NotFound.
	EndDeviceSignIn(ctx context.Context, hash []byte) error
}
