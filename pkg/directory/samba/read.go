package samba

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// byGUID is a DN that names an object by its objectGUID (MS-ADTS 3.1.1.3.1.2.4).
func byGUID(id directory.GUID) string { return "<GUID=" + id.String() + ">" }

// find reads one entry by a DN of any kind.
func find(conn *ldap.Conn, dn string, controls ...ldap.Control) (*ldap.Entry, error) {
	found, err := conn.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", []string{"objectGUID", "lastKnownParent", "msDS-LastKnownRDN"}, controls))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dn, err)
	}
	if len(found.Entries) != 1 {
		return nil, fmt.Errorf("reading %s: there are %d entries", dn, len(found.Entries))
	}
	return found.Entries[0], nil
}

func dnOf(conn *ldap.Conn, id directory.GUID) (string, error) {
	entry, err := find(conn, byGUID(id))
	if err != nil {
		return "", err
	}
	return entry.DN, nil
}

func guidAt(conn *ldap.Conn, dn string) (directory.GUID, error) {
	entry, err := find(conn, dn)
	if err != nil {
		return directory.GUID{}, err
	}
	return directory.GUIDFromBytes(entry.GetRawAttributeValue("objectGUID"))
}

// Restore brings a deleted object back to where it was (MS-ADTS 3.1.1.5.3.7), with the attributes given.
func (dc *DC) Restore(ctx context.Context, id directory.GUID, attributes ...directory.Attribute) error {
	err := dc.withSystem(func(conn *ldap.Conn) error {
		deleted := ldap.NewControlString(ldap.ControlTypeMicrosoftShowDeleted, true, "")
		entry, err := find(conn, byGUID(id), deleted)
		if err != nil {
			return err
		}
		rdn, _, _ := strings.Cut(entry.DN, `\0ADEL:`)
		parent := entry.GetAttributeValue("lastKnownParent")
		request := ldap.NewModifyRequest(entry.DN, []ldap.Control{deleted})
		request.Delete("isDeleted", nil)
		request.Replace("distinguishedName", []string{rdn + "," + parent})
		if err := conn.Modify(request); err != nil {
			return fmt.Errorf("restoring %s: %w", entry.DN, err)
		}
		return nil
	})
	for _, a := range attributes {
		if err == nil {
			err = dc.Modify(ctx, id, a.Name, a.Value)
		}
	}
	return err
}
