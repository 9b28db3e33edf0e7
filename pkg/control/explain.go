package control

import (
	"time"

	"passlysync/pkg/directory"
)

// Bounds of an explanation.
const (
	MaxExplained   = 20   // matches
	MaxExplainName = 1024 // bytes of what is asked for
)

// ExplainArgs ask why somebody is, or is not, in the tenant.
type ExplainArgs struct {
	// Name is what an administrator types: a name or a part of it, e-mail, user logon name, sAMAccountName (DOMAIN\name too),
	// distinguished name or objectGUID; at most MaxExplainName bytes. Case does not matter.
	Name string `json:"name"`
}

// ExplainSource is where an explanation comes from.
type ExplainSource string

// The sources.
const (
	FromMirror    ExplainSource = "mirror"    // what the agent read and keeps; it knows the whole directory, in scope or not
	FromDirectory ExplainSource = "directory" // asked just now, since nothing was read yet; conflicts are not seen
)

// Explanation says of everybody of a name what the agent sees and why it does what it does.
type Explanation struct {
	Name    string        `json:"name"` // what was asked for
	From    ExplainSource `json:"from"`
	AsOf    time.Time     `json:"asOf,omitzero"` // when the directory was last read without an error
	Matches []Explained   `json:"matches"`       // at most MaxExplained, the closest first
	More    bool          `json:"more,omitzero"` // there are others
	// Nobody is set when there is no match: that, what it can mean and what to do, in words.
	Nobody *Words `json:"nobody,omitzero"`
}

// Words tell people something: what is (Title), what it means (Text), what to do (Hint).
type Words struct {
	Title string `json:"title"`
	Text  string `json:"text,omitzero"`
	Hint  string `json:"hint,omitzero"`
}

// DirectoryState is how the directory has an entry.
type DirectoryState string

// The states in the directory.
const (
	StateEnabled  DirectoryState = "enabled" // groups too
	StateDisabled DirectoryState = "disabled"
	StateExpired  DirectoryState = "expired"
	StateDeleted  DirectoryState = "deleted"
	StateOther    DirectoryState = "other" // no person and no group that sync takes
)

// Explained is one user or group.
type Explained struct {
	GUID           directory.GUID `json:"guid"`
	Kind           directory.Kind `json:"kind"`
	Name           string         `json:"name"` // as the directory names it
	DisplayName    string         `json:"displayName,omitzero"`
	Mail           string         `json:"mail,omitzero"`
	LogonName      string         `json:"logonName,omitzero"`
	SAMAccountName string         `json:"samAccountName,omitzero"`

	Place   string         `json:"place"`            // the units it stands in, from the top: "Sales / Berlin"
	InScope bool           `json:"inScope"`          // it stands in a chosen unit; of a deleted entry: false
	Unit    string         `json:"unit,omitzero"`    // the chosen unit by which it is in scope, spelled like Place
	State   DirectoryState `json:"state"`            // in the directory
	Expires time.Time      `json:"expires,omitzero"` // when the account expires or expired; zero: never
	Missing []string       `json:"missing,omitzero"` // everyday names of required attributes that are empty; users
	Other   *Subject       `json:"other,omitzero"`   // who has its e-mail or user logon name; Reason says which
	Groups  int            `json:"groups"`           // it is a direct member of; -1: not known
	Members int            `json:"members"`          // direct ones of a group; -1: not known, or no group

	Tenant  TenantHolds `json:"tenant"`
	Action  Action      `json:"action"` // what the agent will do next
	Because Because     `json:"because,omitzero"`
	// Words say it for people: Title what the agent does, Text why, Hint what to do to change it.
	Words Words `json:"words"`
}

// TenantHolds says what the tenant has of an entry, as the agent knows.
type TenantHolds struct {
	Added   bool `json:"added"`
	Active  bool `json:"active"`  // users: not Disabled
	Current bool `json:"current"` // it holds what the directory says
}
