// Package audit says what an entry of the tenant's audit log is: who did what, when, from where, and to what.
//
// What always holds:
//
//   - An entry is written in the transaction of the change it tells of: neither is there without the other.
//   - Entries are only ever added. The database itself refuses to change or remove one.
//   - No entry holds a password, token, code or key; details are names, counts and settings.
//   - Names are kept as they were at that time. An entry is put into words in one place, Words.
//
// Types and words only; package store keeps the entries. Who acts travels in the request's context (As), set where the
// request came in and its sender was proven.
package audit

import (
	"context"
	"net/netip"
	"time"

	"passlysync/pkg/tenant"
)

// ActorKind says what sort of somebody acted.
type ActorKind string

// The kinds. Nobody is who is not signed in, such as at a refused sign-in.
const (
	Administrator ActorKind = "administrator"
	Agent         ActorKind = "agent"
	Person        ActorKind = "person"
	CommandLine   ActorKind = "command-line"
	Nobody        ActorKind = "nobody"
	System        ActorKind = "system"
)

// ActorKinds lists them.
var ActorKinds = []ActorKind{Administrator, Agent, Person, CommandLine, Nobody, System}

// Actor is who did something. Name is as it was then, From the network address without port.
type Actor struct {
	Kind ActorKind
	ID   tenant.ID
	Name string
	From string
	// Browser says in words what the actor uses. Sessions keep it, entries do not.
	Browser string
}

// SubjectKind says what sort of thing something was done to.
type SubjectKind string

// The kinds.
const (
	AnAdministrator SubjectKind = "administrator"
	AnAgent         SubjectKind = "agent"
	AUser           SubjectKind = "user"
	Users           SubjectKind = "users"
	AGroup          SubjectKind = "group"
	APolicy         SubjectKind = "policy"
	AnOrganization  SubjectKind = "organization"
	AMachine        SubjectKind = "machine"
	AnEmail         SubjectKind = "e-mail"
	TheTenant       SubjectKind = "tenant"
)

// Subject is what something was done to. Name is as it was then.
type Subject struct {
	Kind SubjectKind
	ID   tenant.ID // zero: it has none
	Name string
}

// Detail is one fact of an entry: a setting before and after, or a value (After) alone.
type Detail struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Entry is one line of the log. Number and At are given by the store.
type Entry struct {
	Number  int64
	At      time.Time
	Actor   Actor // the zero Actor: who the context says (By)
	What    What
	Subject Subject
	Details []Detail
}

// Bounds of what an entry holds.
const (
	maxText    = 300 // bytes of a name or value
	MaxDetails = 40
)

// Bounded gives the entry with names and values cut to what the log keeps.
func (e Entry) Bounded() Entry {
	e.Actor.Name, e.Actor.From, e.Subject.Name = cut(e.Actor.Name), cut(e.Actor.From), cut(e.Subject.Name)
	kept := make([]Detail, 0, len(e.Details))
	for _, d := range e.Details[:min(len(e.Details), MaxDetails)] {
		kept = append(kept, Detail{cut(d.Name), cut(d.Before), cut(d.After)})
	}
	e.Details = kept
	return e
}

type actorKey struct{}

// As gives a context in which this actor acts.
func As(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// By gives who acts; where nobody was said, the system itself.
func By(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{Kind: System, Name: "Passly"}
}

// AddressOf gives the address of host and port without the port.
func AddressOf(from string) string {
	at, err := netip.ParseAddrPort(from)
	if err != nil {
		return from
	}
	return at.Addr().Unmap().String()
}

// ByAgent is an agent that asks from a network address.
func ByAgent(a tenant.Agent, from string) Actor {
	return Actor{Kind: Agent, ID: a.ID, Name: a.Configuration.Name, From: AddressOf(from)}
}

// OfAdministrator, OfAgent, OfUser and OfPolicy name what something is done to.
func OfAdministrator(a tenant.Administrator) Subject { return Subject{AnAdministrator, a.ID, a.Email} }

// OfAgent names an agent.
func OfAgent(a tenant.Agent) Subject { return Subject{AnAgent, a.ID, a.Configuration.Name} }

// OfUser names a user.
func OfUser(u tenant.User) Subject { return Subject{AUser, u.ID, u.ShownName()} }

// OfOrganization names an organization.
func OfOrganization(o tenant.Organization) Subject { return Subject{AnOrganization, o.ID, o.Name} }

// OfGroup names a group.
func OfGroup(g tenant.Group) Subject { return Subject{AGroup, g.ID, g.DisplayName} }

// OfPolicy names a provisioning policy.
func OfPolicy(p tenant.ProvisioningPolicy) Subject { return Subject{APolicy, p.ID, p.Name} }

// Query chooses entries. The zero Query is everything, newest first.
type Query struct {
	Search string
	Kind   ActorKind
	What   What
	From   time.Time // not before; zero: from the beginning
	Until  time.Time // before; zero: to the end
	Before int64     // by key: entries older than this number; zero: from the newest
	Limit  int       // 0: none
}
