package ad

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

// attrMayFetch is a security descriptor: who may fetch a managed account's password (MS-ADA2 2.361).
const attrMayFetch = "msDS-GroupMSAMembership"

// ManagedAccounts gives the domain's group managed service accounts, those that a host can run as first, then by name. The
// host is given by its NetBIOS or DNS name; one that the domain does not know can run as none.
func ManagedAccounts(ctx context.Context, settings Settings, host string) (accounts []directory.ServiceAccount, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, unreachable("listing managed service accounts", errTooSlow))
	defer cancel()
	s, err := connect(ctx, settings.withDefaults())
	if err != nil {
		return nil, err
	}
	defer s.close()
	if s.domain, _, err = s.root(ctx); err != nil {
		return nil, err
	}
	return s.managedAccounts(ctx, host)
}

func (s *session) managedAccounts(ctx context.Context, host string) ([]directory.ServiceAccount, error) {
	rows, err := s.every(ctx, s.domain.BaseDN, "(objectClass=msDS-GroupManagedServiceAccount)",
		[]string{directory.SAMAccountName, attrMayFetch})
	if err != nil && !saysNo(err) {
		return nil, err
	}
	if len(rows) == 0 { // nor is there any such class in a schema older than Windows Server 2012
		return nil, nil
	}
	token, err := s.hostToken(ctx, host)
	if err != nil {
		return nil, err
	}
	accounts := make([]directory.ServiceAccount, 0, len(rows))
	for _, r := range rows {
		accounts = append(accounts, directory.ServiceAccount{
			Name: strings.TrimSuffix(r.value(directory.SAMAccountName), "$"), DN: r.dn, Usable: mayFetch(r.value(attrMayFetch), token),
		})
	}
	slices.SortFunc(accounts, usableFirst)
	return accounts, nil
}

func usableFirst(a, b directory.ServiceAccount) int {
	if a.Usable != b.Usable {
		if a.Usable {
			return -1
		}
		return 1
	}
	return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.DN, b.DN))
}

// mayFetch decides as the domain controller does when a password is fetched (MS-ADTS 3.1.1.4.5.39). Nobody may where the
// list was never set, or cannot be read.
func mayFetch(list string, token descriptor.Token) bool {
	d, err := descriptor.Parse([]byte(list))
	return err == nil && token != nil && d.Check(token, descriptor.ReadProperty, directory.GUID{}) == descriptor.Allowed
}

// hostToken is the token of a machine's account; nil where the domain has none of that name.
func (s *session) hostToken(ctx context.Context, host string) (descriptor.Token, error) {
	name, _, _ := strings.Cut(host, ".")
	if name == "" {
		return nil, nil
	}
	const longest = 15 // characters of a NetBIOS name
	name = name[:min(len(name), longest)]
	rows, err := s.few(ctx, s.domain.BaseDN, ldap.ScopeWholeSubtree, 1,
		"(&(objectClass=computer)("+directory.SAMAccountName+"="+ldap.EscapeFilter(name)+"$))", []string{attrSID, attrPrimary})
	if err != nil || len(rows) == 0 {
		return nil, unless(saysNo, err)
	}
	return s.tokenOf(ctx, rows[0])
}
