// Package control holds the messages between agent and tenant, and the agent's client for them.
//
// Everything is JSON over HTTPS, outbound from the agent; there is no inbound port. Unknown fields are ignored, so
// either side can be newer; duplicate keys, trailing data and oversized bodies are refused (Decode). Every write can be
// repeated safely. The conditions of the agent (Condition) live here as well, because screen, console and log must
// print the same words.
package control

import (
	"encoding/json"
	"fmt"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/seal"
)

// Protocol is the version of these messages. A tenant that speaks another one is refused with problem.WrongVersion.
const Protocol = 1

// Size limits of bodies, in bytes.
const (
	MaxMessage = 1 << 20 // every control message but results
	MaxResult  = 4 << 20 // a CommandResult: a UnitList is the largest
	MaxEvent   = 1 << 20 // one event of the stream
)

// DiscoveryPath is where a tenant proves that it is one.
const DiscoveryPath = "/.well-known/passly"

// Paths below the Passly domain. They are part of the protocol; Discovery names only what may stand elsewhere.
const (
	SignInPath          = "/agent/v1/sign-in"          // POST SignIn → Session; no authorization
	SignOutPath         = "/agent/v1/sign-out"         // POST, session → 204
	DevicePath          = "/agent/v1/device"           // POST form → RFC 8628 §3.2; no authorization
	DeviceTokenPath     = "/agent/v1/device-token"     // POST form, RFC 8628 §3.4 → AccessToken with a name: a Session's
	EnrolmentTokensPath = "/agent/v1/enrolment-tokens" // POST, session → EnrolmentToken
	EnrolPath           = "/agent/v1/enrol"            // POST Enrol → Enrolled; the token authorizes
	TokenPath           = "/agent/v1/token"            // POST form, RFC 7523 → AccessToken
	EventsPath          = "/agent/v1/events"           // GET, agent → text/event-stream of Configuration and Command
	HeartbeatPath       = "/agent/v1/heartbeat"        // POST Heartbeat, agent → HeartbeatAnswer
	ConfigurationPath   = "/agent/v1/configuration"    // GET, agent → Configuration
	ResultsPath         = "/agent/v1/results"          // POST CommandResult, agent → 204
	RunsPath            = "/agent/v1/runs"             // POST Run, agent → 204
	LeavePath           = "/agent/v1/leave"            // POST, agent → 204; its key proves nothing afterwards
)

// Discovery is the answer at DiscoveryPath.
type Discovery struct {
	Product    string    `json:"product"` // always "passly"
	Protocol   int       `json:"protocol"`
	Version    string    `json:"version"`
	TenantID   string    `json:"tenantId"` // also the audience of the agent's assertions
	TenantName string    `json:"tenantName"`
	SCIM       string    `json:"scim"`    // path or URL of the SCIM 2.0 endpoint, same origin
	Console    string    `json:"console"` // path or URL of the console, same origin
	Time       time.Time `json:"time"`    // the tenant's clock
}

// SignIn is an administrator's sign-in from the wizard.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Code     string `json:"code,omitzero"` // one-time code, where the account has a second factor
}

// Session is good for EnrolmentTokensPath and SignOutPath only.
type Session struct {
	Session   string `json:"session"`
	Name      string `json:"name"`      // who signed in, for the screen
	ExpiresIn int    `json:"expiresIn"` // seconds
}

// EnrolmentToken is used once.
type EnrolmentToken struct {
	Token     string `json:"token"`
	ExpiresIn int    `json:"expiresIn"` // seconds
}

// Enrol redeems a token. Sent again with the same key while the token lives, it gets the same answer.
type Enrol struct {
	Token     string `json:"token"`
	PublicKey []byte `json:"publicKey"` // Ed25519, 32 bytes
	// AgentID asks to go on as an agent that this host was before in the same tenant, with the new key: what it made stays
	// its own. An agent that is not there any more becomes a new one.
	AgentID   string         `json:"agentId,omitzero"`
	Host      HostFacts      `json:"host"`
	Directory DirectoryFacts `json:"directory"`
}

// Enrolled names the new agent.
type Enrolled struct {
	AgentID    string `json:"agentId"`
	TenantID   string `json:"tenantId"`
	TenantName string `json:"tenantName"`
}

// HostFacts say where the agent runs.
type HostFacts struct {
	Name    string `json:"name"`
	OS      string `json:"os"`
	Version string `json:"version"` // of passly-sync
}

// DirectoryFacts say what the agent reads.
type DirectoryFacts struct {
	Domain     string         `json:"domain"` // DNS name
	DomainGUID directory.GUID `json:"domainGuid"`
	Server     string         `json:"server"`
}

