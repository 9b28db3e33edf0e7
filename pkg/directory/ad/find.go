package ad

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// findable are the attributes by whose beginning somebody is found; Active Directory has an index on each of them.
var findable = []string{
	attrName, directory.DisplayName, directory.GivenName, directory.Surname, directory.Mail, directory.UserPrincipalName,
	directory.SAMAccountName,
}

// peopleAndGroups leaves out computers, which are users too (MS-ADSC).
const peopleAndGroups = "(|(objectClass=user)(objectClass=group))(!(objectClass=computer))"

// Find gives users and groups by a name.
func (r *Reader) Find(ctx context.Context, text string, limit int) (entries []directory.Entry, err error) {
	err = r.with(ctx, func(s *session) error {
		if _, err := ldap.ParseDN(text); err == nil && strings.Contains(text, "=") {
			entries, err = s.find(ctx, text, ldap.ScopeBaseObject, "(&"+peopleAndGroups+")", limit)
			return elsewhere(err)
		}
		entries, err = s.find(ctx, s.domain.BaseDN, ldap.ScopeWholeSubtree, "(&"+peopleAndGroups+beginsWith(text)+")", limit)
		return err
	})
	return entries, err
}

func beginsWith(text string) string {
	var filter strings.Builder
	for _, attribute := range findable {
		filter.WriteString("(" + attribute + "=" + escaped(text) + "*)")
	}
	return "(|" + filter.String() + ")"
}

// elsewhere makes no answer of a distinguished name that is not in this domain.
func elsewhere(err error) error {
	var e *ldap.Error
	if errors.As(err, &e) && slices.Contains([]uint16{ldap.LDAPResultNoSuchObject, ldap.LDAPResultReferral, ldap.LDAPResultInvalidDNSyntax}, e.ResultCode) {
		return nil
	}
	return err
}

// find makes one request for one page: nobody reads on in a search that is bounded.
func (s *session) find(ctx context.Context, base string, scope int, filter string, limit int) ([]directory.Entry, error) {
	var (
		entries []directory.Entry
		decode  decoder
	)
	attributes := slices.DeleteFunc(requested(), func(name string) bool { return name == attrMember })
	request := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes,
		[]ldap.Control{ldap.NewControlPaging(uint32(limit))})
	_, err := s.search(ctx, request, func(message []byte) error {
		e, err := decode.decode(message)
		e.Whole = true
		entries = append(entries, e.Entry)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries[:min(len(entries), limit)], nil
}
