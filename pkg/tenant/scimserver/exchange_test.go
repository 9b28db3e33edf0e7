package scimserver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"passlysync/pkg/scim"
)

// named is an operation that gives somebody a name.
func named(who, name string) string {
	return fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","data":{"Operations":[{"op":"replace","value":{"userName":"%[2]s","emails":[{"value":"%[2]s","primary":true}]}}]}}`, who, name)
}

// TestNamesPassFromOneToAnother has people take each other's names in one request: all that can be done together is, the rest stays
// as it was.
func TestNamesPassFromOneToAnother(t *testing.T) {
	const ann, bob, cy, eve = "ann@example.test", "bob@example.test", "cy@example.test", "eve@other.test"
	for name, row := range map[string]struct {
		operations []string
		statuses   []string
		names      map[string]string
	}{
		"two swap":                  {[]string{named("$ann", bob), named("$bob", ann)}, []string{"200", "200"}, map[string]string{"$ann": bob, "$bob": ann}},
		"three in a circle":         {[]string{named("$ann", bob), named("$bob", cy), named("$cy", ann)}, []string{"200", "200", "200"}, map[string]string{"$ann": bob, "$bob": cy, "$cy": ann}},
		"the first comes too early": {[]string{named("$ann", bob), named("$bob", "new@example.test")}, []string{"200", "200"}, map[string]string{"$ann": bob, "$bob": "new@example.test"}},
		"one wants an outsider's":   {[]string{named("$ann", bob), named("$bob", eve)}, []string{"409", "409"}, map[string]string{"$ann": ann, "$bob": bob}},
		"two swap beside one who cannot": {
			[]string{named("$ann", bob), named("$cy", eve), named("$bob", ann)},
			[]string{"200", "409", "200"},
			map[string]string{"$ann": bob, "$bob": ann, "$cy": cy},
		},
		"both want the same: the first": {[]string{named("$ann", bob), named("$cy", bob), named("$bob", ann)}, []string{"200", "409", "200"}, map[string]string{"$ann": bob, "$bob": ann, "$cy": cy}},
		"a later one counts": {
			[]string{named("$ann", bob), named("$ann", "new@example.test"), named("$bob", ann)},
			[]string{"409", "200", "200"},
			map[string]string{"$ann": "new@example.test", "$bob": ann},
		},
		"one of them is removed too": {
			[]string{named("$ann", cy), named("$cy", ann), `{"method":"DELETE","path":"/Users/$cy"}`}, []string{"200", "409", "204"}, map[string]string{"$ann": cy},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add(t, w.one, "cy", "/Users", `{"userName":"cy@example.test","emails":[{"value":"cy@example.test"}]}`)
			var answer scim.BulkResponse
			w.one.Do(t, "POST", "/scim/v2/Bulk", w.fill(`{"Operations":[`+strings.Join(row.operations, ",")+`]}`)).Into(t, &answer)
			var statuses []string
			for _, o := range answer.Operations {
				statuses = append(statuses, o.Status)
			}
			if !slices.Equal(statuses, row.statuses) {
				t.Errorf("got %v, want %v", statuses, row.statuses)
			}
			for who, name := range row.names {
				var u scim.User
				w.one.Do(t, "GET", w.fill("/scim/v2/Users/"+who), nil).Into(t, &u)
				if u.UserName != name || len(u.Emails) != 1 || u.Emails[0].Value != name {
					t.Errorf("%s is now %s with %v, want %s", who, u.UserName, u.Emails, name)
				}
			}
		})
	}
}
