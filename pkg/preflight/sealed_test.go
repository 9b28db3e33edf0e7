package preflight

import (
	"strings"
	"testing"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
)

// TestControllerWithoutTLS is found by its name alone, and nothing about it is alarming.
func TestControllerWithoutTLS(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{NoTLS: true})
	address := strings.TrimPrefix(dc.PlainURL(), "ldap://")
	resolver := nameServer(t, map[string][]string{"dc1.example.test.": {address}, "_ldap._tcp.dc._msdcs.example.test.": {"dc1.example.test."}})
	if got := ad.Address(t.Context(), resolver, "dc1.example.test"); got != "ldap://dc1.example.test" {
		t.Errorf("the address: got %q", got)
	}
	s := settings(t)
	s.Resolver, s.Facts.SearchDomains = resolver, []string{"example.test"}
	all := results(t, s)
	wantOneAlarm(t, all, "", "", "")
	for check, words := range map[string]string{"certificate": "Kerberos seals", "clock": "as the directory's"} {
		if got := all[check].Detail; !strings.Contains(got, words) {
			t.Errorf("%s: got %q, want %q", check, got, words)
		}
	}
}
