package ad

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

// principal is an account as the directory knows it.
type principal struct {
	name  string // DOMAIN\name, or name@domain where the short name of the domain cannot be read
	sid   descriptor.SID
	token descriptor.Token
}

// whoAmI asks who signed in. The root DSE gives the SIDs of the connection's own token (MS-ADTS 3.1.1.3.2.25): whatever form
// of name was used to sign in, and with groups of other domains.
func (s *session) whoAmI(ctx context.Context, root map[string]string) (principal, error) {
	who := principal{name: s.settings.Account, token: descriptor.NewToken()}
	rows, err := s.rows(ctx, baseOf("", []string{attrToken}))
	if err != nil || len(rows) == 0 {
		return who, unless(saysNo, err)
	}
	sids := sidsOf(rows[0].all(attrToken))
	who.token = descriptor.NewToken(sids...)
	for _, sid := range sids {
		if !sid.OfDomain() {
			continue
		}
		name, err := s.accountName(ctx, sid)
		if err != nil {
			return who, err
		}
		if name != "" {
			who.sid = sid
			who.name, err = s.fullName(ctx, name, root[rootConfiguration])
			return who, err
		}
	}
	return who, nil
}

// unless gives no error where it is of a kind that is expected.
func unless(expected func(error) bool, err error) error {
	if expected(err) {
		return nil
	}
	return err
}

// sidsOf leaves out what is no SID: it grants nothing.
func sidsOf(values []string) (sids []descriptor.SID) {
	for _, v := range values {
		if sid, err := descriptor.ParseSID([]byte(v)); err == nil {
			sids = append(sids, sid)
		}
	}
	return sids
}

// accountName gives the sAMAccountName of who has a SID; "" for a group, which a token names as well, and for whom the account
// cannot see. Rights must never be granted to a group by mistake.
func (s *session) accountName(ctx context.Context, sid descriptor.SID) (string, error) {
	rows, err := s.rows(ctx, baseOf("<SID="+sid.String()+">", []string{directory.SAMAccountName, attrClass}))
	if err != nil || len(rows) == 0 || !slices.Contains(rows[0].all(attrClass), "user") {
		return "", unless(saysNo, err)
	}
	return rows[0].value(directory.SAMAccountName), nil
}

// fullName gives the name that commands know an account by.
func (s *session) fullName(ctx context.Context, name, configuration string) (string, error) {
	short, err := s.shortName(ctx, configuration)
	if short == "" {
		return name + "@" + s.domain.Name, err
	}
	return short + `\` + name, err
}

// shortName is the domain's NetBIOS name, which stands in its cross-reference (MS-ADTS 6.1.1.2.1.1.1); "" where that cannot
// be read.
func (s *session) shortName(ctx context.Context, configuration string) (string, error) {
	const attribute = "nETBIOSName"
	rows, err := s.few(ctx, "CN=Partitions,"+configuration, ldap.ScopeSingleLevel, 1,
		"(&(objectClass=crossRef)(nCName="+ldap.EscapeFilter(s.domain.BaseDN)+"))", []string{attribute})
	if err != nil || len(rows) == 0 {
		return "", unless(saysNo, err)
	}
	return rows[0].value(attribute), nil
}

// tokenOf gives the token of an account that is not signed in: itself, its primary group, and its groups with theirs. Where
// the server does not compute the list for this reader, memberships are followed by the chain rule (MS-ADTS 3.1.1.3.4.4.3).
func (s *session) tokenOf(ctx context.Context, account row) (descriptor.Token, error) {
	own, err := descriptor.ParseSID([]byte(account.value(attrSID)))
	if err != nil {
		return descriptor.NewToken(), nil
	}
	sids := []descriptor.SID{own}
	if primary, err := strconv.ParseUint(account.value(attrPrimary), 10, 32); err == nil {
		sids = append(sids, own.Sibling(uint32(primary)))
	}
	rows, err := s.rows(ctx, baseOf(account.dn, []string{attrToken}))
	if err != nil && !saysNo(err) {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0].all(attrToken)) == 0 {
		const inChain = "(member:1.2.840.113556.1.4.1941:=%s)"
		if rows, err = s.every(ctx, s.domain.BaseDN, fmt.Sprintf(inChain, ldap.EscapeFilter(account.dn)), []string{attrSID}); err != nil && !saysNo(err) {
			return nil, err
		}
	}
	for _, r := range rows {
		sids = append(append(sids, sidsOf(r.all(attrToken))...), sidsOf(r.all(attrSID))...)
	}
	return descriptor.NewToken(sids...), nil
}

const attrPrimary = "primaryGroupID" // the relative identifier of a group that does not stand in memberOf
