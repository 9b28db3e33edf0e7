// Package preflight checks a machine before the agent is set up on it: its role and system, the prompt, disk, clock, names,
// ports and certificates, and what is there from before.
//
// What always holds:
//
//   - A check only looks. What it could mend is a Repair, which runs when a person asked for it.
//   - Each check is bounded in time, and they run side by side. What several need is looked at once (see look.go).
//   - One cause raises one alarm: a check that could not look because of it is Skipped and says so.
//   - A result that is not Passed says what happened, what it means and what to do.
//   - No check needs a secret.
package preflight

import (
	"context"

	"passlysync/pkg/problem"
)

// State is how a check ended.
type State string

// The states. Running is told only while a check is under way.
const (
	Running State = "running"
	Passed  State = "passed"
	Warning State = "warning" // setup can go on
	Failed  State = "failed"
	Skipped State = "skipped" // not looked at, because of what another check tells, or because nothing is known yet
)

// Check is one thing to look at.
type Check struct {
	Name  string // stable, for scripts: "domain-controller"
	Title string // for people: "Domain controller"
	Must  bool   // setup stops when it fails
	Look  func(ctx context.Context) Result
}

// Result is what a check found. A check fills State, Detail, Problem, Repair and Found; Run adds the rest.
type Result struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	Must    bool             `json:"must"`
	State   State            `json:"state"`
	Detail  string           `json:"detail,omitzero"`  // one short line of what was found
	Problem *problem.Problem `json:"problem,omitzero"` // for Warning and Failed
	Repair  *Repair          `json:"repair,omitzero"`
	Found   Found            `json:"found,omitzero"`
}

// Repair mends what a check found.
type Repair struct {
	Title string                          `json:"title"` // as an offer: "Turn the network time on"
	Do    func(ctx context.Context) error `json:"-"`
}

// Found is what a check learned and the questions can offer as answers.
type Found struct {
	Directory   string `json:"directory,omitzero"`   // URL of a domain controller
	DirectoryCA string `json:"directoryCa,omitzero"` // path of a PEM file whose authority signed its certificate
}

// Notable reports whether a person should read what was found.
func (r Result) Notable() bool { return r.State == Warning || r.State == Failed }

// Stops reports whether setup cannot go on.
func (r Result) Stops() bool { return r.Must && r.State == Failed }
