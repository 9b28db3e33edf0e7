package plan

import (
	"strings"
	"time"
)

// User is what the directory says of a user entry.
type User struct {
	GivenName, Surname, Mail, LogonName string // the required attributes
	SAMAccountName, DisplayName         string
	Control                             int64 // userAccountControl, MS-ADTS 2.2.16
	Expires                             int64 // accountExpires, a FILETIME
	Deleted                             bool
	Person                              bool // false once it turned out to be no person: then it is left out
	Place                               Place
	// Shadowed: another entry owns this one's e-mail or logon name.
	Shadowed bool
	// Refusal is how the tenant refused these very values: Clear, Refused or Conflicting.
	Refusal Flag
}

// accountDisable is ADS_UF_ACCOUNTDISABLE.
const accountDisable = 0x2

// never is the accountExpires of an account that does not expire; zero means the same (MS-ADA1 2.1).
const never = 0x7FFFFFFFFFFFFFFF

// filetimeEpoch is the number of 100-ns intervals from 1601 to 1970.
const filetimeEpoch = 116444736000000000

// ExpiresAt gives the time at which the account expires, and false when it never does.
func (u User) ExpiresAt() (time.Time, bool) {
	if u.Expires <= 0 || u.Expires == never {
		return time.Time{}, false
	}
	ticks := u.Expires - filetimeEpoch
	return time.Unix(ticks/1e7, ticks%1e7*100).UTC(), true
}

// Filetime gives a time as accountExpires has it.
func Filetime(t time.Time) int64 { return t.Unix()*1e7 + int64(t.Nanosecond())/100 + filetimeEpoch }

// Enabled reports whether the directory lets the account sign in at now.
func (u User) Enabled(now time.Time) bool {
	expires, ever := u.ExpiresAt()
	return !u.Deleted && u.Person && u.Control&accountDisable == 0 && (!ever || now.Before(expires))
}

// Everyday names of the required attributes, as Active Directory's own dialogs label them.
const (
	FirstName = "first name"
	LastName  = "last name"
	Email     = "e-mail"
	LogonName = "user logon name"
)

// Missing names the required attributes that are empty, in the order of the dialogs.
func (u User) Missing() []string {
	var missing []string
	for _, required := range []struct{ value, name string }{
		{u.GivenName, FirstName}, {u.Surname, LastName}, {u.Mail, Email}, {u.LogonName, LogonName},
	} {
		if strings.TrimSpace(required.value) == "" {
			missing = append(missing, required.name)
		}
	}
	return missing
}

// Values digests what the tenant should hold of the user, but for whether it is active.
func (u User) Values() Hash {
	return HashOf("user", u.GivenName, u.Surname, u.Mail, u.LogonName, u.SAMAccountName, u.DisplayName)
}

// ForOthers is the user as a SCIM service of others gets it: without what is Active Directory's own, and with a display name in any
// case, which some services want and others would make up.
func (u User) ForOthers() User {
	u.SAMAccountName = ""
	if strings.TrimSpace(u.DisplayName) == "" {
		u.DisplayName = u.GivenName + " " + u.Surname
	}
	return u
}

// JudgeUser decides on one user.
func JudgeUser(u User, s Standing, now time.Time) Verdict {
	enabled := u.Enabled(now)
	var due time.Time
	if expires, ever := u.ExpiresAt(); enabled && ever {
		due = expires
	}
	if u.Place == Unknown && !u.Deleted {
		return Verdict{Flag: Unplaced, Values: s.Values, Active: s.Active}
	}
	inside := u.Place == Inside && !u.Deleted && u.Person
	missing := u.Missing()
	v := Verdict{Values: s.Values, Due: due, Claims: inside && enabled && len(missing) == 0}
	if inside && enabled {
		v.Flag, v.Missing = flag(u, missing)
	}
	if !s.Added {
		return addition(v, u, inside && enabled)
	}
	if inside && len(missing) == 0 && v.Flag == Clear {
		v.Values = u.Values()
	}
	// A disabled user whose names belong to another, or whom the tenant refused, stays as it is.
	v.Active = inside && enabled && (s.Active || v.Flag == Clear || v.Flag == Incomplete)
	return v.settle(s)
}

// flag says what stands in the way of a user that should be active, the nearest reason first.
func flag(u User, missing []string) (Flag, []string) {
	switch {
	case len(missing) > 0:
		return Incomplete, missing
	case u.Shadowed:
		return Conflicting, nil
	}
	return u.Refusal, nil
}

// addition decides on a user that the tenant does not have.
func addition(v Verdict, u User, wanted bool) Verdict {
	v.Values, v.Active = u.Values(), wanted
	if wanted && v.Flag == Clear {
		v.Todo = Add
	}
	return v
}
