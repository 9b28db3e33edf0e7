package samba

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
)

// SetPassword gives the account of a user logon name another password, as an administrator's reset does: quoted, in
// UTF-16 (MS-ADTS 3.1.1.3.1.5.1). What Password says stays as it was.
func (dc *DC) SetPassword(account, password string) error {
	var value []byte
	for _, unit := range utf16.Encode([]rune(`"` + password + `"`)) {
		value = binary.LittleEndian.AppendUint16(value, unit)
	}
	return dc.withSystem(func(conn *ldap.Conn) error {
		found, err := conn.Search(ldap.NewSearchRequest(dc.BaseDN(), ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
			"(userPrincipalName="+ldap.EscapeFilter(account)+")", []string{"objectGUID"}, nil))
		if err != nil {
			return fmt.Errorf("finding %s: %w", account, err)
		}
		if len(found.Entries) != 1 {
			return fmt.Errorf("finding %s: there are %d", account, len(found.Entries))
		}
		request := ldap.NewModifyRequest(found.Entries[0].DN, nil)
		request.Replace("unicodePwd", []string{string(value)})
		return conn.Modify(request)
	})
}
