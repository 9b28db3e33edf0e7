package ad_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/samba"
)

func TestManagedAccounts(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	ctx := t.Context()
	if none, err := ad.ManagedAccounts(ctx, settings(dc), "dc1"); err != nil || len(none) != 0 {
		t.Fatalf("in a domain without any: got %v, %v", none, err)
	}
	unit, err := dc.AddUnit(ctx, dc.Root(), "Services")
	must(t, err)
	host, err := dc.AddComputer(ctx, unit, "SYNC1")
	must(t, err)
	inner, err := dc.AddGroup(ctx, unit, "Sync servers", host)
	must(t, err)
	outer, err := dc.AddGroup(ctx, unit, "Servers", inner)
	must(t, err)
	shy, err := dc.AddComputer(ctx, unit, "SHY")
	must(t, err)
	must(t, dc.AddMember(ctx, inner, shy))
	must(t, dc.AddRule(ctx, "CN=SHY,OU=Services,"+dc.BaseDN(), "(OD;;RP;b7c69e6d-2cc7-11d2-854e-00a0c983f608;;AU)")) // tokenGroups
	other, err := dc.AddComputer(ctx, unit, "OTHER")
	must(t, err)
	for name, may := range map[string]string{
		"a-nobody": "", "b-other": "(A;;RPWP;;;" + sid(t, dc, other) + ")", "c-own": "(A;;RPWP;;;" + sid(t, dc, host) + ")",
		"D-by-group": "(A;;RPWP;;;" + sid(t, dc, outer) + ")", "e-denied": "(D;;RP;;;" + sid(t, dc, inner) + ")(A;;RPWP;;;" + sid(t, dc, host) + ")",
		"f-computers": "(A;;RPWP;;;DC)", // all members of the domain have this group as their primary one
	} {
		must(t, dc.AddManagedAccount(ctx, unit, name, may))
	}
	for host, want := range map[string]string{
		"sync1": "+c-own +D-by-group +f-computers -a-nobody -b-other -e-denied", "SYNC1.example.test": "+c-own +D-by-group +f-computers -a-nobody -b-other -e-denied",
		"shy":   "+D-by-group +f-computers -a-nobody -b-other -c-own -e-denied",
		"OTHER": "+b-other +f-computers -a-nobody -c-own -D-by-group -e-denied", "unknown": "-a-nobody -b-other -c-own -D-by-group -e-denied -f-computers", "": "-a-nobody -b-other -c-own -D-by-group -e-denied -f-computers",
		"*": "-a-nobody -b-other -c-own -D-by-group -e-denied -f-computers",
	} {
		accounts, err := ad.ManagedAccounts(ctx, settings(dc), host)
		must(t, err)
		if diff := cmp.Diff(want, inWords(accounts)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", host, diff)
		}
		if dn := accounts[0].DN; !strings.HasSuffix(dn, ",OU=Services,"+dc.BaseDN()) {
			t.Errorf("got the DN %s", dn)
		}
	}
}

func sid(t *testing.T, dc *samba.DC, id directory.GUID) string {
	t.Helper()
	text, err := dc.SID(id)
	must(t, err)
	return text
}

func inWords(accounts []directory.ServiceAccount) string {
	var words []string
	for _, a := range accounts {
		words = append(words, map[bool]string{true: "+", false: "-"}[a.Usable]+a.Name)
	}
	return strings.Join(words, " ")
}

func TestManagedAccountsOfAServerWithoutAny(t *testing.T) {
	s := server(t, adtest.Options{})
	if accounts, err := ad.ManagedAccounts(t.Context(), settings(s), "dc1"); err != nil || len(accounts) > 0 {
		t.Errorf("got %v, %v", accounts, err)
	}
}
