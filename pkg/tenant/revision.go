package tenant

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Revision is what was chosen for an agent at one time. Revisions are kept for good.
type Revision struct {
	At       time.Time
	Settings Settings // Version is the revision's own
}

// Change is one setting that differs between two revisions, in words.
type Change struct {
	What        string
	Before, Now string
}

// Names gives organizations and policies their names.
type Names struct {
	Organizations, Policies map[ID]string
}

// Changes says what a revision changed, compared with the one before (the zero Settings: nothing was chosen yet).
func (s Settings) Changes(before Settings, names Names) []Change {
	all := []Change{
		{"Name", before.Name, s.Name},
		{"Status", string(before.Status), string(s.Status)},
		{"Organization", names.Organizations[before.Organization], names.Organizations[s.Organization]},
		{"Activation Policy", names.Policies[before.Policy], names.Policies[s.Policy]},
		{"When a user is incomplete", string(before.Incomplete), string(s.Incomplete)},
		{"Password Policy", string(before.PasswordPolicy), string(s.PasswordPolicy)},
		{"Unlock on reset", OnOff(before.UnlockOnReset), OnOff(s.UnlockOnReset)},
		{"Guard, people disabled", before.Guard.Users.String(), s.Guard.Users.String()},
		{"Guard, groups removed", before.Guard.Groups.String(), s.Guard.Groups.String()},
		{"Guard, memberships removed", before.Guard.Memberships.String(), s.Guard.Memberships.String()},
		{"Organizational units", units(before), units(s)},
	}
	return slices.DeleteFunc(all, func(c Change) bool { return c.Before == c.Now })
}

// units names the scope so that two different ones never look the same.
func units(s Settings) string {
	if len(s.Scope) == 0 {
		return ""
	}
	ids := make([]string, len(s.Scope))
	for i, u := range s.Scope {
		ids[i] = u.String()
	}
	slices.Sort(ids)
	return fmt.Sprintf("%d: %s", len(ids), strings.Join(ids, ", "))
}

// OnOff says a setting that is a choice of two.
func OnOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
