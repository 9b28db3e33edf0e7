package samba

import (
	"slices"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// Snapshot gives every user, group and unit as it is now, whole, for tests to compute expectations from. It reads by a
// plain search as the system and shares nothing with package ad. Members that are none of these are left out.
func (dc *DC) Snapshot() (entries []directory.Entry, err error) {
	err = dc.withSystem(func(conn *ldap.Conn) error {
		attributes := append([]string{"objectGUID", "parentGUID", "name", "objectClass", "isCriticalSystemObject", "member"}, directory.Attributes...)
		found, err := conn.SearchWithPaging(ldap.NewSearchRequest(dc.BaseDN(), ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
			"(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS))",
			attributes, nil), 1000)
		if err != nil {
			return err
		}
		entries, err = snapshot(found.Entries)
		return err
	})
	return entries, err
}

func snapshot(found []*ldap.Entry) ([]directory.Entry, error) {
	byDN := map[string]directory.GUID{}
	for _, e := range found {
		id, err := directory.GUIDFromBytes(e.GetRawAttributeValue("objectGUID"))
		if err != nil {
			return nil, err
		}
		byDN[e.DN] = id
	}
	entries := make([]directory.Entry, 0, len(found))
	for _, e := range found {
		entry := directory.Entry{GUID: byDN[e.DN], DN: e.DN, Name: e.GetAttributeValue("name"), Kind: kind(e), Whole: true, MembersWhole: true}
		copy(entry.Parent[:], e.GetRawAttributeValue("parentGUID"))
		for _, name := range directory.Attributes {
			if value := e.GetAttributeValue(name); value != "" {
				entry.Attributes = append(entry.Attributes, directory.Attribute{Name: name, Value: value})
			}
		}
		for _, dn := range e.GetAttributeValues("member") {
			if id, known := byDN[dn]; known {
				entry.Members = append(entry.Members, id)
			}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func kind(e *ldap.Entry) directory.Kind {
	classes := e.GetAttributeValues("objectClass")
	switch {
	case !slices.Contains(classes, "user") && !slices.Contains(classes, "group"):
		return directory.KindUnit
	case slices.Contains(classes, "computer"), e.GetAttributeValue("isCriticalSystemObject") == "TRUE":
		return directory.KindOther
	case slices.Contains(classes, "group"):
		return directory.KindGroup
	}
	return directory.KindUser
}
