// Package writeback takes people's passwords to where they are kept: into the directory, for who comes from an agent with the
// two-way password policy. The pages of people and of administrators ask it; the agent carries out.
//
// What always holds:
//
//   - The directory decides first. Whoever calls Set stores a password of Passly's own only after it returned no error; an
//     error other than OutcomeUnknown means that nothing was set, and that nothing will be.
//   - A password is in memory only, as bytes that their owner wipes (seal.Wipe), and leaves it only sealed to the one agent
//     (package seal). It is in no error, log or entry of the audit log.
//   - A guesser cannot lock somebody out of Windows: what proves a password is counted here, for each person and network,
//     and the agent stays below the domain's own threshold.
//   - An error has two texts: short for the person (problem.Of), whole for an administrator (ForAdministrator).
//
// Whose password is whose, sessions and pages are others' business: packages person, portal and console.
package writeback

import (
	"log/slog"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Place is where somebody's password is kept.
type Place string

// The places.
const (
	Local  Place = "local"   // in Passly alone
	OneWay Place = "one-way" // in Windows; Passly cannot change it
	TwoWay Place = "two-way" // in Windows, and Passly sets it there
)

// Way is where a password is kept, and by which agent it gets there.
type Way struct {
	Place Place
	Agent tenant.Agent // the zero Agent where it is Local
}

// Rules are what the directory asks of somebody's passwords. Where it was never asked, Known is false.
type Rules struct {
	directory.PasswordRules
	Known bool
	Read  time.Time // when the agent said them: one that is away cannot read them anew
}

// Request is a password to set in the directory. The bytes stay the caller's, who wipes them afterwards.
type Request struct {
	User tenant.User
	Old  []byte // proves the person, and has the domain treat this as a change; empty: a reset
	New  []byte
	// MustChange has the person choose another at the next sign-in to Windows.
	MustChange bool
	From       string // network address, to slow guesses of Old down
}

// Outcome is what came of a password that was set.
type Outcome struct {
	Agent tenant.Agent
	// Remarks are what could not be done beside: that it must be changed, or the lockout be ended. They are for an administrator.
	Remarks []*problem.Problem
	// HistoryUnchecked: the domain could not hold the reset against the passwords before.
	HistoryUnchecked bool
}

// Codes beside those of package directory (PasswordTooShort and its like, which come through as they are).
const (
	// OutcomeUnknown is the one error after which the password may have been set: the agent had the command and did not answer.
	OutcomeUnknown = control.PasswordUnknown
	// AgentAway: the agent was not given the command. Nothing was changed, and nothing will be.
	AgentAway problem.Code = "agent-away"
	// NotTwoWay: the password is kept elsewhere, or only in Windows.
	NotTwoWay = control.NotTwoWay
)

// Options are what a Desk works on.
type Options struct {
	Tenant tenant.Tenant
	Store  store.Store
	Agents *agents.Registry
	Log    *slog.Logger
	Now    func() time.Time
	// Life is how long an agent may take; zero: control.PasswordLife.
	Life time.Duration
}

// How much a guesser can write into the audit log; refused sign-ins are counted there too, by who refuses them.
const (
	unprovenBurst     = 3
	unprovenPeriod    = 10 * time.Minute
	allUnprovenBurst  = 200
	allUnprovenPeriod = time.Second
)

// Desk takes passwords to agents. It is safe for concurrent use.
type Desk struct {
	Options
	rules   rules
	guesses *signin.Throttle
	// What is written of passwords that were not proven: so much of one person, and of all.
	ofPerson, ofAll *signin.Limit
}

// New makes a Desk.
func New(o Options) *Desk {
	if o.Life == 0 {
		o.Life = control.PasswordLife
	}
	return &Desk{
		Options: o, guesses: signin.NewThrottle(o.Now), ofPerson: signin.NewLimit(o.Now, unprovenBurst, unprovenPeriod),
		ofAll: signin.NewLimit(o.Now, allUnprovenBurst, allUnprovenPeriod),
	}
}
