package ad

import (
	"errors"
	"net/url"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/sasl"
	"passlysync/pkg/problem"
)

// Windows' reasons behind a revoked account (MS-ERREF 2.3), as the codes behind "data" that LDAP gives for the same.
var revoked = map[uint32]string{
	0xc000006f: "530", 0xc0000070: "531", 0xc0000071: "532", 0xc0000072: "533", 0xc0000193: "701", 0xc0000224: "773", 0xc0000234: "775",
}

// ticketProblem turns a failed sign-in by Kerberos into words.
func (s Settings) ticketProblem(at *url.URL, err error) error {
	var (
		p      *problem.Problem
		no     *sasl.KerberosError
		kept   *sasl.KeytabError
		broken *sasl.Violation
		said   *ldap.Error
	)
	const op = "signing in to the directory"
	switch {
	case errors.As(err, &p):
		return err
	case errors.As(err, &no):
		return s.refusedTicket(at, no)
	case errors.As(err, &broken):
		return interfered(op, err)
	case errors.Is(err, sasl.ErrNoKDC):
		return noCentre(err)
	case errors.Is(err, sasl.ErrNoSealing):
		return notSealing(err)
	case errors.Is(err, sasl.ErrNoProofAsked):
		return &problem.Problem{
			Code: directory.CredentialsRefused, Op: op, Err: err, Title: "The account does not require Kerberos preauthentication",
			Text: "Anybody may ask for what its password can be guessed by. The account is " + s.who() + ".",
			Hint: "Clear “Do not require Kerberos preauthentication” on its Account tab.",
		}
	case errors.Is(err, sasl.ErrNoStrongKey):
		return s.weakKey(err)
	case errors.As(err, &kept):
		return &problem.Problem{
			Code: directory.CredentialsRefused, Op: op, Err: err, Title: "The keytab does not fit the account", Text: "In it: " + kept.What + ".",
			Hint: "Make a keytab of " + s.Account + " anew, with AES keys (ktpass -crypto AES256-SHA1; samba-tool domain exportkeytab).",
		}
	case errors.As(err, &said):
		return refusedBySASL(err)
	}
	return unreachable(op, err)
}

// who is the account, in words.
func (s Settings) who() string {
	if s.Own {
		return "the one that this program runs under"
	}
	return s.Account
}

// refusedTicket is the key distribution centre's no, or the domain controller's.
func (s Settings) refusedTicket(at *url.URL, no *sasl.KerberosError) error {
	p := refusedSignIn(s.who(), no)
	say := func(data string) *problem.Problem {
		p.Title, p.Hint = refusals[data].title, refusals[data].hint
		return p
	}
	if data, known := revoked[no.Status]; known {
		return say(data)
	}
	switch no.Code {
	case sasl.ClientUnknown, sasl.WrongRealm:
		return say("525")
	case sasl.ProofWrong:
		return say("52e")
	case sasl.KeyExpired:
		p.Title, p.Hint = "The account's password has expired, or must be changed first", refusals["532"].hint
	case sasl.ClientRevoked:
		p.Title, p.Hint = "The account is disabled, locked or expired", "Look at it in Active Directory."
	case sasl.NoCommonStrength:
		return s.weakKey(no)
	case sasl.ClockSkew:
		return skewed(no)
	case sasl.ServiceUnknown:
		return &problem.Problem{
			Code: directory.Untrusted, Op: "signing in to the directory", Err: no,
			Title: "The domain knows no domain controller by the name " + at.Hostname(),
			Text:  "Without TLS, Kerberos proves who answers, and it knows domain controllers by their full DNS name.",
			Hint:  "Give the domain controller's full DNS name as the address.",
		}
	}
	return p
}

func skewed(no *sasl.KerberosError) error {
	p := &problem.Problem{
		Code: directory.Refused, Op: "signing in to the directory", Err: no, Title: "This machine's clock differs too much from the domain controller's",
		Text: "Kerberos tolerates 5 minutes.", Hint: "Let both take the time from one source.",
	}
	if !no.ServerTime.IsZero() {
		p.Text = "There it was " + no.ServerTime.UTC().Format(time.RFC3339) + ". " + p.Text
	}
	return p
}

func (s Settings) weakKey(err error) error {
	return &problem.Problem{
		Code: directory.CredentialsRefused, Op: "signing in to the directory", Err: err,
		Title: "The account has no key for AES", Text: "Its password was set when the domain knew weaker encryption only, which is not used here. The account is " + s.who() + ".",
		Hint: "Set its password again, and allow Kerberos AES 256 bit encryption on its Account tab.",
	}
}

func noCentre(err error) error {
	return &problem.Problem{
		Code: directory.Unreachable, Op: "signing in to the directory", Err: err,
		Title: "The domain controller's Kerberos cannot be reached", Text: "Without TLS, the connection is sealed by Kerberos. " + "Its port 88 does not answer.",
		Hint: "Let port 88 (TCP) through to the domain controller, or give it a certificate for LDAPS.",
	}
}

func notSealing(err error) error {
	return &problem.Problem{
		Code: directory.Untrusted, Op: "signing in to the directory", Err: err,
		Title: "The domain controller offers neither TLS nor a sealed connection", Text: "Nothing was read and no password was sent.",
		Hint: "Give the domain controller a certificate for LDAPS.",
	}
}

// refusedBySASL is a bind that the domain controller answered with no, after the centre gave a ticket for it.
func refusedBySASL(err error) error {
	return &problem.Problem{
		Code: directory.Refused, Op: "signing in to the directory", Err: err,
		Title: "The domain controller refused the sign-in by Kerberos", Text: "It gave a ticket, and then did not take it.",
		Hint: "Its own words are in the log. Check that its clock is right and that it takes Kerberos (SASL GSSAPI).",
	}
}
