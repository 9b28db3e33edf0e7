package passwords

import (
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
)

func TestPasswordRules(t *testing.T) {
	u := tenant.User{GivenName: "Li", FamilyName: "O'Brien-Ödegård", Mail: "liob@acme.test", UserName: "lo17@acme.test", SAMAccountName: "lobrien"}
	o := tenant.Organization{Name: "Blue Heron", MinPassword: 14}
	for _, row := range []struct {
		name, password      string
		length, free, sound bool
	}{
		{"good", "violet tractor under snow", true, true, true},
		{"nothing typed", "", false, false, false},
		{"too short for this organization", "vT7$kq2!xW9z", false, true, true},
		{"a leaked one", "password1234567", true, true, false},
		{"a leaked one, dressed up", "P@ssw0rd1234!!", true, true, false},
		{"a row of keys", "qwertyuiopasdf", true, true, false},
		{"one word many times", "tractortractortractor", true, true, false},
		{"the organization's name", "BlueHeron2026!", true, true, false},
		{"the last name in other case", "violet BRIEN tractor snow", true, false, true},
		{"the logon name", "lo17 violet tractor snow", true, false, true},
		{"a short name is in many words", "politics of violet snow", true, true, true},
		{"no text", "violet tractor \xff\xfe under snow", true, true, false},
		{"too long", strings.Repeat("violet tractor ", 100), false, true, true},
	} {
		all := rules(row.password, o, u, directory.PasswordRules{})
		got, want := [3]bool{all[0].Met, all[1].Met, all[2].Met}, [3]bool{row.length, row.free, row.sound}
		if got != want {
			t.Errorf("%s: length, without the name, hard to guess are %v, want %v", row.name, got, want)
		}
		if err := check(all); (err == nil) != (want == [3]bool{true, true, true}) {
			t.Errorf("%s: checked: %v", row.name, err)
		}
	}
	if all := rules("x", o, u, directory.PasswordRules{}); !strings.Contains(all[0].Words, "14 characters") {
		t.Errorf("the rules do not say the organization's: %q", all[0].Words)
	}
}

// TestTheStricterOfOrganizationAndDirectory has both ask for something.
func TestTheStricterOfOrganizationAndDirectory(t *testing.T) {
	domain := directory.PasswordRules{MinLength: 22, Complex: true, History: 24, MinAge: 24 * time.Hour, MaxAge: 42 * 24 * time.Hour}
	for _, row := range []struct {
		name, password string
		o              tenant.Organization
		want           string
	}{
		{"the directory's length", "Violet tractor snow7", tenant.Organization{MinPassword: 12}, "✗ ✓ ✓ ✓"},
		{"the organization's length", "Violet tractor under77", tenant.Organization{MinPassword: 24}, "✗ ✓ ✓ ✓"},
		{"two kinds of characters", "violet tractor under snow", tenant.Organization{MinPassword: 12}, "✓ ✓ ✓ ✗"},
		{"three kinds", "Violet tractor under snow", tenant.Organization{MinPassword: 12}, "✓ ✓ ✓ ✓"},
		{"letters of other scripts are a kind", "violet 蘭蘭蘭 tractor snow", tenant.Organization{MinPassword: 12}, "✓ ✓ ✓ ✓"},
		{"strong", "kq7xV2pmz", tenant.Organization{MinPassword: 12}, "✗ ✓ ✓ ✓"},
		{"strong is not very strong", "kq7xV2pmz", tenant.Organization{MinPassword: 12, MinStrength: tenant.MostStrength}, "✗ ✓ ✗ ✓"},
	} {
		var got []string
		for _, r := range rules(row.password, row.o, tenant.User{}, domain) {
			got = append(got, map[bool]string{true: "✓", false: "✗"}[r.Met])
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: got %v, want %s", row.name, got, row.want)
		}
	}
	if got := strings.Join(notes(domain), " "); !strings.Contains(got, "last 24 passwords") || !strings.Contains(got, "one day") || !strings.Contains(got, "42 days") {
		t.Errorf("the notes are %q", got)
	}
}
