package control

import (
	"time"

	"passlysync/pkg/directory"
)

// CommandPreview and CommandExplain look ahead: nothing is changed, neither in the directory nor in the tenant.
const (
	CommandPreview CommandKind = "preview" // PreviewArgs → Preview
	CommandExplain CommandKind = "explain" // ExplainArgs → Explanation
)

// PreviewAnswerIn is how long an agent lets a PreviewArgs wait before it answers that it is reading.
const PreviewAnswerIn = 10 * time.Second

// Bounds of a preview. A page ends at MaxPreviewRows rows or before it outgrows MaxResult, whichever comes first.
const (
	MaxPreviewRows = 2000
	MaxScope       = 5000 // units in PreviewArgs.Scope
)

// PreviewArgs ask what saving these settings would do. What is left out stays as it is configured.
//
// The first question (no ID) begins a preview. One preview is made at a time: another one meanwhile is refused with
// problem.Conflict. While the answer says Reading, ask again with its ID. Pages of one preview come from one snapshot, which
// stays for some minutes after the last question; an ID that is not known any more is refused with problem.NotFound, and the
// preview is to be begun anew.
type PreviewArgs struct {
	ID    string `json:"id,omitzero"`    // of a preview that was begun
	After int64  `json:"after,omitzero"` // Preview.Next of the page before; 0: the first page
	Limit int    `json:"limit,omitzero"` // rows; 0 or more than MaxPreviewRows: MaxPreviewRows

	Scope      []directory.GUID `json:"scope,omitzero"`      // proposed units, at most MaxScope with Units; both nil: as configured
	Units      []string         `json:"units,omitzero"`      // more of them, by distinguished name; for a prompt
	Incomplete Incomplete       `json:"incomplete,omitzero"` // proposed; empty: as configured
	Guard      *Guard           `json:"guard,omitzero"`      // proposed; nil: as configured
}

// Preview is one page of what the next sync would do: the very cycle, on a copy of what the agent knows, with its changes
// kept instead of sent. What only the tenant knows (a name that a Local user has) is not in it.
type Preview struct {
	ID string `json:"id"`
	// Reading: the directory is still being read; only ID and Read are set. Ask again.
	Reading bool `json:"reading,omitzero"`
	Read    int  `json:"read"` // entries that the directory reported so far

	Run    Run    `json:"run"`           // the figures that the run would report; without ID
	Counts Counts `json:"counts"`        // what the tenant would hold afterwards, and who would be left
	Held   []Held `json:"held,omitzero"` // removals that the guard would hold; they are not in Run

	Total int          `json:"total"` // rows in all pages
	Rows  []PreviewRow `json:"rows"`  // those that need attention first, then in the order of the run
	Next  int64        `json:"next,omitzero"`
}

// Action is what the agent does, or would do, with one user or group. Memberships are only counted.
type Action string

// The actions.
const (
	ActionAdd     Action = "add"
	ActionUpdate  Action = "update"
	ActionEnable  Action = "enable"  // users: back to the former state
	ActionDisable Action = "disable" // users
	ActionRemove  Action = "remove"  // groups
	ActionNothing Action = "nothing"
)

// Because is why an entry is not, or not fully, in the tenant.
type Because string

// The reasons. Empty: nothing stands in the way.
const (
	BecauseIncomplete Because = "incomplete" // required attributes are missing
	BecauseConflict   Because = "conflict"   // another entry has its e-mail or user logon name
	BecauseWaiting    Because = "waiting"    // complete, but an incomplete user before it halts additions
	BecauseHeld       Because = "held"       // too many removals at once: it waits for approval
	BecauseRejected   Because = "rejected"   // an administrator rejected the removal
	BecauseRefused    Because = "refused"    // the tenant did not take it
	BecauseDisabled   Because = "disabled"   // the account is disabled in the directory
	BecauseExpired    Because = "expired"    // the account expired
	BecauseDeleted    Because = "deleted"    // the directory deleted it
	BecauseOutOfScope Because = "out-of-scope"
	BecauseNoPerson   Because = "no-person" // a computer, trust, managed service account or a system's own
	BecauseUnplaced   Because = "unplaced"  // the unit it stands in is not read yet
)

// PreviewRow is one user or group to which something would happen, or who is in scope and not, or not fully, in the tenant.
// Who is in the tenant and stays as it is has no row.
type PreviewRow struct {
	GUID    directory.GUID `json:"guid"`
	Kind    directory.Kind `json:"kind"`           // user or group
	Name    string         `json:"name"`           // as the directory names it
	Mail    string         `json:"mail,omitzero"`  // users
	Logon   string         `json:"logon,omitzero"` // user logon name
	Place   string         `json:"place"`          // the units it stands in, from the top: "Sales / Berlin"
	Action  Action         `json:"action"`
	Because Because        `json:"because,omitzero"`
	Missing []string       `json:"missing,omitzero"` // everyday names of missing attributes, with BecauseIncomplete
	Other   string         `json:"other,omitzero"`   // with BecauseConflict: name and place of who has the e-mail or logon name
	Reason  string         `json:"reason"`           // one sentence for people
}
