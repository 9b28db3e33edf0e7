package api

import (
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// RunSummary is a cycle of an agent that changed something.
type RunSummary struct {
	control.Run
	Rows     int  `json:"rows"`     // what it changed
	Reported bool `json:"reported"` // else it is under way, or was cut off
}

// OfRun makes the answer of a run.
func OfRun(r tenant.Run) RunSummary { return RunSummary{r.Run, r.Rows, r.Reported} }

// RunDetails are a run with a page of what it changed.
type RunDetails struct {
	RunSummary
	What    map[string]int `json:"what"` // how many changes of each kind
	Undo    Undo           `json:"undo,omitzero"`
	Held    bool           `json:"held"` // the agent is held after this run was undone
	Changes Page[Change]   `json:"changes"`
}

// Change is what one write of a run did to one user, group or membership.
type Change struct {
	What       string      `json:"what"`
	Object     string      `json:"object"` // the user's or group's id
	Name       string      `json:"name"`   // as it was then
	Member     string      `json:"member,omitzero"`
	MemberName string      `json:"memberName,omitzero"`
	Attributes []Attribute `json:"attributes"`
	Run        string      `json:"run,omitzero"`
	At         time.Time   `json:"at,omitzero"`
	Undone     time.Time   `json:"undone,omitzero"` // when it was put back
	Kept       string      `json:"kept,omitzero"`   // why it could not be put back
}

// Attribute is one attribute before and after.
type Attribute struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// OfRow makes the answer of a run's row.
func OfRow(r tenant.RunRow) Change {
	return Change{
		What: string(r.What), Object: r.Object.String(), Name: r.Name, Member: optional(r.Member), MemberName: r.MemberName,
		Attributes: Each(r.Attributes, func(a tenant.Attribute) Attribute { return Attribute(a) }),
		Run:        r.RunID, At: r.At, Undone: r.Undone, Kept: r.Kept,
	}
}

// Undo is how far the undoing of a run has come.
type Undo struct {
	Begun  time.Time `json:"begun"`
	Ended  time.Time `json:"ended,omitzero"`
	By     string    `json:"by"`
	Undone int       `json:"undone"`
	Kept   int       `json:"kept"`
}

// OfUndo makes the answer of an undo; none where it was never begun.
func OfUndo(u tenant.Undo) Undo {
	return Undo{Begun: u.Begun, Ended: u.Ended, By: u.By, Undone: u.Undone, Kept: u.Kept}
}

// Forecast says what undoing a run would do. Left is how many changes were not tried, beyond the first ones.
type Forecast struct {
	Undone    map[string]int `json:"undone"` // by kind
	Kept      []Change       `json:"kept"`   // some of those that could not be put back, with the reason
	KeptCount int            `json:"keptCount"`
	Left      int            `json:"left"`
}
