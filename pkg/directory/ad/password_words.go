package ad

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

func accountGone() error {
	return &problem.Problem{
		Code: directory.AccountGone, Title: "The account is not in the directory any more", Op: "looking for the account",
		Text: "It was deleted, or the agent may not see it.", Hint: "Look for it in Active Directory.",
	}
}

func accountDisabled(dn string) error {
	return refusedFor(directory.AccountDisabled, "The account is disabled", "Enable it in Active Directory.", dn)
}

func accountExpired(dn string) error {
	return refusedFor(directory.AccountExpired, "The account has expired", "Extend or remove its expiry date in Active Directory.", dn)
}

func accountLocked(dn string) error {
	return refusedFor(directory.AccountLocked, "The account is locked after wrong passwords",
		"Unlock it in Active Directory, wait until the domain's lockout is over, or turn on the agent's setting Unlock on reset.", dn)
}

func accountRestricted(dn string) error {
	return refusedFor(directory.AccountRestricted, "The account may not sign in at this time, or from this machine",
		"Widen its logon hours or its \"Log On To\" list in Active Directory.", dn)
}

func refusedFor(code problem.Code, title, hint, dn string) error {
	return &problem.Problem{Code: code, Title: title, Text: "The account is " + dn + ".", Hint: hint, Op: "using the account"}
}

func passwordWrong() error {
	return &problem.Problem{Code: directory.PasswordWrong, Title: "The password is not the account's", Hint: "Check it and try again.", Op: "proving a password"}
}

func passwordExpired() error {
	return &problem.Problem{
		Code: directory.PasswordExpired, Title: "The password has to be changed first", Op: "proving a password",
		Text: "It has expired, or somebody set it to be changed at the next sign-in.", Hint: "Change it in Windows, or here.",
	}
}

// notTaken says why the directory did not take a password. Windows says only that it did not (MS-ADTS 3.1.1.3.1.5.1,
// ERROR_PASSWORD_RESTRICTION); which of its rules it was, is then worked out from the rules.
func (s *session) notTaken(ctx context.Context, to target, c directory.PasswordChange, err error) error {
	said := diagnostic(err)
	switch code(err) {
	case ldap.LDAPResultInsufficientAccessRights:
		return s.mayNot(ctx, to, c)
	case ldap.LDAPResultNoSuchObject:
		return accountGone()
	case ldap.LDAPResultConfidentialityRequired:
		return &problem.Problem{Code: directory.Untrusted, Title: "The directory takes passwords only under encryption", Hint: "Give the domain controller a certificate.", Op: "setting a password"}
	case ldap.LDAPResultInvalidCredentials:
		return oldWrong(said, to)
	case ldap.LDAPResultConstraintViolation, ldap.LDAPResultUnwillingToPerform:
	default:
		return s.searchProblem(scrubbed(err))
	}
	if len(c.Old) > 0 && (strings.Contains(said, "00000056") || strings.Contains(said, "old password")) {
		return oldWrong(said, to)
	}
	if strings.Contains(said, "00000775") {
		return accountLocked(to.dn)
	}
	rules, broken := s.passwordRules(ctx, to.value(attrResultant))
	if broken != nil {
		return broken
	}
	return restriction(said, rules, to, c)
}

func isAnswer(err error) bool {
	var e *ldap.Error
	return errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork
}

// scrubbed keeps a result code and drops the server's text, which may hold what it was sent.
func scrubbed(err error) error {
	return ldap.NewError(code(err), errors.New("the server's text is left out: it may hold what was sent"))
}

func oldWrong(said string, to target) error {
	if strings.Contains(said, "data 775") {
		return accountLocked(to.dn)
	}
	return &problem.Problem{
		Code: directory.PasswordOldWrong, Title: "The password you have now is not right", Op: "changing a password",
		Text: "It is compared with the one of Windows.", Hint: "Give the password that you sign in to Windows with.",
	}
}

// restriction names the rule that a password did not meet.
func restriction(said string, rules directory.PasswordRules, to target, c directory.PasswordChange) error {
	says := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(said, p) {
				return true
			}
		}
		return false
	}
	lastSet := filetime(to.value(attrLastSet))
	young := len(c.Old) > 0 && rules.MinAge > 0 && !lastSet.IsZero() && time.Since(lastSet) < rules.MinAge
	switch {
	case says("too short"), !says("complexity", "history", "already used", "too young", "too recent") && characters(c.New) < rules.MinLength:
		return tooShort(rules)
	case says("complexity"), !says("history", "already used", "too young", "too recent") && rules.Complex && !complex(c.New, to):
		return notComplex(rules)
	case says("too young", "too recent"), !says("history", "already used") && young:
		return tooYoung(rules, lastSet)
	case says("history", "already used"), rules.History > 0:
		return usedBefore(rules)
	}
	return &problem.Problem{
		Code: directory.PasswordNotTaken, Title: "The directory did not take this password", Op: "setting a password",
		Text: "It meets the rules that can be read; a password filter on the domain controller may have refused it.", Hint: "Choose another one.",
	}
}

