package ad

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// Flags of the DirSync control (MS-ADTS 3.1.1.3.4.1.3). 0x80000000 is sent as the signed 32-bit number it is there.
const (
	incrementalValues = ldap.DirSyncIncrementalValues
	objectSecurity    = ldap.DirSyncObjectSecurity
)

// passFilter chooses by objectClass: a tombstone keeps it, while objectCategory is stripped and would lose deletions.
// Computers are users here and are sorted out by kind.
const passFilter = "(|(objectClass=user)(objectClass=group)" + unitClasses + ")"

// Read makes one pass, by DirSync where the directory allows it.
func (r *Reader) Read(ctx context.Context, c directory.Cursor, yield func(directory.Page) error) (result directory.Pass, err error) {
	err = r.with(ctx, func(s *session) error {
		result, err = s.read(ctx, c, yield)
		return err
	})
	if err != nil {
		return directory.Pass{}, err
	}
	return result, nil
}

// readDirSync asks until the server says that there is no more. Each answer ends at a place to resume at.
func (s *session) readDirSync(ctx context.Context, c directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	cookie, err := s.cookie(c)
	if err != nil {
		return directory.Pass{}, err
	}
	p := &pass{session: s, full: c.IsZero(), yield: yield}
	for {
		more, next, err := p.answer(ctx, cookie)
		if err != nil {
			return directory.Pass{}, err
		}
		end := s.cursor(next)
		if !more {
			return directory.Pass{Cursor: end, Full: p.full, Entries: p.entries}, nil
		}
		if bytes.Equal(next, cookie) {
			return directory.Pass{}, wrong("the cookie stands still though there is more")
		}
		cookie = next
	}
}

// flags are those of every pass under the account's rights.
func (s *session) flags() int64 {
	if s.domain.Replicates {
		return incrementalValues
	}
	return incrementalValues | objectSecurity
}

// dirSync makes a request with a control of its own: go-ldap's helpers would stack controls on a request used twice.
func dirSync(base, filter string, flags int64, cookie []byte) *ldap.SearchRequest {
	control := ldap.NewRequestControlDirSync(flags, 0, cookie)
	return ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter,
		requested(), []ldap.Control{control, extendedDN()})
}

// finalControl finds the DirSync control of a final response. In it Flags is nonzero when there is more.
func finalControl(controls []ldap.Control) (more bool, cookie []byte, err error) {
	var final *ldap.ControlDirSync
	for _, control := range controls {
		if c, ok := control.(*ldap.ControlDirSync); ok && final == nil {
			final = c
		}
	}
	if final == nil || len(final.Cookie) == 0 {
		return false, nil, wrong("the final response has no DirSync cookie")
	}
	return final.Flags != 0, final.Cookie, nil
}

// cookieProblem tells a refused cookie from other refusals. Servers differ in the code: Samba answers a damaged one
// with unavailableCriticalExtension, Windows with unwillingToPerform or an operations error.
func cookieProblem(cookie []byte, err error) error {
	if len(cookie) == 0 {
		return err
	}
	switch code(err) {
	case ldap.LDAPResultOperationsError, ldap.LDAPResultProtocolError, ldap.LDAPResultUnavailableCriticalExtension,
		ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultOther:
		return errors.Join(fmt.Errorf("%w", directory.ErrCursorRefused), err)
	}
	return err
}
