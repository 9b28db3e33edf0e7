package directorytest

import (
	"slices"
	"testing"

	"passlysync/pkg/directory"
)

// testFind holds Find to users and groups by the beginning of any of their names, or by a distinguished name, and to a bound.
func testFind(t *testing.T, d Directory, r Reader) {
	ctx := t.Context()
	unit := must(d.AddUnit(ctx, d.Root(), "Find, (all)"))(t)
	zoe := must(d.AddUser(ctx, unit, "Zoé Finder*", set(directory.Mail, "zf@find.test"), set(directory.UserPrincipalName, "zlogon@find.test"),
		set(directory.Surname, "Quarrie"), set(directory.SAMAccountName, "zacc")))(t)
	yan := must(d.AddUser(ctx, unit, "Yan Finder", set(directory.DisplayName, "Zoé's brother")))(t)
	group := must(d.AddGroup(ctx, unit, "Zoé's group", zoe))(t)
	gone := must(d.AddUser(ctx, unit, "Zoé Gone"))(t)
	if err := d.Delete(ctx, gone); err != nil {
		t.Fatal(err)
	}
	var dn string
	for text, want := range map[string][]directory.GUID{
		"Zoé": {zoe, yan, group}, "zoé finder*": {zoe}, "ZF@find": {zoe}, "zlogon@find.test": {zoe}, "quarr": {zoe}, "zacc": {zoe},
		"Find, (all)": nil, "*": nil, "nobody at all": nil, "CN=Nobody,DC=elsewhere,DC=test": nil,
	} {
		var got []directory.GUID
		for _, e := range must(r.Find(ctx, text, 10))(t) {
			if got = append(got, e.GUID); !e.Whole || e.Parent != unit || e.Kind == "" || e.MembersWhole {
				t.Errorf("found %+v, want it whole but for members", e)
			}
			if e.GUID == zoe {
				dn = e.DN
			}
		}
		if !sameSet(got, want) {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
	if found := must(r.Find(ctx, dn, 10))(t); len(found) != 1 || found[0].GUID != zoe {
		t.Errorf("by the distinguished name %q: found %+v", dn, found)
	}
	if found := must(r.Find(ctx, "Zoé", 2))(t); len(found) != 2 {
		t.Errorf("at most 2: found %d", len(found))
	}
}

func sameSet(a, b []directory.GUID) bool {
	order := func(x, y directory.GUID) int { return slices.Compare(x[:], y[:]) }
	slices.SortFunc(a, order)
	slices.SortFunc(b, order)
	return slices.Equal(a, b)
}
