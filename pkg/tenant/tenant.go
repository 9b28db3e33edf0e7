// Package tenant holds what a tenant is made of and the rules that hold for it: organizations, users and their states,
// groups, agents with their configuration, administrators, provisioning policies.
//
// Types and rules only; nothing here does I/O. The rules that always hold:
//
//   - An object belongs to the agent that made it, and an agent to one organization. Others do not see it (Scope).
//   - A user's logon name and primary e-mail are unique in the tenant among users that are not Disabled, whatever the case.
//   - Disabling a user remembers the state before; enabling gives it back.
//   - Ids are ordered by time, so that what is added later sorts later.
//
// Below: store keeps all this, scimserver and controlserver serve it to agents, console to people.
package tenant

import "time"

// Tenant is one customer's Passly.
type Tenant struct {
	ID      string // also the audience of the agents' assertions
	Name    string
	Created time.Time
	// Disabled: nobody signs in and no agent enrols. Agents that are enrolled go on.
	Disabled bool
	// TokenKey signs the access tokens. It is made once with the tenant and never leaves it.
	TokenKey []byte
}

// Role says what an administrator may do.
type Role string

// The roles. An owner manages administrators too; a reader looks at the console and changes nothing but the own account.
const (
	RoleOwner         Role = "owner"
	RoleAdministrator Role = "administrator"
	RoleReader        Role = "reader"
)

// Administrator may sign in to the console and, as far as the role allows, enrol agents.
type Administrator struct {
	ID           ID
	Email        string
	PasswordHash string // argon2id in PHC form
	Role         Role
	Organization ID     // whose people, groups and agents the account is for; zero: the whole tenant
	Locked       bool   // may not sign in
	SecondFactor string // base32 secret of the one-time codes (RFC 6238); empty: none is asked
	CodeStep     int64  // the last time step whose code was used: none up to it counts again
	Created      time.Time
	LastSignIn   time.Time // zero: never
	Alarms       bool      // is written to when something is wrong with an agent
}

// Invited reports whether the administrator has no password yet.
func (a Administrator) Invited() bool { return a.PasswordHash == "" }

// MayChange reports whether the role lets somebody change what the tenant keeps; MayAdminister, administrators too.
func (r Role) MayChange() bool { return r == RoleOwner || r == RoleAdministrator }

// MayAdminister reports whether the role manages administrators.
func (r Role) MayAdminister() bool { return r == RoleOwner }

// Known reports whether there is such a role.
func (r Role) Known() bool { return r.MayChange() || r == RoleReader }

// AdministratorInvitation is the link by which somebody who was made an administrator chooses a password. Its token is in
// the link only; the store keeps the hash.
type AdministratorInvitation struct {
	Hash          []byte // SHA-256 of the token
	Administrator ID
	Expires       time.Time
}

// SessionPurpose says what a session is good for.
type SessionPurpose string

// The purposes. A session for enrolment asks for enrolment tokens and nothing else; one for the second step only says that
// the password was right, and waits for the one-time code. One for the API is what a program has; Browser is its name.
const (
	ForConsole    SessionPurpose = "console"
	ForEnrolment  SessionPurpose = "enrolment"
	ForSecondStep SessionPurpose = "second-step"
	ForAPI        SessionPurpose = "api"
)

// Session is a signed-in administrator. Its token is known to the browser or wizard only; the store keeps the hash.
type Session struct {
	Hash          []byte // SHA-256 of the token
	Administrator Administrator
	Purpose       SessionPurpose
	Created       time.Time
	Expires       time.Time
	Address       string // that it was made from
	Browser       string // with which, in words
}

// EnrolmentToken lets one agent in, once.
type EnrolmentToken struct {
	Hash          []byte // SHA-256 of the token
	Administrator ID
	Expires       time.Time
	Agent         ID     // who redeemed it; zero: nobody yet
	PublicKey     []byte // with which key
}