// AssertionType and GrantType are the form values of an RFC 7523 §2.2 request at TokenPath. The assertion is a JWT signed
// with EdDSA: iss and sub are the agent's id, aud the tenant's id, exp at most five minutes away, jti unique.
const (
	GrantType     = "client_credentials"
	AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// AccessToken is RFC 6749 §5.1.
type AccessToken struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

// Status of an agent, as the administrator sets it.
type Status string

// The statuses.
const (
	StatusEnabled Status = "enabled"
	StatusPaused  Status = "paused"
)

// Incomplete says what an incomplete user does to the additions after it.
type Incomplete string

// The documented halt, and its alternative.
const (
	IncompleteHalt Incomplete = "halt"
	IncompleteSkip Incomplete = "skip"
)

// PasswordPolicy of an agent.
type PasswordPolicy string

// The password policies. Two-way: synchronize password changes from Passly to Active Directory.
const (
	PasswordOneWay PasswordPolicy = "one-way"
	PasswordTwoWay PasswordPolicy = "two-way"
)

// Configuration is what the administrator chose for an agent. It comes whole, as an event and at ConfigurationPath.
type Configuration struct {
	Version        int64            `json:"version"` // grows with every change; 0 means that nothing was chosen yet
	Name           string           `json:"name"`    // friendly name
	Status         Status           `json:"status"`
	Scope          []directory.GUID `json:"scope"` // units, each with all below it; empty: nothing is chosen
	Incomplete     Incomplete       `json:"incomplete"`
	PasswordPolicy PasswordPolicy   `json:"passwordPolicy"`
	// UnlockOnReset ends a lockout when a password is reset, two-way.
	UnlockOnReset bool  `json:"unlockOnReset,omitzero"`
	Guard         Guard `json:"guard"`
	// Approved lists held removals that the administrator let pass, see Held.
	Approved []Approval `json:"approved,omitzero"`
	// Undone is the id of the run after whose undoing the agent is held; empty: it is not. Status is paused then.
	Undone string `json:"undone,omitzero"`
	// Compare grows each time that the agent may no longer trust what the tenant acknowledged before: it then compares
	// everything with the tenant.
	Compare int64 `json:"compare,omitzero"`
}

// Guard limits removals in one cycle, per kind; above a limit that kind is held whole.
type Guard struct {
	Users       Limit `json:"users"`       // disables
	Groups      Limit `json:"groups"`      // group removals
	Memberships Limit `json:"memberships"` // membership removals
}

// Limit is a number and a percentage of what the agent has pushed; the larger of the two counts.
type Limit struct {
	Number  int `json:"number"`
	Percent int `json:"percent"`
}

func (l Limit) String() string { return fmt.Sprintf("%d or %d %%", l.Number, l.Percent) }

// DefaultGuard is what a new agent gets.
var DefaultGuard = Guard{Users: Limit{20, 10}, Groups: Limit{20, 10}, Memberships: Limit{20, 10}}

// RemovalKind is a kind of removal that the guard watches.
type RemovalKind string

// The kinds of removal.
const (
	RemoveUsers       RemovalKind = "users"
	RemoveGroups      RemovalKind = "groups"
	RemoveMemberships RemovalKind = "memberships"
)

// RemovalKinds are all of them, in the order in which they are carried out.
var RemovalKinds = []RemovalKind{RemoveUsers, RemoveMemberships, RemoveGroups}

// Held is one kind of removal that waits for approval. Digest names exactly this set of removals: an approval of another
// set does not count.
type Held struct {
	Kind  RemovalKind `json:"kind"`
	Count int         `json:"count"` // undecided ones; 0 where there are only rejected ones
	// Begun: on some of the set was decided already, row by row. The rest waits for its own decision, however few they are.
	Begun    bool     `json:"begun,omitzero"`
	Rejected int      `json:"rejected,omitzero"` // beside Count; see DecideReject
	Allowed  int      `json:"allowed"`
	Digest   string   `json:"digest"`
	Sample   []string `json:"sample,omitzero"` // at most 20, in words
}

// Over reports whether they have to wait: they are more than pass by themselves, or what is left of a set that was held.
func (h Held) Over() bool { return h.Count > h.Allowed || h.Begun }

// Approval is what lets exactly these removals pass.
func (h Held) Approval() Approval { return Approval{h.Kind, h.Digest} }

// Approval lets the held removals with this digest pass.
type Approval struct {
	Kind   RemovalKind `json:"kind"`
	Digest string      `json:"digest"`
}

// Event names on the stream at EventsPath. The data of each is the message of that name.
const (
	EventConfiguration = "configuration"
	EventCommand       = "command"
)

// CommandKind names what a command asks for.
type CommandKind string

// The commands.
const (
	CommandListUnits CommandKind = "list-units" // UnitsArgs → UnitList
	CommandSyncNow   CommandKind = "sync-now"   // → no body
)

// Command asks the agent for something; it answers once with a CommandResult.
type Command struct {
	ID      string          `json:"id"`
	Kind    CommandKind     `json:"kind"`
	Args    json.RawMessage `json:"args,omitzero"`
	Expires time.Time       `json:"expires"`
}

// CommandResult answers a command: a body, or an error in words.
type CommandResult struct {
	ID    string          `json:"id"`
	Body  json.RawMessage `json:"body,omitzero"`
	Error *CommandError   `json:"error,omitzero"`
}

// CommandError says why a command failed.
type CommandError struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text,omitzero"`
	Hint  string `json:"hint,omitzero"`
}

