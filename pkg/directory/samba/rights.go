package samba

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

// AddAccount makes an account that can sign in with Password and may do what anybody may, and gives its SID.
func (dc *DC) AddAccount(ctx context.Context, parent directory.GUID, name string) (id directory.GUID, sid string, err error) {
	if id, err = dc.AddUser(ctx, parent, name, directory.Attribute{Name: directory.SAMAccountName, Value: name}); err != nil {
		return id, "", err
	}
	err = dc.modify(id, func(r *ldap.ModifyRequest) { r.Replace("unicodePwd", []string{quotedUTF16(syncPassword)}) })
	if err == nil {
		sid, err = dc.SID(id)
	}
	return id, sid, err
}

// quotedUTF16 is the form in which a password is set (MS-ADTS 3.1.1.3.1.5.1). Passwords here are ASCII.
func quotedUTF16(password string) string {
	var b []byte
	for _, c := range []byte(`"` + password + `"`) {
		b = append(b, c, 0)
	}
	return string(b)
}

// SID gives an object's security identifier.
func (dc *DC) SID(id directory.GUID) (sid string, err error) {
	err = dc.withSystem(func(conn *ldap.Conn) error {
		found, err := conn.Search(ldap.NewSearchRequest(byGUID(id), ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
			"(objectClass=*)", []string{"objectSid"}, nil))
		if err != nil || len(found.Entries) != 1 {
			return fmt.Errorf("reading the SID of %s: %d entries, %w", id, len(found.Entries), err)
		}
		parsed, err := descriptor.ParseSID(found.Entries[0].GetRawAttributeValue("objectSid"))
		sid = parsed.String()
		return err
	})
	return sid, err
}

// AddManagedAccount makes a group managed service account, whose password those may fetch that rules in SDDL allow it; none
// where there are no rules.
func (dc *DC) AddManagedAccount(ctx context.Context, parent directory.GUID, name, rules string) error {
	id, err := dc.add(parent, "CN", name, map[string][]string{
		"objectClass": {"msDS-GroupManagedServiceAccount"}, directory.SAMAccountName: {name + "$"}, "dNSHostName": {name + "." + dc.options.Domain},
		directory.UserAccountControl: {"4096"}, "msDS-ManagedPasswordInterval": {"30"},
	})
	if err != nil || rules == "" {
		return err
	}
	return dc.run(ctx, "descriptor", map[string]string{
		"conf": configFile(dc.dir), "dir": dc.dir, "domain": dc.options.Domain, "dn": byGUID(id),
		"attribute": "msDS-GroupMSAMembership", "sddl": "O:SYD:" + rules,
	})
}

// AddRule puts an access control entry, in SDDL, before the others of an object; deleted objects can be named as well.
func (dc *DC) AddRule(ctx context.Context, dn, sddl string) error {
	return dc.run(ctx, "ace", map[string]string{
		"conf": configFile(dc.dir), "dir": dc.dir, "domain": dc.options.Domain, "dn": dn, "ace": sddl,
	})
}

// Shell runs a command line as the administrator of the controller's machine would, and gives what it printed.
func (dc *DC) Shell(ctx context.Context, command string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), systemPath, "SMB_CONF_PATH="+configFile(dc.dir), "KRB5_CONFIG="+kerberosFile(dc.dir))
	out, err := cmd.CombinedOutput()
	return string(out), err
}
