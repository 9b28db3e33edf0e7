package ad_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
)

const (
	allowReset        = "(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	denyReset         = "(OD;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	writeRestrictions = "(OA;CIIO;WP;4c164200-20c0-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	allowReplicate    = "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)"
	allowDeleted      = "(A;;RPLC;;;%s)"
	fullControl       = "(A;CI;GA;;;%s)"
	denyReading       = "(D;;RPLCLO;;;%s)"
)

// oddly is a name that wants quoting in every shell there is.
const oddly = `R&D, "Odd" 'one' #1 50% $HOME / \x ` + "`id`" + ` <é>`

// company is a domain with people in five units, one of them CN=Users, and a protected one in a sixth.
func company(t *testing.T) (dc *samba.DC, people map[string]string) {
	t.Helper()
	dc = samba.ForTest(t, samba.Options{})
	ctx := t.Context()
	people = map[string]string{"CN=Users": "CN=svc-sync,CN=Users," + dc.BaseDN()}
	units := map[string]directory.GUID{"": dc.Root()}
	for _, u := range []struct{ name, in string }{
		{"Sales", ""}, {"Berlin", "Sales"}, {"Engineering", ""}, {oddly, ""}, {"Board", ""}, {"Nobody", ""},
	} {
		unit, err := dc.AddUnit(ctx, units[u.in], u.name)
		must(t, err)
		units[u.name] = unit
		if u.name == "Nobody" {
			continue
		}
		person, err := dc.AddUser(ctx, unit, "Person in "+fmt.Sprint(len(units)))
		must(t, err)
		if u.name == "Board" {
			must(t, dc.Modify(ctx, person, "adminCount", "1"))
			continue
		}
		people[u.name] = "<GUID=" + person.String() + ">"
	}
	return dc, people
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rule is an access control entry on an object of the domain; "" is the domain itself.
type rule struct{ on, sddl string }

// TestWhatAnAccountMayDo gives accounts rights in a real domain and compares what is found out with what was given, and
// with what the domain controller then really lets the account do. Then it runs the commands that are shown.
func TestWhatAnAccountMayDo(t *testing.T) {
	dc, people := company(t)
	admin := settings(dc)
	admin.Account, admin.Password = dc.Admin()
	if access := examined(t, admin); len(held(access)) != 5 {
		t.Errorf("the administrator: got %+v", access.Rights)
	}
	const deleted = "CN=Deleted Objects"
	everywhere, nowhere := "in 5 of 5 units", "in 0 of 5 units"
	reset, lastSet, lockout := directory.ResetPassword, directory.WriteLastSet, directory.WriteLockout
	for name, c := range map[string]struct {
		rules     []rule
		byGroup   bool
		holds     []directory.RightName
		where     string
		grantable bool // all that is lacking can be granted
	}{
		"nothing":              {nil, false, nil, nowhere, true},
		"only replication":     {[]rule{{"", allowReplicate}}, false, []directory.RightName{directory.ReplicateChanges}, nowhere, true},
		"only tombstones":      {[]rule{{deleted, allowDeleted}}, false, []directory.RightName{directory.ListDeletedObjects}, nowhere, true},
		"only passwords":       {[]rule{{"", allowReset}}, false, []directory.RightName{directory.ResetPassword}, everywhere, true},
		"all but passwords":    {[]rule{{"", allowReplicate}, {deleted, allowDeleted}}, false, []directory.RightName{directory.ReplicateChanges, directory.ListDeletedObjects}, nowhere, true},
		"everything":           {[]rule{{"", allowReplicate}, {deleted, allowDeleted}, {"", allowReset}}, false, []directory.RightName{directory.ReplicateChanges, directory.ListDeletedObjects, directory.ResetPassword}, everywhere, true},
		"passwords in one":     {[]rule{{"OU=Engineering", allowReset}}, false, nil, "in 1 of 5 units", true},
		"passwords in a tree":  {[]rule{{"OU=Sales", allowReset}}, false, nil, "in 2 of 5 units", true},
		"pwdLastSet":           {[]rule{{"", writeLastSet}}, false, []directory.RightName{lastSet}, nowhere, true},
		"pwdLastSet by a set":  {[]rule{{"", writeRestrictions}}, false, []directory.RightName{lastSet}, nowhere, true},
		"lockoutTime":          {[]rule{{"", writeLockout}}, false, []directory.RightName{lockout}, nowhere, true},
		"all of passwords":     {[]rule{{"", allowReset}, {"", writeLastSet}, {"", writeLockout}}, false, []directory.RightName{reset, lastSet, lockout}, everywhere, true},
		"full control of one":  {[]rule{{"OU=Engineering", fullControl}}, false, nil, "in 1 of 5 units", true},
		"passwords but denied": {[]rule{{"", allowReset}, {"OU=Sales", denyReset}}, false, nil, "in 3 of 5 units, denied in 2", false},
		"everything by a group": {
			[]rule{{"", allowReplicate}, {deleted, allowDeleted}, {"", allowReset}},
			true,
			[]directory.RightName{directory.ReplicateChanges, directory.ListDeletedObjects, directory.ResetPassword},
			everywhere, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			settings := account(t, dc, logonName(name), c.byGroup, c.rules)
			access := examined(t, settings)
			if diff := cmp.Diff(c.holds, held(access)); diff != "" {
				t.Errorf("rights held (-want +got)\n%s", diff)
			}
			if got := access.Rights[2].Where; got != c.where {
				t.Errorf("passwords: got %q, want %q", got, c.where)
			}
			for _, r := range access.Rights {
				if len(r.Grant) > 0 && !strings.Contains(r.Grant[0].Commands[0]+r.Grant[0].Commands[len(r.Grant[0].Commands)-1], `"EXAMPLE\`+logonName(name)+":") {
					t.Errorf("granted to whom: %s", r.Grant[0].Commands)
				}
			}
			for _, n := range access.Contexts {
				if !n.Readable {
					t.Errorf("%s cannot be read", n.DN)
				}
			}
			if really := resetsThatWork(t, dc, settings, people); !strings.Contains(c.where, really) {
				t.Errorf("said %q, while the controller lets it set passwords %s", c.where, really)
			}
			grantAll(t, dc, access)
			if got := examined(t, settings); c.grantable && len(held(got)) != 5 {
				t.Errorf("after the commands were run: got %v (passwords %s)", held(got), got.Rights[2].Where)
			} else if !c.grantable && got.Rights[2].Grant != nil {
				t.Errorf("a right that is denied is offered: %v", got.Rights[2].Grant)
			}
		})
	}
}

// logonName makes a sAMAccountName, which has 20 characters, of a case's name.
func logonName(name string) string { return strings.ReplaceAll(name[:min(len(name), 20)], " ", "-") }

// account makes an account, with rules for itself or for a group that it is in by way of another.
func account(t *testing.T, dc *samba.DC, name string, byGroup bool, rules []rule) ad.Settings {
	t.Helper()
	ctx := t.Context()
	users, err := dc.Find("Users")
	must(t, err)
	id, sid, err := dc.AddAccount(ctx, users, name)
	must(t, err)
	if byGroup {
		inner, err := dc.AddGroup(ctx, users, name+" team", id)
		must(t, err)
		outer, err := dc.AddGroup(ctx, users, name+" teams", inner)
		must(t, err)
		sid, err = dc.SID(outer)
		must(t, err)
	}
	for _, r := range rules {
		must(t, dc.AddRule(ctx, strings.TrimPrefix(r.on+","+dc.BaseDN(), ","), fmt.Sprintf(r.sddl, sid)))
	}
	s := settings(dc)
	s.Account = name + "@" + dc.Domain()
	return s
}

func examined(t *testing.T, s ad.Settings) directory.Access {
	t.Helper()
	access, err := ad.Examine(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

func held(a directory.Access) (names []directory.RightName) {
	for _, r := range a.Rights {
		if r.Held {
			names = append(names, r.Name)
		} else if len(r.Grant) == 0 && !strings.Contains(r.Where, "denied") {
			names = append(names, r.Name+" lacks commands")
		}
	}
	return names
}

// resetsThatWork really sets a password in each unit, and says in how many that went well.
func resetsThatWork(t *testing.T, dc *samba.DC, s ad.Settings, people map[string]string) string {
	t.Helper()
	conn := bound(t, dc, s)
	count := 0
	for unit, dn := range people {
		password := ""
		for _, c := range `"` + dc.Password() + `"` { // svc-sync keeps its own
			password += string(rune(c)) + "\x00"
		}
		request := ldap.NewModifyRequest(dn, nil)
		request.Replace("unicodePwd", []string{password})
		switch err := conn.Modify(request); {
		case err == nil:
			count++
		case !ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights):
			t.Errorf("setting a password in %s: %v", unit, err)
		}
	}
	return fmt.Sprintf("in %d of %d units", count, len(people))
}

// bound is a connection of the account's own, by nothing but go-ldap.
func bound(t *testing.T, dc *samba.DC, s ad.Settings) *ldap.Conn {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA)
	conn, err := ldap.DialURL(s.URL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: strings.TrimPrefix(dc.URL(), "ldaps://")}))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.Bind(s.Account, s.Password))
	return conn
}

// grantAll runs, unchanged, each command that is shown for a Samba domain controller.
func grantAll(t *testing.T, dc *samba.DC, a directory.Access) {
	t.Helper()
	for _, r := range a.Rights {
		for _, g := range r.Grant {
			if g.Tool != "samba-tool" {
				continue
			}
			for _, command := range g.Commands {
				if out, err := dc.Shell(context.WithoutCancel(t.Context()), command); err != nil {
					t.Errorf("%s: %v\n%s", command, err, out)
				}
			}
		}
	}
}

// TestAHiddenDomain takes reading from an account in a real domain.
func TestAHiddenDomain(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	ctx := t.Context()
	blind := account(t, dc, "blind", false, []rule{{"", denyReading}})
	access, err := ad.Examine(ctx, blind)
	must(t, err)
	if access.Contexts[0].Readable || !access.Contexts[1].Readable {
		t.Errorf("without reading the domain: got %+v", access.Contexts)
	}
	cursorless := account(t, dc, "cursorless", false, []rule{
		{"CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration", denyReading},
	})
	access, err = ad.Examine(ctx, cursorless)
	must(t, err)
	if !access.Contexts[0].Readable || access.Contexts[1].Readable || access.Contexts[1].DN != "CN=Configuration,"+dc.BaseDN() {
		t.Errorf("without reading the configuration: got %+v", access.Contexts)
	}
}

// TestExamineIsQuick holds it to the patience of somebody at a screen.
func TestExamineIsQuick(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{Plan: samba.Scene3000("example.test")})
	began := time.Now()
	access := examined(t, settings(dc))
	took := time.Since(began)
	t.Logf("3,000 people in 8 units: %v", took)
	if took > 3*time.Second { // a second on a machine that does nothing else
		t.Errorf("it took %v", took)
	}
	if got := access.Rights[2].Where; got != "in 0 of 8 units" {
		t.Errorf("got %q", got)
	}
}
