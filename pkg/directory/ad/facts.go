package ad

import (
	"context"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// Attributes of the root DSE (MS-ADTS 3.1.1.3.2).
const (
	rootBase          = "defaultNamingContext"
	rootConfiguration = "configurationNamingContext"
	rootServer        = "dsServiceName"
	rootHost          = "dnsHostName"
	rootCommitted     = "highestCommittedUSN"
)

// root reads single values of the root DSE, and makes of them what is known without any right.
func (s *session) root(ctx context.Context) (directory.Domain, map[string]string, error) {
	root, err := s.one(ctx, "", rootBase, rootConfiguration, rootHost, rootServer)
	if err != nil {
		return directory.Domain{}, nil, err
	}
	if root[rootBase] == "" || root[rootServer] == "" {
		return directory.Domain{}, nil, notActiveDirectory()
	}
	return directory.Domain{BaseDN: root[rootBase], Server: root[rootHost], Name: domainName(root[rootBase])}, root, nil
}

// facts says what is at the other end, with the two GUIDs that cursors are bound to.
func (s *session) facts(ctx context.Context) (directory.Domain, error) {
	d, root, err := s.root(ctx)
	if err != nil {
		return directory.Domain{}, err
	}
	if d.GUID, err = s.guidOf(ctx, d.BaseDN, attrGUID); err != nil {
		return directory.Domain{}, err
	}
	d.Invocation, err = s.guidOf(ctx, root[rootServer], attrInvocation)
	return d, err
}

// one reads single values of one entry, by attribute.
func (s *session) one(ctx context.Context, dn string, attributes ...string) (map[string]string, error) {
	rows, err := s.rows(ctx, baseOf(dn, attributes))
	if err == nil && len(rows) != 1 {
		err = wrong("%d entries at %q, not 1", len(rows), dn)
	}
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, name := range attributes {
		values[name] = rows[0].value(name)
	}
	return values, nil
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
