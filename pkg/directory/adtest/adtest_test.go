package adtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
)

// These tests look at the server as a tool of a third party would: through go-ldap alone.

func serve(t testing.TB, o adtest.Options) *adtest.Server {
	t.Helper()
	s, err := adtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t testing.TB, s *adtest.Server) *ldap.Conn {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	conn, err := ldap.DialURL(s.URL(), ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func bound(t testing.TB, s *adtest.Server) *ldap.Conn {
	t.Helper()
	conn := connect(t, s)
	if err := conn.Bind(s.Account(), s.Password()); err != nil {
		t.Fatal(err)
	}
	return conn
}

func search(base string, scope int, filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

func TestSearch(t *testing.T) {
	s := serve(t, adtest.Options{})
	unit, err := s.AddUnit(t.Context(), s.Root(), `Odd, "unit" #1`)
	if err != nil {
		t.Fatal(err)
	}
	ann, err := s.AddUser(t.Context(), unit, "Ann", directory.Attribute{Name: "mail", Value: "ann@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	conn := bound(t, s)
	for name, c := range map[string]struct {
		base   string
		scope  int
		filter string
		want   int
	}{
		"by an escaped DN":   {`CN=Ann,OU=Odd\, \"unit\" #1,` + s.BaseDN(), ldap.ScopeBaseObject, "(objectClass=*)", 1},
		"by GUID":            {"<GUID=" + ann.String() + ">", ldap.ScopeBaseObject, "(objectClass=user)", 1},
		"one level":          {s.BaseDN(), ldap.ScopeSingleLevel, "(objectClass=organizationalUnit)", 1},
		"subtree":            {s.BaseDN(), ldap.ScopeWholeSubtree, "(&(objectClass=user)(mail=ANN@*))", 1},
		"or and not":         {s.BaseDN(), ldap.ScopeWholeSubtree, "(&(objectClass=user)(!(|(mail=x)(mail=*))))", 1},
		"middle of a value":  {s.BaseDN(), ldap.ScopeWholeSubtree, "(mail=a*@*me.*t)", 1},
		"nobody":             {s.BaseDN(), ldap.ScopeWholeSubtree, "(mail=b*)", 0},
		"only below the top": {`OU=Odd\, \"unit\" #1,` + s.BaseDN(), ldap.ScopeWholeSubtree, "(objectClass=*)", 2},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := conn.Search(search(c.base, c.scope, c.filter, "mail"))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(found.Entries); got != c.want {
				t.Errorf("got %d entries, want %d", got, c.want)
			}
		})
	}
	for base, want := range map[string]uint16{
		"CN=Nobody," + s.BaseDN(): ldap.LDAPResultNoSuchObject, "DC=elsewhere": ldap.LDAPResultReferral,
		"<GUID=nonsense>": ldap.LDAPResultInvalidDNSyntax,
	} {
		if _, err := conn.Search(search(base, ldap.ScopeBaseObject, "(objectClass=*)")); !ldap.IsErrorWithCode(err, want) {
			t.Errorf("%s: got %v, want result code %d", base, err, want)
		}
	}
}

func TestBind(t *testing.T) {
	s := serve(t, adtest.Options{})
	conn := connect(t, s)
	if _, err := conn.Search(search(s.BaseDN(), ldap.ScopeBaseObject, "(objectClass=*)")); !ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError) {
		t.Errorf("without a bind: got %v", err)
	}
	if err := conn.Bind(s.Account(), "wrong"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) || !strings.Contains(err.Error(), "data 52e") {
		t.Errorf("with a wrong password: got %v", err)
	}
	s.SetAccountRefusal("533")
	if err := conn.Bind(s.Account(), s.Password()); err == nil || !strings.Contains(err.Error(), "data 533") {
		t.Errorf("disabled: got %v", err)
	}
	plain, err := ldap.DialURL(s.PlainURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	if err := plain.Bind(s.Account(), s.Password()); !ldap.IsErrorWithCode(err, ldap.LDAPResultStrongAuthRequired) {
		t.Errorf("in the clear: got %v, want strong authentication required", err)
	}
}

func TestPaging(t *testing.T) {
	s := serve(t, adtest.Options{PageLimit: 50})
	if _, err := s.Seed(230, 1); err != nil {
		t.Fatal(err)
	}
	conn := bound(t, s)
	request := func() *ldap.SearchRequest {
		return search(s.BaseDN(), ldap.ScopeWholeSubtree, "(&(objectClass=user)(mail=*))", "mail")
	}
	if _, err := conn.Search(request()); !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		t.Errorf("without paging: got %v, want the size limit", err)
	}
	found, err := conn.SearchWithPaging(request(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range found.Entries {
		seen[e.GetAttributeValue("mail")] = true
	}
	if len(seen) != 230 || len(found.Entries) != 230 {
		t.Errorf("got %d entries with %d addresses, want 230", len(found.Entries), len(seen))
	}
}

func TestRangedMembers(t *testing.T) {
	s := serve(t, adtest.Options{RangeLimit: 1500})
	group, err := s.AddGroup(t.Context(), s.Root(), "Big")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1600 {
		m, err := s.AddUser(t.Context(), s.Root(), fmt.Sprint("m", i))
		if err == nil {
			err = s.AddMember(t.Context(), group, m)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	conn := bound(t, s)
	for asked, want := range map[string]struct {
		name  string
		count int
	}{"member": {"member;range=0-1499", 1500}, "member;range=1500-*": {"member;range=1500-*", 100}} {
		found, err := conn.Search(search("CN=Big,"+s.BaseDN(), ldap.ScopeBaseObject, "(objectClass=*)", asked))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(found.Entries[0].GetAttributeValues(want.name)); got != want.count {
			t.Errorf("%s: got %d values of %s, want %d", asked, got, want.name, want.count)
		}
	}
}

func TestWritesThatCannotBe(t *testing.T) {
	s := serve(t, adtest.Options{})
	ctx := t.Context()
	unit, err := s.AddUnit(ctx, s.Root(), "Sales")
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.AddUser(ctx, unit, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	_, twice := s.AddUnit(ctx, s.Root(), "sales")
	_, nameless := s.AddUnit(ctx, s.Root(), "")
	for what, err := range map[string]error{
		"the same name twice": twice, "no name": nameless, "deleting a unit with people": s.Delete(ctx, unit),
		"moving below itself": s.Move(ctx, unit, unit), "a member of no group": s.AddMember(ctx, unit, user),
		"an unknown one": s.Rename(ctx, directory.GUID{1}, "x"), "restoring the living": s.Restore(ctx, user),
	} {
		if err == nil {
			t.Errorf("%s went well", what)
		}
	}
	if err := s.Delete(ctx, user); err != nil {
		t.Fatal(err)
	}
	if err := s.Modify(ctx, user, "mail", "x"); !errors.Is(err, adtest.ErrNoObject) {
		t.Errorf("changing the deleted: got %v, want ErrNoObject", err)
	}
}

// BenchmarkMillion starts a directory of a million people.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := serve(b, adtest.Options{})
		if _, err := s.Seed(1_000_000, 1); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(s)
	}
}
