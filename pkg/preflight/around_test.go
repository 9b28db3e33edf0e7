package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
)

// aService is a service as a test wants it.
type aService struct {
	service.Installation
	there   bool
	started error
}

func (a *aService) Standing(context.Context) (service.Installation, bool) {
	return a.Installation, a.there
}

func (a *aService) Start(context.Context) error {
	a.Running = a.started == nil
	return a.started
}

func tenantAt(t *testing.T, clock func() time.Time) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(control.Discovery{Product: "passly", Protocol: control.Protocol, TenantID: "t", Time: clock()})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestClockIsComparedWithDirectoryAndTenant(t *testing.T) {
	server := directoryServer(t, adtest.Options{})
	for name, test := range map[string]struct {
		here, tenant time.Duration // ahead of the directory
		state        State
		says         string
	}{
		"all agree":             {0, 0, Passed, ""},
		"a little behind":       {-2 * time.Minute, -2 * time.Minute, Warning, "behind the domain controller's"},
		"far ahead":             {6 * time.Minute, 6 * time.Minute, Failed, "ahead of the domain controller's"},
		"far from the tenant":   {0, -10 * time.Minute, Failed, "ahead of the tenant's"},
		"near the tenant's end": {0, 2 * time.Minute, Warning, "behind the tenant's"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			s.Directory, s.DirectoryCA = server.URL(), server.CA()
			s.Now = func() time.Time { return time.Now().Add(test.here) }
			s.Tenant = tenantAt(t, func() time.Time { return time.Now().Add(test.tenant) })
			r := results(t, s)["clock"]
			if r.State != test.state || r.Notable() && !strings.Contains(r.Problem.Title, test.says) || r.Stops() {
				t.Errorf("got %s %q %+v, want %s %q, and to go on", r.State, r.Detail, r.Problem, test.state, test.says)
			}
		})
	}
}

func TestClockIsSetOnDemand(t *testing.T) {
	server := directoryServer(t, adtest.Options{})
	s := settings(t)
	s.Directory, s.DirectoryCA = server.URL(), server.CA()
	var wrong atomic.Bool
	wrong.Store(true)
	s.Now = func() time.Time {
		if wrong.Load() {
			return time.Now().Add(time.Hour)
		}
		return time.Now()
	}
	asked, refused := "", errors.New("exit status 1")
	s.Run = func(_ context.Context, program string, args ...string) ([]byte, error) {
		asked = program + " " + strings.Join(args, " ")
		if refused != nil {
			return []byte("NTP is not supported"), refused
		}
		wrong.Store(false)
		return nil, nil
	}
	if r := results(t, s)["clock"]; r.Repair != nil {
		t.Errorf("without systemd: got the offer %q", r.Repair.Title)
	}
	s.Service = &aService{}
	repair := results(t, s)["clock"].Repair
	if p := problem.Of(repair.Do(t.Context())); p == nil || p.Text != "NTP is not supported" || asked != "timedatectl set-ntp true" {
		t.Errorf("asked %q, got %+v; want the program's own words", asked, p)
	}
	refused = nil
	if err := repair.Do(t.Context()); err != nil {
		t.Error(err)
	}
	if r := results(t, s)["clock"]; r.State != Passed {
		t.Errorf("afterwards: got %s", r.State)
	}
	wrong.Store(true)
	windows(&s, host.DomainController)
	if r := results(t, s)["clock"]; !strings.Contains(r.Repair.Title, "w32tm /resync") {
		t.Errorf("on Windows: got the offer %q", r.Repair.Title)
	}
}

