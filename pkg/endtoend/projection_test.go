//go:build linux

package endtoend

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
)

// found is one entry of a plain search.
type found struct {
	*ldap.Entry
	guid string
}

// search reads the whole domain as its administrator, with plain LDAP.
func (l *lab) search() (units, users, groups []found) {
	l.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.dc.CA())
	conn, err := ldap.DialURL(l.dc.URL(), ldap.DialWithTLSConfig(&tls.Config{RootCAs: pool}))
	if err != nil {
		l.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind(l.dc.Admin()); err != nil {
		l.Fatal(err)
	}
	filter := "(|(objectClass=organizationalUnit)(&(objectClass=user)(!(objectClass=computer)))(objectClass=group))"
	answer, err := conn.Search(ldap.NewSearchRequest(l.dc.BaseDN(), ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, nil, nil))
	if err != nil {
		l.Fatal(err)
	}
	for _, e := range answer.Entries {
		guid, err := directory.GUIDFromBytes(e.GetRawAttributeValue("objectGUID"))
		if err != nil {
			l.Fatal(err)
		}
		one := found{e, guid.String()}
		switch classes := e.GetAttributeValues("objectClass"); {
		case e.GetAttributeValue("isCriticalSystemObject") == "TRUE":
		case slices.Contains(classes, "organizationalUnit"):
			units = append(units, one)
		case slices.Contains(classes, "group"):
			groups = append(groups, one)
		default:
			users = append(users, one)
		}
	}
	return units, users, groups
}

// expected is what the tenant should hold by the directory as it is now.
type expected struct {
	active   map[string]person
	isGroup  map[string]bool
	groups   map[string][]string
	complete bool // everybody who should be there has what is required
}

func (l *lab) expect() expected {
	l.Helper()
	units, users, groups := l.search()
	var scope []string
	for _, u := range units {
		if slices.ContainsFunc(l.scope, func(chosen directory.GUID) bool { return chosen.String() == u.guid }) {
			scope = append(scope, strings.ToLower(u.DN))
		}
	}
	inside := func(e found) bool {
		return slices.ContainsFunc(scope, func(unit string) bool { return strings.HasSuffix(strings.ToLower(e.DN), ","+unit) })
	}
	x := expected{active: map[string]person{}, isGroup: map[string]bool{}, groups: map[string][]string{}, complete: true}
	byDN := map[string]string{}
	for _, e := range append(users, groups...) {
		if inside(e) {
			byDN[strings.ToLower(e.DN)] = e.guid
		}
	}
	for _, u := range users {
		if !inside(u) || !enabled(u) {
			continue
		}
		p := person{
			Logon: u.GetAttributeValue("userPrincipalName"), Given: u.GetAttributeValue("givenName"), Family: u.GetAttributeValue("sn"),
			Display: u.GetAttributeValue("displayName"), Mail: u.GetAttributeValue("mail"), Account: u.GetAttributeValue("sAMAccountName"), Active: true,
		}
		if p.Logon == "" || p.Given == "" || p.Family == "" || p.Mail == "" {
			x.complete = false
			continue
		}
		if l.other != nil {
			p.Account = "" // it has no place for them
		}
		x.active[u.guid] = p
		l.ever[u.guid] = true
	}
	for _, g := range groups {
		x.isGroup[g.guid] = true
		if !inside(g) {
			continue
		}
		members := []string{}
		for _, dn := range g.GetAttributeValues("member") {
			if guid, ok := byDN[strings.ToLower(dn)]; ok {
				members = append(members, guid)
			}
		}
		slices.Sort(members)
		x.groups[g.GetAttributeValue("name")] = members
	}
	return x
}

func enabled(u found) bool {
	flags, _ := strconv.ParseInt(u.GetAttributeValue("userAccountControl"), 10, 64)
	expires, _ := strconv.ParseInt(u.GetAttributeValue("accountExpires"), 10, 64)
	const never, to1970, perSecond = 0x7FFFFFFFFFFFFFFF, 11644473600, 10_000_000
	expired := expires != 0 && expires != never && expires/perSecond-to1970 <= time.Now().Unix()
	return flags&2 == 0 && !expired
}

// difference compares the tenant with what is expected; empty when they are equal.
func (l *lab) difference() string {
	l.Helper()
	x, h := l.expect(), l.held()
	active := map[string]person{}
	for id, p := range h.users {
		if !l.ever[id] {
			return "in the tenant, and never should have been: " + p.Logon
		}
		if p.Active {
			active[id] = p
		}
	}
	if diff := cmp.Diff(x.active, active); diff != "" {
		return "active users (-directory +tenant):\n" + diff
	}
	// Somebody who was never added, being disabled from the beginning, is no member either.
	for name, members := range x.groups {
		x.groups[name] = slices.DeleteFunc(members, func(id string) bool {
			_, user := h.users[id]
			return !user && !x.isGroup[id]
		})
	}
	if diff := cmp.Diff(x.groups, h.groups); diff != "" {
		return "groups (-directory +tenant):\n" + diff
	}
	return ""
}

// converge waits until the tenant equals the directory's projection.
func (l *lab) converge(what string) {
	l.Helper()
	started := time.Now()
	var diff string
	for end := started.Add(90 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if diff = l.difference(); diff == "" {
			l.Logf("%s: in the tenant within %s", what, time.Since(started).Round(time.Millisecond))
			return
		}
	}
	s, err := l.status()
	l.Fatalf("%s: the tenant never became equal to the directory\n%.4000s\n%+v %v", what, diff, s.Conditions, err)
}
