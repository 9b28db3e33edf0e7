package ad

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// refusals are the reasons Active Directory gives behind "data" in the diagnostic of a refused bind: Windows error codes
// in hexadecimal (MS-ERREF 2.2). Samba gives the same ones.
var refusals = map[string]struct{ title, hint string }{
	"525": {"The directory does not know the account", "Check its spelling: user@domain, DOMAIN\\user or a distinguished name."},
	"52e": {"The account's name or password is wrong", "Check both. After a password change, enter the new one."},
	"530": {"The account may not sign in at this time", "Widen its logon hours in Active Directory."},
	"531": {"The account may not sign in from this machine", "Widen its \"Log On To\" list in Active Directory."},
	"532": {"The account's password has expired", "Set a new one, and \"Password never expires\" for a service account."},
	"533": {"The account is disabled", "Enable it in Active Directory, or use another one."},
	"701": {"The account has expired", "Extend or remove its expiry date in Active Directory."},
	"773": {"The account must change its password first", "Set a password without \"User must change password at next logon\"."},
	"775": {"The account is locked", "Unlock it, and find out what used a wrong password."},
}

// bindProblem turns a failed bind into words.
func (s *session) bindProblem(err error) error {
	if s.broken(err) {
		return s.transportProblem(err)
	}
	p := refusedSignIn(s.settings.Account, err)
	switch code(err) {
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultNoSuchObject:
		if r, ok := refusals[refusalData(err)]; ok {
			p.Title, p.Hint = r.title, r.hint
		}
		return p
	}
	return s.searchProblem(err)
}

func refusedSignIn(account string, err error) *problem.Problem {
	return &problem.Problem{
		Code: directory.CredentialsRefused, Op: "signing in to the directory", Err: err,
		Title: "The directory refused the account's name or password",
		Text:  fmt.Sprintf("The account is %s.", account),
		Hint:  "Check both.",
	}
}

// refusalData finds the code behind "data" in a diagnostic such as
// "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 52e, v4563".
func refusalData(err error) string {
	_, after, found := strings.Cut(err.Error(), "data ")
	if !found {
		return ""
	}
	end := strings.IndexFunc(after, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
	if end >= 0 {
		after = after[:end]
	}
	return strings.ToLower(after)
}

func noCredentials() error {
	return &problem.Problem{
		Code: directory.CredentialsRefused, Op: "signing in to the directory",
		Title: "No account or no password is given for the directory",
		Hint:  "Run the setup again and give the account the agent reads the directory with.",
	}
}