func TestTenantsPortIsLookedAtOnItsOwn(t *testing.T) {
	s := settings(t)
	s.Tenant = tenantAt(t, time.Now)
	if r := results(t, s)["ports"]; r.State != Passed || !strings.Contains(r.Detail, "directory not looked at") {
		t.Errorf("only the tenant is known: got %s %q", r.State, r.Detail)
	}
	s.Tenant = "https://" + closedPort(t)
	if r := results(t, s)["ports"]; r.State != Warning || !strings.Contains(r.Problem.Title, "tenant's") {
		t.Errorf("no tenant answers: got %s %+v", r.State, r.Problem)
	}
	server := directoryServer(t, adtest.Options{})
	s.Directory = server.URL()
	if r := results(t, s)["ports"]; r.State != Warning || !strings.HasPrefix(r.Detail, strings.TrimPrefix(server.URL(), "ldaps://")+", ") {
		t.Errorf("the directory answers: got %s %q, want both said", r.State, r.Detail)
	}
}

func TestProxy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	open := listener.Addr().String()
	for name, test := range map[string]struct {
		environment map[string]string
		change      func(*Settings)
		state       State
		says        string
	}{
		"none":               {nil, nil, Passed, "none"},
		"answers":            {map[string]string{"HTTPS_PROXY": "http://" + open}, nil, Passed, open},
		"without a scheme":   {map[string]string{"https_proxy": open}, nil, Passed, open},
		"does not answer":    {map[string]string{"HTTPS_PROXY": "http://u:secret@" + closedPort(t)}, nil, Warning, "cannot be reached"},
		"unreadable":         {map[string]string{"HTTPS_PROXY": "http://u:secret@:%zz"}, nil, Warning, "cannot be read"},
		"not for the tenant": {map[string]string{"HTTPS_PROXY": "http://" + open, "NO_PROXY": "acme.test"}, func(s *Settings) { s.Tenant = "https://acme.test" }, Passed, "not for acme.test"},
		"with password, started by a person": {
			map[string]string{"HTTPS_PROXY": "http://u:secret@" + open}, nil, Passed, open,
		},
		"with password, for a service": {
			map[string]string{"HTTPS_PROXY": "http://u:secret@" + open}, func(s *Settings) { s.Service = &aService{} }, Warning, "password is not given",
		},
		"with password, in a file": {
			map[string]string{"HTTPS_PROXY": "http://u:secret@" + open}, func(s *Settings) {
				s.Service = &aService{service.Installation{EnvironmentFile: true}, true, nil}
			}, Passed, open,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			s.Environ = func(name string) string { return test.environment[name] }
			if test.change != nil {
				test.change(&s)
			}
			r := results(t, s)["proxy"]
			raw, err := json.Marshal(r)
			if err != nil || r.State != test.state || !strings.Contains(string(raw), test.says) {
				t.Errorf("got %s %s, %v; want %s with %q", r.State, raw, err, test.state, test.says)
			}
			if strings.Contains(string(raw), "secret") {
				t.Errorf("the proxy's password is shown: %s", raw)
			}
		})
	}
}

func TestStoppedServiceIsStartedOnDemand(t *testing.T) {
	s := settings(t)
	stopped := &aService{service.Installation{State: s.State}, true, errors.New("it ended at once")}
	s.Service = stopped
	r := results(t, s)["service"]
	if r.State != Warning || r.Repair == nil || r.Repair.Title != "Start the agent's service" {
		t.Fatalf("got %s with %+v, want the offer to start it", r.State, r.Repair)
	}
	if err := r.Repair.Do(t.Context()); !errors.Is(err, stopped.started) {
		t.Errorf("got %v, want why it did not start", err)
	}
	stopped.started = nil
	if err := r.Repair.Do(t.Context()); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*aService){
		"runs as": func(*aService) {}, "installed for /else": func(a *aService) { a.State, a.Running = "/else", false },
		"not installed yet": func(a *aService) { a.there = false },
	} {
		other := *stopped
		change(&other)
		s.Service = &other
		if r := results(t, s)["service"]; r.State != Passed || !strings.Contains(r.Detail, want) {
			t.Errorf("got %s %q, want %q", r.State, r.Detail, want)
		}
	}
	s.Service, s.Facts.Elevated = nil, false
	if r := results(t, s)["service"]; r.State != Skipped {
		t.Errorf("not root: got %s %q, want it skipped", r.State, r.Detail)
	}
}
