package onboarding

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/match"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/signin"
)

const (
	// leastScore is zxcvbn's "safely unguessable": more than 10^8 guesses.
	leastScore = 3
	// judged is how many characters strength is judged by: the work grows with more than the length.
	judged = 64
	// ownLetters and ownCharacters are how many, beside known words, make these hard to guess.
	ownLetters, ownCharacters = 4, 8
	// leastPart is how long a part of a name has to be to count as it: "Li" is in many words.
	leastPart = 3
)

// Rule is one thing that a password has to be, in words.
type Rule struct {
	Words string
	Met   bool
}

// Rules gives all that the organization asks of this user's password, and what of it is met.
func Rules(password string, o tenant.Organization, u tenant.User) []Rule {
	least := o.MinPassword
	if least == 0 {
		least = tenant.DefaultMinPassword
	}
	return []Rule{
		{fmt.Sprintf("At least %d characters; several words are easy to remember", least), utf8.RuneCountInString(password) >= least && len(password) <= signin.MaxPassword},
		{"Without your name or e-mail address", password != "" && !holdsName(password, u)},
		{"Not a common or leaked password, and hard to guess", password != "" && strong(password, o, u)},
	}
}

// CheckPassword refuses a password that does not meet the rules. The problem says which.
func CheckPassword(password string, o tenant.Organization, u tenant.User) error {
	var unmet []string
	for _, rule := range Rules(password, o, u) {
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
	return judgement.Score >= leastScore && !dressedUp(judgement.Sequence)
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