// UnitsArgs say which part of the directory's tree of units is wanted; see directory.Wanted. The zero UnitsArgs is what is
// near its top.
type UnitsArgs struct {
	Under  directory.GUID   `json:"under,omitzero"`
	Skip   int              `json:"skip,omitzero"`
	Reach  []directory.GUID `json:"reach,omitzero"` // at most MaxScope
	Open   []directory.GUID `json:"open,omitzero"`  // at most MaxScope
	Search string           `json:"search,omitzero"`
}

// UnitList is a part of the directory's tree of units, parents before children.
type UnitList struct {
	Units     []Unit `json:"units"`
	Truncated bool   `json:"truncated,omitzero"` // there is more of that part than MaxUnits
}

// MaxUnits bounds a UnitList: it fits on a page.
const MaxUnits = 120

// Unit is one node of the directory's tree.
type Unit struct {
	GUID   directory.GUID `json:"guid"`
	Parent directory.GUID `json:"parent,omitzero"`
	Name   string         `json:"name"`
	DN     string         `json:"dn,omitzero"`
	People int            `json:"people"`         // in it; -1: not known yet
	All    int            `json:"all"`            // with all units below; -1: not known yet
	Below  int            `json:"below,omitzero"` // units directly below
}

// Heartbeat is sent at every change of condition and at least every HeartbeatAnswer.Every seconds.
type Heartbeat struct {
	Configuration int64          `json:"configuration"` // version in force at the agent
	Conditions    []Condition    `json:"conditions"`    // the most important first; never empty
	Counts        Counts         `json:"counts"`
	LastSync      time.Time      `json:"lastSync,omitzero"` // end of the last cycle that read and sent without an error
	Lag           float64        `json:"lag"`               // seconds, age of the oldest change not yet pushed
	Host          HostFacts      `json:"host"`
	Directory     DirectoryFacts `json:"directory"`
	Held          []Held         `json:"held,omitzero"`
	// Sealing is the key that passwords for this agent are sealed to, signed by its identity key.
	Sealing seal.Published `json:"sealing,omitzero"`
	// Passwords is what the domain asks of everybody's passwords, where the agent is two-way; nil: it was not read yet.
	Passwords *PasswordRules `json:"passwords,omitzero"`
}

// Counts are the agent's figures.
type Counts struct {
	People      int `json:"people"`      // pushed and not disabled
	Disabled    int `json:"disabled"`    // pushed and disabled
	Groups      int `json:"groups"`      // pushed
	Memberships int `json:"memberships"` // pushed
	Incomplete  int `json:"incomplete"`
	Conflicts   int `json:"conflicts"`
	Waiting     int `json:"waiting"` // users complete and not yet added
}

// HeartbeatAnswer tells the agent what it may have missed.
type HeartbeatAnswer struct {
	Configuration int64     `json:"configuration"` // newest version at the tenant
	Every         int       `json:"every"`         // seconds
	Now           time.Time `json:"now"`           // the tenant's clock
}

// RunKind is how the pass of a run read.
type RunKind string

// The kinds of run.
const (
	RunFull  RunKind = "full"
	RunDelta RunKind = "delta"
)

// Run is a cycle that changed something. Its id is made by the agent, so that a repeated report is the same run.
type Run struct {
	ID             string    `json:"id"`
	Kind           RunKind   `json:"kind"`
	Started        time.Time `json:"started"`
	Finished       time.Time `json:"finished"`
	Read           int       `json:"read"` // entries that the directory reported
	UsersAdded     int       `json:"usersAdded"`
	UsersUpdated   int       `json:"usersUpdated"`
	UsersDisabled  int       `json:"usersDisabled"`
	UsersEnabled   int       `json:"usersEnabled"`
	GroupsAdded    int       `json:"groupsAdded"`
	GroupsUpdated  int       `json:"groupsUpdated"`
	GroupsRemoved  int       `json:"groupsRemoved"`
	MembersAdded   int       `json:"membersAdded"`
	MembersRemoved int       `json:"membersRemoved"`
	Sent           int       `json:"sent"`     // changes sent to the tenant
	Accepted       int       `json:"accepted"` // of these
	Rejected       int       `json:"rejected"`
}
