package tenant

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Bounds of what an administrator may choose.
const (
	MaxName     = 120
	MaxUnits    = 1000
	maxApproved = 64
)

// Settings are what an administrator chooses for an agent.
type Settings struct {
	Version        int64 // of the configuration that the choice was made on
	Name           string
	Organization   ID
	Policy         ID
	Status         control.Status
	Scope          []directory.GUID
	Incomplete     control.Incomplete
	PasswordPolicy control.PasswordPolicy
	UnlockOnReset  bool // two-way: a reset also ends a lockout
	Guard          control.Guard
}

// Settings gives what is chosen now.
func (a Agent) Settings() Settings {
	c := a.Configuration
	return Settings{
		Version: c.Version, Name: c.Name, Organization: a.Organization, Policy: a.Policy, Status: c.Status, Scope: slices.Clone(c.Scope),
		Incomplete: c.Incomplete, PasswordPolicy: c.PasswordPolicy, UnlockOnReset: c.UnlockOnReset, Guard: c.Guard,
	}
}

// Configure applies settings as a new version of the configuration. Errors are problems of code Invalid, or Conflict when
// the settings were made on an older version.
func (a *Agent) Configure(s Settings) error {
	if s.Version != a.Configuration.Version {
		return conflict("The configuration was changed meanwhile", "Somebody saved another choice since this page was loaded; nothing was saved now.",
			"Load the page again and make your change on what stands now.")
	}
	s.Name = strings.TrimSpace(s.Name)
	if err := s.check(); err != nil {
		return err
	}
	a.Organization, a.Policy = s.Organization, s.Policy
	c := &a.Configuration
	c.Version++
	c.Name, c.Status, c.Scope, c.Incomplete = s.Name, s.Status, slices.Clone(s.Scope), s.Incomplete
	c.PasswordPolicy, c.UnlockOnReset, c.Guard = s.PasswordPolicy, s.UnlockOnReset, s.Guard
	if c.Undone != "" && c.Status == control.StatusEnabled { // what was put back is not what the agent believes to be here
		c.Undone, c.Compare = "", c.Compare+1
	}
	return nil
}

// HoldAfterUndo pauses the agent, as a new version, until it is let go on.
func (a *Agent) HoldAfterUndo(run string) {
	c := &a.Configuration
	c.Version++
	c.Status, c.Undone = control.StatusPaused, run
}

// Approve lets the held removals with this digest pass, as a new version. Approving twice changes nothing.
func (a *Agent) Approve(approval control.Approval) error {
	held := slices.ContainsFunc(a.Heartbeat.Held, func(h control.Held) bool {
		return h.Approval() == approval
	})
	if !held {
		return conflict("These removals are no longer held",
			"The directory or the configuration changed since this page was loaded, so nothing was approved.",
			"Look at what is held now, then approve that.")
	}
	c := &a.Configuration
	if slices.Contains(c.Approved, approval) {
		return nil
	}
	c.Version++
	c.Approved = append(slices.Clone(c.Approved), approval)
	c.Approved = c.Approved[max(0, len(c.Approved)-maxApproved):]
	return nil
}

func (s Settings) check() error {
	switch {
	case s.Name == "":
		return invalid("The agent needs a name", "Type a friendly name, such as the host's name.")
	case utf8.RuneCountInString(s.Name) > MaxName || !utf8.ValidString(s.Name):
		return invalid("The name is too long", fmt.Sprintf("Use at most %d characters.", MaxName))
	case s.Status != control.StatusEnabled && s.Status != control.StatusPaused:
		return invalid("The status is not known", "Choose enabled or paused.")
	case s.Incomplete != control.IncompleteHalt && s.Incomplete != control.IncompleteSkip:
		return invalid("The choice for incomplete users is not known", "Choose to stop or to skip.")
	case s.PasswordPolicy != control.PasswordOneWay && s.PasswordPolicy != control.PasswordTwoWay:
		return invalid("The password policy is not known", "Choose one-way or two-way.")
	case len(s.Scope) > MaxUnits:
		return invalid("Too many organizational units are chosen", fmt.Sprintf("Choose at most %d; a unit brings all below it.", MaxUnits))
	}
	for _, limit := range []control.Limit{s.Guard.Users, s.Guard.Groups, s.Guard.Memberships} {
		if limit.Number < 0 || limit.Number > 1_000_000 || limit.Percent < 0 || limit.Percent > 100 {
			return invalid("A guard limit is out of bounds", "Use a number from 0 to 1,000,000 and a percentage from 0 to 100.")
		}
	}
	return nil
}
