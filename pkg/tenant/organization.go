package tenant

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Organization is a group of people inside the tenant; each agent syncs into exactly one.
type Organization struct {
	ID          ID
	Name        string
	URLName     string // names it in addresses; fixed once made
	Suffix      string // what Local users' logon names end with, after the @; empty: anything
	MinPassword int    // characters that a person's password needs; zero: DefaultMinPassword
	MinStrength int    // how hard to guess it has to be; zero: LeastStrength
	MaxAge      int    // days after which a Local user needs another password; zero: never
	Licences    int    // how many people may be Active; zero: not counted
	Created     time.Time
}

// Bounds of what an organization may ask of passwords. Below the least, guessing is too easy whatever else holds (NIST SP
// 800-63B §3.1.1.2); above the most, nobody can think one up.
const (
	LeastMinPassword   = 8
	DefaultMinPassword = 12
	MostMinPassword    = 64
)

// Bounds of how hard to guess a password has to be: zxcvbn's scores "safely unguessable", more than 10^8 guesses, and "very
// unguessable", more than 10^10.
const (
	LeastStrength = 3
	MostStrength  = 4
)

// MostAge is the longest time, in days, after which another password can be asked for: that of Active Directory.
const MostAge = 999

// Bounds of an organization's other properties: MaxOrganizations keeps the lists of them on one page.
const (
	MaxOrganizations = 1000
	maxURLName       = 40
	maxSuffix        = 128
	MaxLicences      = 100_000_000
)

var (
	urlName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	suffix  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

// Check puts an organization into its final form and refuses what cannot be. Errors are problems of code Invalid.
func (o *Organization) Check() error {
	o.Name, o.URLName = strings.TrimSpace(o.Name), strings.TrimSpace(o.URLName)
	o.Suffix = Fold(strings.TrimPrefix(strings.TrimSpace(o.Suffix), "@"))
	switch {
	case o.Name == "" || utf8.RuneCountInString(o.Name) > MaxName || strings.ContainsFunc(o.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return invalid("The organization needs a name", fmt.Sprintf("Give one of at most %d characters, without line ends.", MaxName))
	case len(o.URLName) > maxURLName || !urlName.MatchString(o.URLName):
		return invalid("The URL name cannot be used", fmt.Sprintf("Use at most %d of a to z, 0 to 9 and hyphens between them, such as blue-heron.", maxURLName))
	case o.Suffix != "" && (len(o.Suffix) > maxSuffix || !suffix.MatchString(o.Suffix)):
		return invalid("That is no principal-name suffix", "Give the part after the @ of logon names, such as example.com, or leave it empty.")
	case o.Licences < 0 || o.Licences > MaxLicences:
		return invalid("The number of licences is out of bounds", fmt.Sprintf("Use a number up to %d, or 0 not to count.", MaxLicences))
	}
	return o.checkPasswords()
}

func (o *Organization) checkPasswords() error {
	switch {
	case o.MinStrength != 0 && (o.MinStrength < LeastStrength || o.MinStrength > MostStrength):
		return invalid("The strength is not known", "Choose strong or very strong.")
	case o.MaxAge < 0 || o.MaxAge > MostAge:
		return invalid("The maximum age is out of bounds", fmt.Sprintf("Use a number of days up to %d, or 0 for no end.", MostAge))
	}
	return CheckMinPassword(o.MinPassword)
}

// CheckMinPassword refuses what is out of bounds.
func CheckMinPassword(characters int) error {
	if characters < LeastMinPassword || characters > MostMinPassword {
		return invalid("The length is out of bounds", fmt.Sprintf("Use a number from %d to %d.", LeastMinPassword, MostMinPassword))
	}
	return nil
}

// CheckLogonName refuses a Local user's logon name with another suffix than the organization's.
func (o Organization) CheckLogonName(name string) error {
	if o.Suffix == "" || strings.HasSuffix(Fold(name), "@"+o.Suffix) {
		return nil
	}
	return invalid("The user logon name has another suffix", fmt.Sprintf("In %s, Local users' logon names end with @%s.", o.Name, o.Suffix))
}

// URLNameOf makes an organization's URL name of its name; "organization" where nothing of it can be used.
func URLNameOf(name string) string {
	var b strings.Builder
	for _, r := range Fold(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= maxURLName {
			break
		}
	}
	if made := strings.Trim(b.String(), "-"); made != "" {
		return made
	}
	return "organization"
}
