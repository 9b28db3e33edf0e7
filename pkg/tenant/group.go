package tenant

import "time"

// Group is a named set of users and groups.
type Group struct {
	ID           ID
	Agent        ID // who made it; zero: Local
	Organization ID
	ExternalID   string
	DisplayName  string
	Version      int64 // grows with each change of the group or its members, from 1
	Created      time.Time
	Modified     time.Time
}

// MemberKind says what a member is.
type MemberKind string

// The kinds, as SCIM spells them (RFC 7643 §4.2).
const (
	MemberUser  MemberKind = "User"
	MemberGroup MemberKind = "Group"
)

// Member is one user or group in a group.
type Member struct {
	ID      ID
	Kind    MemberKind
	Display string
}
