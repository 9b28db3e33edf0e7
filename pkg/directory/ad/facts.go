package ad

import (
	"context"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// facts reads from the root DSE what is at the other end (MS-ADTS 3.1.1.3.2), and the two GUIDs that cursors are bound
// to.
func (s *session) facts(ctx context.Context) (directory.Domain, error) {
	const serverDN, base, host = "dsServiceName", "defaultNamingContext", "dnsHostName"
	root, err := s.one(ctx, "", base, host, serverDN)
	if err != nil {
		return directory.Domain{}, err
	}
	if root[base] == "" || root[serverDN] == "" {
		return directory.Domain{}, notActiveDirectory()
	}
	d := directory.Domain{BaseDN: root[base], Server: root[host], Name: domainName(root[base])}
	if d.GUID, err = s.guidOf(ctx, d.BaseDN, attrGUID); err != nil {
		return directory.Domain{}, err
	}
	d.Invocation, err = s.guidOf(ctx, root[serverDN], "invocationId")
	return d, err
}

// one reads single values of one entry, by attribute.
func (s *session) one(ctx context.Context, dn string, attributes ...string) (map[string]string, error) {
	values := map[string]string{}
	count := 0
	request := ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", attributes, nil)
	_, err := s.search(ctx, request, func(message []byte) error {
		count++
		return firstValues(string(message), values)
	})
	if err == nil && count != 1 {
		err = wrong("%d entries at %q, not 1", count, dn)
	}
	return values, err
}

func firstValues(message string, into map[string]string) error {
	_, attributes, err := envelope(message)
	for err == nil && attributes != "" {
		var one, name, values string
		if one, attributes, err = expect(tagSequence, attributes); err != nil {
			break
		}
		if name, values, err = expect(tagOctetString, one); err != nil {
			break
		}
		if values, _, err = expect(tagSet, values); err != nil || values == "" {
			continue
		}
		into[name], _, err = expect(tagOctetString, values)
	}
	if err != nil {
		return wrong("decoding an entry: %w", err)
	}
	return nil
}

func (s *session) guidOf(ctx context.Context, dn, attribute string) (id directory.GUID, err error) {
	values, err := s.one(ctx, dn, attribute)
	if err != nil {
		return id, err
	}
	if err := setGUID(&id, values[attribute]); err != nil {
		return id, wrong("%s of %q: %w", attribute, dn, err)
	}
	return id, nil
}

// domainName makes example.test of DC=example,DC=test.
func domainName(base string) string {
	dn, err := ldap.ParseDN(base)
	if err != nil {
		return base
	}
	name := ""
	for _, rdn := range dn.RDNs {
		for _, part := range rdn.Attributes {
			name += "." + part.Value
		}
	}
	if name == "" {
		return base
	}
	return name[1:]
}
