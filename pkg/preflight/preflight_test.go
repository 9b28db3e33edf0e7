package preflight

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
)

func settings(t *testing.T) Settings {
	t.Helper()
	return Settings{
		Facts: host.Facts{Name: "DC1", System: "Debian", Role: host.NotApplicable, Elevated: true}, State: t.TempDir(),
		Agent: handoff.Dial(filepath.Join(t.TempDir(), "none.sock")), Environ: func(string) string { return "" },
	}
}

func result(t *testing.T, s Settings, name string) Result {
	t.Helper()
	for _, r := range Run(t.Context(), Checks(s), func(Result) {}) {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no check %q", name)
	return Result{}
}

func TestChecks(t *testing.T) {
	for name, test := range map[string]struct {
		check  string
		change func(*Settings)
		state  State
		stops  bool
		says   string
	}{
		"a member server":       {"domain-controller", func(s *Settings) { s.Facts.Role = host.Member }, Failed, true, "not a domain controller"},
		"a laboratory's member": {"domain-controller", func(s *Settings) { s.Facts.Role, s.AllowMember = host.Member, true }, Passed, false, ""},
		"Windows, not elevated": {"elevated", func(s *Settings) { s.Facts.Role, s.Facts.Elevated = host.DomainController, false }, Failed, true, "not elevated"},
		"Linux, not root":       {"elevated", func(s *Settings) { s.Facts.Elevated = false }, Warning, false, "not root"},
		"Windows Server 2012":   {"system", func(s *Settings) { s.Facts.Build = 9600 }, Failed, true, "too old"},
		"a proxy with password": {"proxy", func(s *Settings) { s.Environ = func(string) string { return "http://u:secret@p.test:3128" } }, Passed, false, ""},
		"an unreadable proxy":   {"proxy", func(s *Settings) { s.Environ = func(string) string { return "::" } }, Warning, false, "cannot be read"},
		"no directory yet":      {"directory", func(*Settings) {}, Passed, false, ""},
		"disk":                  {"disk", func(s *Settings) { s.State = filepath.Join(s.State, "not", "there") }, Passed, false, ""},
		"no agent":              {"earlier", func(*Settings) {}, Passed, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			test.change(&s)
			r := result(t, s, test.check)
			if r.State != test.state || r.Stops() != test.stops {
				t.Errorf("got %s, stops %t; want %s, %t", r.State, r.Stops(), test.state, test.stops)
			}
			if r.State != Passed && (r.Problem == nil || !strings.Contains(r.Problem.Title, test.says) || r.Problem.Hint == "") {
				t.Errorf("got words %+v, want %q and what to do", r.Problem, test.says)
			}
			if strings.Contains(r.Detail, "secret") {
				t.Errorf("the proxy's password is shown: %q", r.Detail)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	server, err := adtest.New(adtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := settings(t)
	s.Directory = server.URL()
	if r := result(t, s, "directory"); r.State != Warning || !strings.Contains(r.Problem.Text, "SHA-256") {
		t.Errorf("unknown authority: got %s %+v, want a warning with the fingerprint", r.State, r.Problem)
	}
	s.DirectoryCA = server.CA()
	if r := result(t, s, "directory"); r.State == Failed || r.Problem != nil && strings.Contains(r.Problem.Title, "not trusted") {
		t.Errorf("known authority: got %s %+v", r.State, r.Problem)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Directory = "ldaps://" + closed.Addr().String()
	_ = closed.Close()
	if r := result(t, s, "directory"); r.State != Warning || !strings.Contains(r.Problem.Title, "does not answer") {
		t.Errorf("closed port: got %s %+v", r.State, r.Problem)
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
