package control

import "time"

// CommandHeld lists held removals, and CommandDecide decides on some of them.
const (
	CommandHeld   CommandKind = "held"   // HeldArgs → HeldPage
	CommandDecide CommandKind = "decide" // DecideArgs → Decided
)

// Bounds of the lists.
const (
	MaxHeldRows   = 500
	MaxDecided    = 1000 // rows in one DecideArgs
	MaxHeldRow    = 128  // bytes of HeldRow.Row
	MaxHeldSearch = 200  // bytes
)

// HeldArgs ask for a page of the removals of a kind that are held or were rejected.
type HeldArgs struct {
	Kind   RemovalKind `json:"kind"`
	Search string      `json:"search,omitzero"` // part of a name; of memberships the member's or the group's
	After  string      `json:"after,omitzero"`  // HeldPage.Next of the page before
	Limit  int         `json:"limit,omitzero"`  // 0 or more than MaxHeldRows: MaxHeldRows
}

// HeldPage is one page, in the order in which the directory first reported the entries.
type HeldPage struct {
	Held Held      `json:"held"` // as it is now, without a sample
	Rows []HeldRow `json:"rows"`
	Next string    `json:"next,omitzero"`
}

// HeldRow is one removal. Row names it and what is shown of it: when that is no longer so, a decision on the row does not count.
type HeldRow struct {
	Row      string    `json:"row"`
	Name     string    `json:"name"`
	Group    string    `json:"group,omitzero"` // memberships
	Mail     string    `json:"mail,omitzero"`
	Logon    string    `json:"logon,omitzero"`
	Place    string    `json:"place,omitzero"`
	Because  Because   `json:"because,omitzero"`
	Reason   string    `json:"reason"` // one sentence for people
	Since    time.Time `json:"since,omitzero"`
	Rejected bool      `json:"rejected,omitzero"`
}

// Decision is what an administrator decides on a held removal.
type Decision string

// The decisions. A rejected removal is not carried out, and who it is about stays in the tenant as it is, until the directory
// or the chosen units change something about it: then it is judged anew. It can be approved later.
const (
	DecideApprove Decision = "approve"
	DecideReject  Decision = "reject"
)

// DecideArgs decide on rows, or (Digest, as in Held) on all that are undecided. What is left undecided of a held set waits from
// then on for its own decision.
type DecideArgs struct {
	Kind     RemovalKind `json:"kind"`
	Decision Decision    `json:"decision"`
	Rows     []string    `json:"rows,omitzero"` // at most MaxDecided
	Digest   string      `json:"digest,omitzero"`
}

// Decided says on how many was decided. Stale ones were no longer as they were shown; nothing was decided on them.
type Decided struct {
	Done  int `json:"done"`
	Stale int `json:"stale,omitzero"`
}
