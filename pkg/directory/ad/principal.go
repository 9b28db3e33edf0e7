package ad

import (
	"context"
	"fmt"
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

// whoAmI asks who signed in. The root DSE gives the SIDs of the connection's own token, the account's first (MS-ADTS
// 3.1.1.3.2.25): whatever form of name was used to sign in, and with groups of other domains.
func (s *session) whoAmI(ctx context.Context, root map[string]string) (principal, error) {
	rows, err := s.rows(ctx, baseOf("", []string{attrToken}))
	if err != nil && !saysNo(err) {
		return principal{}, err
	}
	who := principal{name: s.settings.Account, token: descriptor.NewToken()}
	if err != nil || len(rows) == 0 {
		return who, nil
	}
	sids := sidsOf(rows[0].all(attrToken))
	if len(sids) == 0 {
		return who, nil
	}
	who.sid, who.token = sids[0], descriptor.NewToken(sids...)
	who.name, err = s.nameOf(ctx, who, root[rootConfiguration])
	return who, err
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

// nameOf gives the name that commands know an account by. Where it cannot be read, the one that it signed in with must do.
func (s *session) nameOf(ctx context.Context, who principal, configuration string) (string, error) {
	rows, err := s.rows(ctx, baseOf("<SID="+who.sid.String()+">", []string{directory.SAMAccountName}))
	if err != nil && !saysNo(err) {
		return "", err
	}
	if err != nil || len(rows) == 0 || rows[0].value(directory.SAMAccountName) == "" {
		return who.name, nil
	}
	short, err := s.shortName(ctx, configuration)
	if err != nil {
		return "", err
	}
	name := rows[0].value(directory.SAMAccountName)
	if short == "" {
		return name + "@" + s.domain.Name, nil
	}
	return short + `\` + name, nil
}

// shortName is the domain's NetBIOS name, which stands in its cross-reference (MS-ADTS 6.1.1.2.1.1.1); "" where that cannot
// be read.
func (s *session) shortName(ctx context.Context, configuration string) (string, error) {
	const attribute = "nETBIOSName"
	rows, err := s.few(ctx, "CN=Partitions,"+configuration, ldap.ScopeSingleLevel, 1,
		"(&(objectClass=crossRef)(nCName="+ldap.EscapeFilter(s.domain.BaseDN)+"))", []string{attribute})
	if saysNo(err) || err == nil && len(rows) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
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
