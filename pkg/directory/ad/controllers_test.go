package ad_test

import (
	"slices"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
)

// TestAttackMachineThatSaysItIsAController has a real domain with a machine that calls itself as one would: only the domain controller
// is listed.
func TestAttackMachineThatSaysItIsAController(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	users, err := dc.Find("Users")
	must(t, err)
	id, err := dc.AddUser(t.Context(), users, "dc9", directory.Attribute{Name: directory.SAMAccountName, Value: "dc9"})
	must(t, err)
	must(t, dc.Modify(t.Context(), id, "servicePrincipalName", "ldap/dc9.example.test"))
	reader, err := ad.Open(t.Context(), settings(dc))
	must(t, err)
	defer reader.Close()
	got, err := reader.Controllers(t.Context())
	if want := []string{"dc1." + dc.Domain()}; err != nil || !slices.Equal(got, want) {
		t.Errorf("listed are %v (%v), want %v", got, err, want)
	}
}
