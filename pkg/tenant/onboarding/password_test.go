package onboarding_test

import (
	"strings"
	"testing"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
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
		rules := onboarding.Rules(row.password, o, u)
		got, want := [3]bool{rules[0].Met, rules[1].Met, rules[2].Met}, [3]bool{row.length, row.free, row.sound}
		if got != want {
			t.Errorf("%s: length, without the name, hard to guess are %v, want %v", row.name, got, want)
		}
		if err := onboarding.CheckPassword(row.password, o, u); (err == nil) != (want == [3]bool{true, true, true}) {
			t.Errorf("%s: checked: %v", row.name, err)
		}
	}
	if rules := onboarding.Rules("x", o, u); !strings.Contains(rules[0].Words, "14 characters") {
		t.Errorf("the rules do not say the organization's: %q", rules[0].Words)
	}
}
