package passwords

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/match"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/signin"
)

const (
	// judged is how many characters strength is judged by: the work grows with more than the length.
	judged = 64
	// ownLetters and ownCharacters are how many, beside known words, make these hard to guess.
	ownLetters, ownCharacters = 4, 8
	// leastPart is how long a part of a name has to be to count as it: "Li" is in many words.
	leastPart = 3
	// complexKinds is how many sorts of characters a complex password has.
	complexKinds = 3

	day = 24 * time.Hour
)

// Rule is one thing that a password has to be, in words.
type Rule struct {
	Words string
	Met   bool
}

// rules gives all that the organization and the directory ask of this user's password, the stricter of both, and what of it is
// met.
func rules(password string, o tenant.Organization, u tenant.User, domain directory.PasswordRules) []Rule {
	least := max(cmp.Or(o.MinPassword, tenant.DefaultMinPassword), domain.MinLength)
	all := []Rule{
		{fmt.Sprintf("At least %d characters; several words are easy to remember", least), utf8.RuneCountInString(password) >= least && len(password) <= signin.MaxPassword},
		{"Without your name or e-mail address", password != "" && !holdsName(password, u)},
		{hard(o), password != "" && strong(password, o, u)},
	}
	if domain.Complex {
		all = append(all, Rule{"Three of: capital letters, small letters, digits, signs", kinds(password) >= complexKinds})
	}
	return all
}

func hard(o tenant.Organization) string {
	if o.MinStrength >= tenant.MostStrength {
		return "Not a common or leaked password, and very hard to guess"
	}
	return "Not a common or leaked password, and hard to guess"
}

// kinds counts what sorts of characters there are, as Active Directory does ("Password must meet complexity requirements").
func kinds(password string) int {
	var found [5]bool
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			found[0] = true
		case unicode.IsLower(r):
			found[1] = true
		case unicode.IsDigit(r):
			found[2] = true
		case unicode.IsLetter(r):
			found[3] = true
		default:
			found[4] = true
		}
	}
	n := 0
	for _, one := range found {
		if one {
			n++
		}
	}
	return n
}

// check refuses a password that does not meet the rules. The problem says which.
func check(all []Rule) error {
	var unmet []string
	for _, rule := range all {
		if !rule.Met {
			unmet = append(unmet, strings.ToLower(rule.Words[:1])+rule.Words[1:])
		}
	}
	if len(unmet) == 0 {
		return nil
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: "This password cannot be used", Text: "Not met: " + strings.Join(unmet, "; ") + ".",
		Hint: "Think of another, such as four words that do not belong together.", Op: "choosing a password",
	}
}

// notes says what else the directory asks, which only it can judge.
func notes(domain directory.PasswordRules) []string {
	var all []string
	if domain.History > 0 {
		all = append(all, fmt.Sprintf("Windows does not take one of your last %d passwords.", domain.History))
	}
	if domain.MinAge > 0 {
		all = append(all, "Windows takes another password only "+span(domain.MinAge)+" after the last one.")
	}
	if domain.MaxAge > 0 {
		all = append(all, "In Windows it is good for "+span(domain.MaxAge)+".")
	}
	return all
}

// span says how long something is, in days where it is long.
func span(d time.Duration) string {
	unit, n := "day", int(d.Round(day)/day)
	if d < day {
		unit, n = "hour", int(d.Round(time.Hour)/time.Hour)
	}
	if n = max(n, 1); n == 1 {
		return "one " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func holdsName(password string, u tenant.User) bool {
	folded := tenant.Fold(password)
	for _, part := range nameParts(u) {
		if strings.Contains(folded, part) {
			return true
		}
	}
	return false
}

// nameParts are what others know of the user: the names, and what stands before the @.
func nameParts(u tenant.User) []string {
	mailbox, _, _ := strings.Cut(u.Mail, "@")
	logon, _, _ := strings.Cut(u.UserName, "@")
	var parts []string
	for _, name := range []string{u.GivenName, u.FamilyName, u.DisplayName, u.SAMAccountName, mailbox, logon} {
		for _, part := range strings.FieldsFunc(tenant.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(part) >= leastPart {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// strong judges by how many guesses an attacker needs who knows leaked passwords, words, names, keyboards and dates.
func strong(password string, o tenant.Organization, u tenant.User) bool {
	if !utf8.ValidString(password) {
		return false
	}
	if runes := []rune(password); len(runes) > judged {
		password = string(runes[:judged])
	}
	known := append(nameParts(u), "passly", tenant.Fold(o.Name))
	judgement := zxcvbn.PasswordStrength(password, append(known, strings.Fields(tenant.Fold(o.Name))...))
	return judgement.Score >= max(o.MinStrength, tenant.LeastStrength) && !dressedUp(judgement.Sequence)
}

// dressedUp tells one or two known words with a few characters around them, which the score thinks too well of.
func dressedUp(pieces []*match.Match) bool {
	words, letters, rest := 0, 0, 0
	for _, p := range pieces {
		switch p.Pattern {
		case "dictionary":
			if strings.ContainsFunc(p.Token, unicode.IsLetter) {
				words++
			}
		case "bruteforce":
			rest += utf8.RuneCountInString(p.Token)
			for _, r := range p.Token {
				if unicode.IsLetter(r) {
					letters++
				}
			}
		}
	}
	return words <= 2 && letters < ownLetters && rest < ownCharacters
}
