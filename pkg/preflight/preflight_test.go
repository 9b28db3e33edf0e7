package preflight

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
)

func settings(t *testing.T) Settings {
	t.Helper()
	return Settings{
		Facts: host.Facts{Name: "DC1", OS: "linux", System: "Debian", Role: host.NotApplicable, Elevated: true}, State: t.TempDir(),
		Agent: handoff.Dial(filepath.Join(t.TempDir(), "none.sock")), Environ: func(string) string { return "" },
		Resolver: nameServer(t, nil),
	}
}

// results makes all checks and gives their results by name.
func results(t *testing.T, s Settings) map[string]Result {
	t.Helper()
	all := map[string]Result{}
	for _, r := range Run(t.Context(), Checks(s), func(Result) {}) {
		if r.Notable() && (r.Problem == nil || r.Problem.Title == "" || r.Problem.Hint == "") {
			t.Errorf("%s: got %+v, want words and what to do", r.Name, r.Problem)
		}
		all[r.Name] = r
	}
	return all
}

func windows(s *Settings, role host.Role) { s.Facts.OS, s.Facts.Role = host.Windows, role }

func TestMachine(t *testing.T) {
	for name, test := range map[string]struct {
		check  string
		change func(*Settings)
		state  State
		stops  bool
		says   string
	}{
		"a member server":               {"domain-controller", func(s *Settings) { windows(s, host.Member) }, Failed, true, "not a domain controller"},
		"a laboratory's member":         {"domain-controller", func(s *Settings) { windows(s, host.Member); s.AllowMember = true }, Passed, false, ""},
		"a read-only domain controller": {"domain-controller", func(s *Settings) { windows(s, host.ReadOnlyController) }, Failed, true, "read-only domain controller"},
		"Windows, not elevated":         {"elevated", func(s *Settings) { windows(s, host.DomainController); s.Facts.Elevated = false }, Failed, true, "not elevated"},
		"Samba, not root":               {"elevated", func(s *Settings) { s.Facts.Role, s.Facts.Elevated = host.DomainController, false }, Warning, false, "not root"},
		"Linux, not root":               {"elevated", func(s *Settings) { s.Facts.Elevated = false }, Warning, false, "not root"},
		"Windows Server 2012":           {"system", func(s *Settings) { s.Facts.Build = 9600 }, Failed, true, "too old"},
		"Windows Server 2016":           {"system", func(s *Settings) { s.Facts.Build = 14393 }, Passed, false, ""},
		"disk":                          {"disk", func(s *Settings) { s.State = filepath.Join(s.State, "not", "there") }, Passed, false, ""},
		"no agent":                      {"earlier", func(*Settings) {}, Passed, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			test.change(&s)
			r := results(t, s)[test.check]
			if r.State != test.state || r.Stops() != test.stops {
				t.Errorf("got %s, stops %t; want %s, %t", r.State, r.Stops(), test.state, test.stops)
			}
			if r.Notable() && !strings.Contains(r.Problem.Title, test.says) {
				t.Errorf("got words %+v, want %q", r.Problem, test.says)
			}
		})
	}
}

func TestDiskLimits(t *testing.T) {
	for free, want := range map[uint64]State{1 << 20: Failed, 500 << 20: Warning, 5 << 30: Passed} {
		if got := diskResult(free, "/state").State; got != want {
			t.Errorf("%d bytes: got %s, want %s", free, got, want)
		}
	}
}

func TestRunKeepsTheOrderAndTellsBeginAndEnd(t *testing.T) {
	slow := make(chan struct{})
	checks := []Check{
		{Name: "slow", Look: func(context.Context) Result { <-slow; return Result{State: Passed} }},
		{Name: "quick", Look: func(context.Context) Result { return Result{State: Passed} }},
	}
	var told []string
	results := Run(t.Context(), checks, func(r Result) {
		told = append(told, r.Name+" "+string(r.State))
		if r.Name == "quick" && r.State == Passed {
			close(slow)
		}
	})
	if len(told) != 4 || told[3] != "slow passed" || results[0].Name != "slow" || results[1].Name != "quick" {
		t.Errorf("told %v, results %+v", told, results)
	}
}
