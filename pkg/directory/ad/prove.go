package ad

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/sasl"
)

// provePassword asks Kerberos whether the domain takes a person's password. Without TLS it cannot be done by a simple bind, which
// is refused there, sealed or not. That a key distribution centre takes the password is no proof: whoever stands in for it, and typed
// the password, knows that one. So the person's ticket is shown to the domain controller that this line is sealed with. It takes only
// what the domain made, and only for whom the ticket is; that it is this person's, and not another's who helps, package sasl sees to,
// which is why nobody is asked for here by a name that the domain may answer with another (an enterprise name).
func (s *session) provePassword(ctx context.Context, who target, password []byte) error {
	at, err := parseURL(s.settings.URL)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	own, err := s.settings.sealed(ctx, at)
	if err != nil {
		return err
	}
	defer closeNow(own)
	name := who.value(directory.SAMAccountName)
	if name == "" || strings.ContainsAny(name, `@\`) {
		return accountGone()
	}
	person := sasl.Account{Name: name, Password: string(password)}
	if err := s.settings.show(ctx, at, own, person); err != nil {
		return s.settings.notProven(who, at, err)
	}
	return nil
}

// show has a sealed domain controller prove that it takes an account's ticket. The bind is not brought to its end.
func (s Settings) show(ctx context.Context, at *url.URL, to net.Conn, account sasl.Account) error {
	host, _, err := net.SplitHostPort(to.RemoteAddr().String())
	if err != nil {
		return err
	}
	mechanism, err := sasl.NewKerberos(ctx, account, s.service(at, host), nil)
	if err != nil {
		return err
	}
	defer mechanism.Close()
	ticket, _, err := mechanism.Step(nil)
	if err != nil {
		return err
	}
	defer limited(ctx, to)()
	proof, _, err := askBind(to, maxSteps+1, mechanism.Name(), ticket)
	if err != nil {
		return err
	}
	_, _, err = mechanism.Step(proof)
	return err
}

// notProven puts the key distribution centre's no to a person into words. Why an account is revoked it need not say: what was read of
// the account does.
func (s Settings) notProven(who target, at *url.URL, err error) error {
	var no *sasl.KerberosError
	if !errors.As(err, &no) {
		return s.ticketProblem(at, err)
	}
	if data, known := revoked[no.Status]; known {
		return refusedPerson(who, data)
	}
	switch no.Code {
	case sasl.ProofWrong:
		return passwordWrong()
	case sasl.KeyExpired:
		return passwordExpired()
	case sasl.ClientRevoked:
		return refusedPerson(who, who.why(time.Now()))
	case sasl.ClientUnknown:
		return accountGone()
	}
	return s.ticketProblem(at, err)
}

// why is the code for what is wrong with an account.
func (t target) why(now time.Time) string {
	switch {
	case t.bits()&bitDisabled != 0:
		return "533"
	case t.expired(now):
		return "701"
	case t.locked():
		return "775"
	}
	return "530"
}
