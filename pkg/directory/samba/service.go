package samba

import (
	"fmt"

	"github.com/go-ldap/ldap/v3"
)

func (o Options) kerberos() bool { return o.Kerberos || o.NoTLS }

// nameByAddress lets tickets be made out to the controller's address: no name server knows a laboratory by name. A real domain
// controller is known by its name alone. The caller holds dc.mu.
func (dc *DC) nameByAddress() error {
	if !dc.options.kerberos() {
		return nil
	}
	return dc.exchange(func(conn *ldap.Conn) error {
		request := ldap.NewModifyRequest("CN=DC1,OU=Domain Controllers,"+dc.BaseDN(), nil)
		request.Add("servicePrincipalName", []string{"ldap/" + dc.address})
		if err := conn.Modify(request); err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultAttributeOrValueExists) {
			return fmt.Errorf("naming the controller by its address: %w", err)
		}
		return nil
	})
}
