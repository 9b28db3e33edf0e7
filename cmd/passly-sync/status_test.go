package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
)

func TestStatusSaysConditionsInWords(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	printStatus(&out, handoff.Status{
		Version: "1.2.3", Enrolled: true, Name: "DC1", Tenant: "https://acme.my.passly.com", TenantName: "Acme",
		Directory: control.DirectoryFacts{Domain: "acme.test", Server: "dc1.acme.test"},
		Counts:    control.Counts{People: 1000, Disabled: 3, Groups: 1, Memberships: 20, Incomplete: 2, Waiting: 5},
		LastSync:  now.Add(-90 * time.Second), Vault: "the Secret Service keyring of root",
		Conditions: []control.Condition{{
			Code: control.Halted, Severity: control.Warning, Title: "Additions are halted", Text: "One user is incomplete.",
			Hint: "Complete it in the directory.", Since: now.Add(-3 * time.Hour),
			Subjects: []control.Subject{{Name: "Bo", Place: "Sales / Berlin", Missing: []string{"e-mail"}}},
		}},
	}, now)
	want := `Passly Directory Sync, agent 1.2.3

! Additions are halted (halted, since 3 h)
  One user is incomplete.
  • Bo in Sales / Berlin: without e-mail
  → Complete it in the directory.

Agent        DC1
Tenant       Acme · https://acme.my.passly.com
Directory    acme.test at dc1.acme.test
Synced       1000 people (and 3 disabled), 1 group, 20 memberships
Not synced   2 incomplete, 5 waiting
Last sync    1 min ago
Credentials  the Secret Service keyring of root
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestExitCodeSaysTheWorst(t *testing.T) {
	with := func(s control.Severity) handoff.Status {
		return handoff.Status{Enrolled: true, Conditions: []control.Condition{{Severity: control.OK}, {Severity: s}}}
	}
	for name, test := range map[string]struct {
		status handoff.Status
		want   int
	}{
		"not enrolled": {handoff.Status{}, exitNotEnrolled},
		"well":         {with(control.OK), exitOK},
		"a notice":     {with(control.Notice), exitOK},
		"a warning":    {with(control.Warning), exitAttention},
		"a failure":    {with(control.Failure), exitAttention},
	} {
		if got := exitCode(verdict(test.status)); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestMemberServersAreRefused(t *testing.T) {
	for role, refused := range map[host.Role]bool{
		host.NotApplicable: false, host.DomainController: false, host.Member: true, host.Standalone: true, host.ReadOnlyController: true,
	} {
		p := preflight.NotADomainController(host.Facts{Name: "SRV1", OS: host.Windows, Role: role}, false)
		if got := p != nil; got != refused {
			t.Errorf("%s: got refused %t, want %t", role, got, refused)
		}
		if p := preflight.NotADomainController(host.Facts{OS: host.Windows, Role: role}, true); p != nil {
			t.Errorf("%s, allowed on purpose: got %v", role, p)
		}
	}
}
