package ad

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

var _ directory.PasswordWriter = (*Reader)(nil)

// What is read of somebody whose password is to be set.
const (
	attrPassword = "unicodePwd" // MS-ADTS 3.1.1.3.1.5.1; written, never read
	attrLastSet  = "pwdLastSet"
	attrLockout  = "lockoutTime"
	attrAdmin    = "adminCount"
	attrWrong    = "badPwdCount"                        // MS-ADA1 2.77
	attrWrongAt  = "badPasswordTime"                    // MS-ADA1 2.76
	attrComputed = "msDS-User-Account-Control-Computed" // MS-ADTS 3.1.1.4.5.17
)

// Bits of userAccountControl (MS-ADTS 2.2.16); locked and expired in the computed one.
const (
	bitDisabled        = 0x2
	bitLocked          = 0x10
	bitPasswordExpired = 0x800000
)

// target is somebody whose password is set or proven.
type target struct {
	row
	asked directory.GUID
}

func (t target) bits() int {
	return number(t.value(directory.UserAccountControl)) | number(t.value(attrComputed))
}

func (t target) locked() bool { return t.bits()&bitLocked != 0 }

func (t target) expired(now time.Time) bool {
	at := filetime(t.value(directory.AccountExpires))
	return !at.IsZero() && !now.Before(at)
}

// target reads somebody.
func (s *session) target(ctx context.Context, id directory.GUID) (target, error) {
	rows, err := s.rows(ctx, baseOf(byGUID(id), []string{
		attrClass, directory.UserAccountControl, attrComputed, directory.AccountExpires, attrLastSet, attrLockout, attrAdmin, attrWrong, attrWrongAt,
		directory.SAMAccountName, directory.DisplayName, attrResultant,
	}))
	if err != nil && !saysNo(err) {
		return target{}, err
	}
	if len(rows) == 0 || !person(rows[0].all(attrClass)) {
		return target{}, accountGone()
	}
	return target{row: rows[0], asked: id}, nil
}

func person(classes []string) bool {
	user := false
	for _, c := range classes {
		if c == "computer" {
			return false
		}
		user = user || c == "user"
	}
	return user
}

func byGUID(id directory.GUID) string { return "<GUID=" + id.String() + ">" }

// SetPassword sets a password: as a change where the old one is given, else as a reset that is held against the history.
// What the domain asks is judged by the domain alone; its answer is put into words here.
func (r *Reader) SetPassword(ctx context.Context, c directory.PasswordChange) (outcome directory.PasswordOutcome, err error) {
	err = r.with(ctx, func(s *session) error {
		outcome, err = s.setPassword(ctx, c)
		return err
	})
	var doubt *inDoubt
	if errors.As(err, &doubt) {
		return outcome, r.lookAgain(ctx, c.ID, doubt)
	}
	return outcome, err
}

func (s *session) setPassword(ctx context.Context, c directory.PasswordChange) (directory.PasswordOutcome, error) {
	var outcome directory.PasswordOutcome
	to, err := s.target(ctx, c.ID)
	if err == nil {
		err = to.open(c, time.Now())
	}
	if err != nil {
		return outcome, err
	}
	if outcome.HistoryUnchecked, err = s.writePassword(ctx, to, c); err != nil {
		if s.broken(err) || !isAnswer(err) {
			return outcome, &inDoubt{to.value(attrLastSet), s.transportProblem(err)}
		}
		return outcome, s.notTaken(ctx, to, c, err)
	}
	// Each by itself: a modify that asks for all fails as a whole where one right is lacking.
	if c.MustChange {
		outcome.MustChange = s.writeZero(ctx, to, attrLastSet)
	}
	if c.Unlock && to.locked() {
		outcome.Unlock = s.writeZero(ctx, to, attrLockout)
	}
	return outcome, nil
}

// open refuses a password for an account that could not be used with it.
func (t target) open(c directory.PasswordChange, now time.Time) error {
	switch {
	case t.bits()&bitDisabled != 0:
		return accountDisabled(t.dn)
	case t.expired(now):
		return accountExpired(t.dn)
	case t.locked() && !(c.Unlock && len(c.Old) == 0):
		return accountLocked(t.dn)
	}
	return nil
}

// Controls that hold a reset against the history (MS-ADTS 3.1.1.3.4.1.27), the deprecated one second. Both say a sequence
// with the flag 1.
var policyHints = []string{"1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066"}

