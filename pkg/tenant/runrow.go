package tenant

import (
	"time"

	"passlysync/pkg/control"
)

// How long runs and their rows are kept, and how many rows a tenant keeps at most: beyond that the oldest runs go first.
const (
	RunsKept   = 90 * 24 * time.Hour
	MaxRunRows = 10_000_000
)

// MaxRunID bounds the id that an agent gives a run, in bytes.
const MaxRunID = 128

// Run is a run with its number and how many rows it has.
type Run struct {
	control.Run
	Agent    ID
	Number   ID   // zero: of a run from before there were rows
	Rows     int  // what it changed
	Reported bool // the agent said how it ended; else it is under way, or was cut off
}

// RowKind says what a run did to an object. The words are stored.
type RowKind string

// The kinds.
const (
	UserAdded     RowKind = "user-added"
	UserUpdated   RowKind = "user-updated"
	UserDisabled  RowKind = "user-disabled"
	UserEnabled   RowKind = "user-enabled" // back in its former state
	UserRemoved   RowKind = "user-removed"
	GroupAdded    RowKind = "group-added"
	GroupUpdated  RowKind = "group-updated"
	GroupRemoved  RowKind = "group-removed"
	MemberAdded   RowKind = "member-added"
	MemberRemoved RowKind = "member-removed"
)

// RowKinds lists them, in the order in which one chooses.
var RowKinds = []RowKind{
	UserAdded, UserUpdated, UserDisabled, UserEnabled, UserRemoved, GroupAdded, GroupUpdated, GroupRemoved, MemberAdded, MemberRemoved,
}

// OfGroup reports whether the object of a row of this kind is a group.
func (k RowKind) OfGroup() bool {
	return k == GroupAdded || k == GroupUpdated || k == GroupRemoved || k.OfMember()
}

// OfMember reports whether it is about a membership.
func (k RowKind) OfMember() bool { return k == MemberAdded || k == MemberRemoved }

// RunRow is what one write of a run did to one user, group or membership.
type RunRow struct {
	Run        ID
	Number     ID // grows within the run
	What       RowKind
	Object     ID     // user or group; of a membership the group
	Name       string // the object's, as it was then
	Member     ID     // of a membership
	MemberName string
	Attributes []Attribute
	Undone     time.Time // zero: it was not put back
	Kept       string    // why it could not be put back
	At         time.Time // of the run; set where rows of several runs are read
	RunID      string    // the agent's, likewise
	Version    int64     // of an added user as it is now; zero: it is not known
}

// Attribute is one attribute of a user or group, before and after. Name is a stable code.
type Attribute struct {
	Name   string `json:"n"`
	Before string `json:"b,omitempty"`
	After  string `json:"a,omitempty"`
}

// Undo is how far the undoing of a run has come.
type Undo struct {
	Run    ID
	Agent  ID
	Begun  time.Time
	By     string
	Before ID // rows with lower numbers are left to do
	Undone int
	Kept   int
	Ended  time.Time // zero: it is under way
}

// Done reports whether there is nothing left to do.
func (u Undo) Done() bool { return !u.Ended.IsZero() }
