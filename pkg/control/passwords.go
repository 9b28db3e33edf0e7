package control

import (
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
)

// Commands about people's passwords. The first two are claimed (Claim) before they are obeyed.
const (
	CommandWritePassword  CommandKind = "write-password"  // SealedArgs → PasswordWritten
	CommandVerifyPassword CommandKind = "verify-password" // SealedArgs → no body: it is right
	CommandPasswordRules  CommandKind = "password-rules"  // PasswordRulesArgs → PasswordRules
)

// PasswordLife is how long a command with a password may wait for its agent. One that is later does nothing.
const PasswordLife = 2 * time.Minute

// SealedArgs are what a command with a password carries. What is sealed is a seal.Secrets: the password to set, with the one
// before where the person gave it; or, in New, the one to verify.
type SealedArgs struct {
	User       directory.GUID `json:"user"`
	Sealed     []byte         `json:"sealed"`              // see Command.Binding
	MustChange bool           `json:"mustChange,omitzero"` // at the next sign-in
}

// Binding is what the password of a command is sealed for: this command alone, with everything that it asks.
func (c Command) Binding(tenant, agent string, args SealedArgs) seal.Binding {
	kind := string(c.Kind)
	if args.MustChange {
		kind += ", to be changed"
	}
	return seal.Binding{Tenant: tenant, Agent: agent, User: args.User.String(), Command: c.ID, Kind: kind, Expires: c.Expires}
}

// ClaimPath is where an agent asks whether a command still counts, just before it obeys.
const ClaimPath = "/agent/v1/claims" // POST Claim, agent → 204; problem.NotFound: it does not count any more

// Claim takes a command that must not be obeyed late, twice or by two. The tenant grants it once, while somebody waits for the
// command; the same claim (Nonce) may be repeated where an answer was lost. What was granted is what the tenant counts as
// begun: of everything else it says that nothing was done.
type Claim struct {
	ID    string `json:"id"`    // of the command
	Nonce string `json:"nonce"` // made by the agent; at most MaxNonce bytes
}

// MaxNonce bounds Claim.Nonce, in bytes.
const MaxNonce = 64

// PasswordWritten says that the password was set, and what was not done beside.
type PasswordWritten struct {
	MustChange       *problem.Problem `json:"mustChange,omitzero"`
	Unlock           *problem.Problem `json:"unlock,omitzero"`
	HistoryUnchecked bool             `json:"historyUnchecked,omitzero"`
}

// PasswordRulesArgs ask for what the directory asks of somebody's passwords, or of everybody's (the zero GUID).
type PasswordRulesArgs struct {
	User directory.GUID `json:"user,omitzero"`
}

// PasswordRules are directory.PasswordRules. Durations are in whole seconds.
type PasswordRules struct {
	MinLength        int    `json:"minLength"`
	Complex          bool   `json:"complex"`
	History          int    `json:"history"`
	MinAge           int64  `json:"minAge"`
	MaxAge           int64  `json:"maxAge"`
	LockoutThreshold int    `json:"lockoutThreshold"`
	LockoutWindow    int64  `json:"lockoutWindow"`
	LockoutDuration  int64  `json:"lockoutDuration"`
	Named            string `json:"named,omitzero"`
}

// RulesOf writes rules.
func RulesOf(r directory.PasswordRules) PasswordRules {
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	return PasswordRules{
		MinLength: r.MinLength, Complex: r.Complex, History: r.History, MinAge: seconds(r.MinAge), MaxAge: seconds(r.MaxAge),
		LockoutThreshold: r.LockoutThreshold, LockoutWindow: seconds(r.LockoutWindow), LockoutDuration: seconds(r.LockoutDuration), Named: r.Named,
	}
}

// Rules reads them.
func (r PasswordRules) Rules() directory.PasswordRules {
	lasting := func(seconds int64) time.Duration {
		return time.Duration(min(max(seconds, 0), maxSeconds)) * time.Second
	}
	return directory.PasswordRules{
		MinLength: r.MinLength, Complex: r.Complex, History: r.History, MinAge: lasting(r.MinAge), MaxAge: lasting(r.MaxAge),
		LockoutThreshold: r.LockoutThreshold, LockoutWindow: lasting(r.LockoutWindow), LockoutDuration: lasting(r.LockoutDuration), Named: r.Named,
	}
}

// maxSeconds is what a time.Duration holds, less than 300 years.
const maxSeconds = int64(1<<63-1) / int64(time.Second)

// Why an agent did not do what it was asked, beside the codes of package directory.
const (
	PasswordNotOpened problem.Code = "password-not-opened"     // sealed to another key or for something else, or altered
	PasswordUnknown                = directory.PasswordInDoubt // also: it was begun before the agent was stopped
	NotSynced         problem.Code = "account-not-synced"      // the agent did not add the account, or it is out of scope now
	NotTwoWay         problem.Code = "password-not-two-way"
)