// writePassword replaces, or deletes and adds, the password.
func (s *session) writePassword(ctx context.Context, to target, c directory.PasswordChange) (unchecked bool, err error) {
	fresh := quoted16(c.New)
	defer clear(fresh)
	request := ldap.NewModifyRequest(to.dn, nil)
	if len(c.Old) > 0 {
		old := quoted16(c.Old)
		defer clear(old)
		request.Delete(attrPassword, []string{s.tap.secrets.standFor(old, false)})
		request.Add(attrPassword, []string{s.tap.secrets.standFor(fresh, false)})
		return false, s.withSecrets(ctx, func() error { return s.conn.Modify(request) })
	}
	hint, err := s.hint(ctx)
	if err != nil {
		return false, err
	}
	if hint != "" {
		request.Controls = []ldap.Control{ldap.NewControlString(hint, true, "\x30\x03\x02\x01\x01")}
	}
	request.Replace(attrPassword, []string{s.tap.secrets.standFor(fresh, false)})
	return hint == "", s.withSecrets(ctx, func() error { return s.conn.Modify(request) })
}

// withSecrets is during for an exchange whose request has stand-ins.
func (s *session) withSecrets(ctx context.Context, exchange func() error) error {
	err := s.during(ctx, exchange)
	if !s.tap.secrets.forget() {
		_ = closeNow(s.tap.Conn) // nothing is sent over it any more
	}
	return err
}

// hint is the control that the server knows; empty: none.
func (s *session) hint(ctx context.Context) (string, error) {
	const supported = "supportedControl"
	rows, err := s.rows(ctx, baseOf("", []string{supported}))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	for _, oid := range policyHints {
		for _, known := range rows[0].all(supported) {
			if known == oid {
				return oid, nil
			}
		}
	}
	return "", nil
}

func (s *session) modify(ctx context.Context, request *ldap.ModifyRequest) error {
	return s.during(ctx, func() error { return s.conn.Modify(request) })
}

// VerifyPassword binds as somebody, over a connection of its own, or asks Kerberos where there is no TLS.
func (r *Reader) VerifyPassword(ctx context.Context, id directory.GUID, password []byte) error {
	return r.with(ctx, func(s *session) error {
		who, err := s.target(ctx, id)
		if err != nil {
			return err
		}
		if len(password) == 0 { // an anonymous bind (RFC 4513 §5.1.2)
			return passwordWrong()
		}
		if who.locked() { // the domain would refuse it, and go on counting
			return accountLocked(who.dn)
		}
		if s.sealed {
			return s.provePassword(ctx, who, password)
		}
		own, err := start(ctx, s.settings)
		if err != nil {
			return err
		}
		defer own.close()
		mark := own.tap.secrets.standFor(password, true)
		err = own.withSecrets(ctx, func() error { return own.conn.Bind(who.dn, mark) })
		if err == nil {
			return nil
		}
		return own.notProven(who, err)
	})
}

// notProven puts the refusal of a person's bind into words.
func (s *session) notProven(who target, err error) error {
	if s.broken(err) || code(err) != ldap.LDAPResultInvalidCredentials {
		return s.searchProblem(err)
	}
	return refusedPerson(who, refusalData(err))
}

// refusedPerson is why somebody cannot sign in, by the code behind "data".
func refusedPerson(who target, data string) error {
	switch data {
	case "533":
		return accountDisabled(who.dn)
	case "701":
		return accountExpired(who.dn)
	case "775":
		return accountLocked(who.dn)
	case "532", "773":
		return passwordExpired()
	case "530", "531":
		return accountRestricted(who.dn)
	}
	return passwordWrong()
}

// quoted16 is the form in which a password is set: in quotes, UTF-16, little-endian.
func quoted16(password []byte) []byte {
	out := make([]byte, 0, 2*len(password)+4)
	unit := func(u uint16) { out = append(out, byte(u), byte(u>>8)) }
	unit('"')
	for len(password) > 0 {
		r, size := utf8.DecodeRune(password)
		password = password[size:]
		if r >= 0x10000 {
			high, low := utf16.EncodeRune(r)
			unit(uint16(high))
			unit(uint16(low))
			continue
		}
		unit(uint16(r))
	}
	unit('"')
	return out
}

// diagnostic is the server's own text. It is matched, never shown: some servers repeat what they were sent.
func diagnostic(err error) string {
	var e *ldap.Error
	if errors.As(err, &e) && e.Err != nil {
		return strings.ToLower(e.Err.Error())
	}
	return ""
}