func tooShort(rules directory.PasswordRules) error {
	return &problem.Problem{
		Code: directory.PasswordTooShort, Title: fmt.Sprintf("The password is too short: Windows asks for at least %d characters", rules.MinLength),
		Hint: "Choose a longer one.", Op: "setting a password",
	}
}

func notComplex(directory.PasswordRules) error {
	return &problem.Problem{
		Code: directory.PasswordNotComplex, Title: "The password is too simple for Windows", Op: "setting a password",
		Text: "It needs three of these: upper case, lower case, digits, other signs; and it must not hold your name.", Hint: "Choose another one.",
	}
}

func usedBefore(rules directory.PasswordRules) error {
	return &problem.Problem{
		Code: directory.PasswordUsedBefore, Title: fmt.Sprintf("You had this password before: Windows remembers the last %d", rules.History),
		Text: "Or a password filter of the domain refused it.", Hint: "Choose one that you never had.", Op: "setting a password",
	}
}

func tooYoung(rules directory.PasswordRules, lastSet time.Time) error {
	return &problem.Problem{
		Code: directory.PasswordTooYoung, Title: "The password you have now is too new to be changed", Op: "changing a password",
		Text: "Windows lets it be changed from " + lastSet.Add(rules.MinAge).Format("2 January 2006, 15:04 UTC") + " on.",
		Hint: "Wait until then. If it became known to others, ask your administrator to set another one.",
	}
}

func characters(password []byte) (n int) {
	for _, r := range string(password) {
		n++
		if r >= 0x10000 { // two units of UTF-16, by which Windows counts
			n++
		}
	}
	return n
}

// complex is Windows' own rule (MS-SAMR 3.1.1.7.1 and the policy's documentation).
func complex(password []byte, to target) bool {
	var upper, lower, digit, sign, other int
	for _, r := range string(password) {
		switch {
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsLower(r):
			lower = 1
		case r >= '0' && r <= '9':
			digit = 1
		case unicode.IsLetter(r):
			other = 1
		default:
			sign = 1
		}
	}
	if upper+lower+digit+sign+other < 3 {
		return false
	}
	folded := strings.ToLower(string(password))
	if account := strings.ToLower(to.value(directory.SAMAccountName)); len(account) > 2 && strings.Contains(folded, account) {
		return false
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(to.value(directory.DisplayName)), func(r rune) bool { return strings.ContainsRune(",.-_ #\t", r) }) {
		if len(part) > 2 && strings.Contains(folded, part) {
			return false
		}
	}
	return true
}

// mayNot tells a protected account from a missing right, with the commands that grant it where that helps.
func (s *session) mayNot(ctx context.Context, to target, c directory.PasswordChange) error {
	switch {
	case len(c.Old) > 0:
		return &problem.Problem{
			Code: directory.PasswordNotChanging, Title: "This account may not change its own password", Op: "changing a password",
			Text: "Active Directory has \"User cannot change password\" for " + to.dn + ".", Hint: "Take that tick out of the account in Active Directory.",
		}
	case number(to.value(attrAdmin)) > 0:
		return &problem.Problem{
			Code: directory.AccountProtected, Title: "The account is a protected administrator's", Op: "setting a password",
			Text: "Its rights come from AdminSDHolder (adminCount is 1 on " + to.dn + "), so what is granted on its unit does not count.",
			Hint: "Administrators change their password in Windows. Where the account is none any more, clear adminCount and let it inherit again.",
		}
	}
	return s.lacks(ctx, to, directory.ResetRightMissing, "The agent's account lacks the right Reset password", grantee.reset)
}

// lacks names a right that is missing, with the commands that grant it on the unit of the account.
func (s *session) lacks(ctx context.Context, to target, code problem.Code, title string, grant func(grantee, []string) []directory.Grant) *problem.Problem {
	p := &problem.Problem{Code: code, Title: title, Text: "It is needed for " + to.dn + ".", Op: "setting a password"}
	who, err := s.asking(ctx)
	if err != nil {
		return p
	}
	var ways []string
	for _, g := range grant(s.grantee(who), []string{above(to.dn)}) {
		ways = append(ways, g.Tool+": "+strings.Join(g.Commands, "; "))
	}
	p.Hint = "As a domain administrator, run one of these. " + strings.Join(ways, " | ")
	return p
}

// writeZero sets an attribute to 0; nil: it was done.
func (s *session) writeZero(ctx context.Context, to target, attribute string) *problem.Problem {
	request := ldap.NewModifyRequest(to.dn, nil)
	request.Replace(attribute, []string{"0"})
	err := s.modify(ctx, request)
	switch {
	case err == nil:
		return nil
	case code(err) == ldap.LDAPResultInsufficientAccessRights:
		return s.lacks(ctx, to, directory.RightsMissing, "The agent's account may not write "+attribute, func(g grantee, units []string) []directory.Grant {
			return g.write(units, attribute)
		})
	}
	return problem.Of(s.searchProblem(err))
}

// above gives the distinguished name of what an entry is in, spelled as the entry's own is.
func above(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[i+1:]
		}
	}
	return dn
}
