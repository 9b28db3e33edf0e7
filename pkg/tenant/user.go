package tenant

import (
	"strings"
	"time"
)

// State of a user: created → provisioned → active, disabled from any of them.
type State string

// The states. Only Active counts against the licence.
const (
	Created     State = "created"
	Provisioned State = "provisioned"
	Active      State = "active"
	Disabled    State = "disabled"
)

// States lists them in the order of a user's life.
var States = []State{Created, Provisioned, Active, Disabled}

// User is a person in the tenant.
type User struct {
	ID             ID
	Agent          ID // who made it; zero: Local
	Organization   ID
	ExternalID     string // the maker's own name for it
	UserName       string
	GivenName      string
	FamilyName     string
	FormattedName  string
	DisplayName    string
	Mail           string // the primary address
	MailType       string
	OtherMail      []Email
	SAMAccountName string
	State          State
	Former         State // before Disabled
	TwoFactor      bool  // a second factor has to be set up to become Active
	Version        int64 // grows with each change, from 1
	Created        time.Time
	Modified       time.Time
}

// Email is an address beside the primary one.
type Email struct {
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

// SetActive disables, or gives back the state before.
func (u *User) SetActive(active bool) {
	switch {
	case !active && u.State != Disabled:
		u.Former, u.State = u.State, Disabled
	case active && u.State == Disabled:
		u.State, u.Former = u.Former, ""
		if u.State == "" || u.State == Disabled {
			u.State = Created
		}
	}
}

// ShownName is what screens call the user.
func (u User) ShownName() string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	if name := strings.TrimSpace(u.GivenName + " " + u.FamilyName); name != "" {
		return name
	}
	return u.UserName
}

// Fold is the form in which names are compared: uniqueness does not know case.
func Fold(s string) string { return strings.ToLower(s) }

// Scope limits what may be seen and changed. The zero Scope is the administrator's: everything.
type Scope struct{ Agent ID }

// Sees reports whether an object made by agent is in scope.
func (s Scope) Sees(agent ID) bool { return s.Agent == 0 || s.Agent == agent }
