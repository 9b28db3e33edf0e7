package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// between stands between agent and tenant.
type between struct {
	*httptest.Server
	mu    sync.Mutex
	count map[string]int
	spoil func(w http.ResponseWriter, r *http.Request) bool
}

func (s *stage) between() *between {
	b := &between{count: map[string]int{}}
	to, _ := url.Parse(s.tenant.URL)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.count[r.URL.Path]++
		spoil := b.spoil
		b.mu.Unlock()
		if spoil != nil && spoil(w, r) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	s.Cleanup(func() { b.CloseClientConnections(); b.Close() })
	return b
}

func (b *between) set(spoil func(w http.ResponseWriter, r *http.Request) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spoil = spoil
	b.count = map[string]int{}
}

func (s *stage) enrolVia(b *between) {
	e := s.enrolment()
	e.Tenant = b.URL
	if err := s.agent.Enrol(context.Background(), e, func(handoff.Step) {}); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) said() string {
	st, _ := s.agent.Status(context.Background())
	var all []string
	for _, c := range st.Conditions {
		all = append(all, string(c.Code)+"|"+c.Title)
	}
	return strings.Join(all, " ; ")
}

// The tenant is restored from a backup: its configuration has an older version; then the administrator pauses the agent.
func TestOlderConfigurationOfARestoredTenantCounts(t *testing.T) {
	s := newStage(t)
	b := s.between()
	s.enrolVia(b)
	s.choose(func(*tenant.Settings) {})
	for range 4 {
		s.choose(func(x *tenant.Settings) { x.Name += "x" })
	}
	s.await(control.InSync)
	var version atomic.Int64
	version.Store(3)
	rewrite := func(w http.ResponseWriter, r *http.Request) bool {
		paused := control.Configuration{Version: version.Load(), Name: "n", Status: control.StatusPaused, Scope: s.seeded.Units, Incomplete: control.IncompleteHalt, Guard: control.DefaultGuard}
		raw, _ := json.Marshal(paused)
		switch r.URL.Path {
		case control.EventsPath:
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "id: 1\nevent: configuration\ndata: %s\n\n", raw)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		case control.ConfigurationPath:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(raw)
			return true
		case control.HeartbeatPath:
			_, _ = io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, `{"configuration":%d,"every":1}`, version.Load())
			return true
		}
		return false
	}
	b.set(rewrite)
	b.CloseClientConnections()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.HasPrefix(s.said(), "paused") {
			return
		}
	}
	t.Errorf("the restored tenant says paused (version 3); after 8 s the agent says %s", s.said())
}

// An event without end.
func TestEndlessEventIsBounded(t *testing.T) {
	s := newStage(t)
	b := s.between()
	s.enrolVia(b)
	line := append(append([]byte("data: "), bytes.Repeat([]byte("x"), 1<<19)...), '\n')
	b.set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != control.EventsPath {
			return false
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for range 600 { // 300 MiB
			if _, err := w.Write(line); err != nil {
				return true
			}
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	})
	b.CloseClientConnections()
	var most uint64
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	t.Logf("heap in use: %d MiB", most>>20)
	if most > 100<<20 {
		t.Errorf("one event made the heap %d MiB", most>>20)
	}
}

// A tenant whose error has another text each time (a request id, the local port of a reset connection).
func TestChangingErrorTextMakesNoStorm(t *testing.T) {
	s := newStage(t)
	b := s.between()
	s.enrolVia(b)
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	var n atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(503)
		fmt.Fprintf(w, `{"title":"Down","detail":"request %d","text":"request %d"}`, n.Add(1), n.Load())
		return true
	})
	b.CloseClientConnections()
	time.Sleep(3 * time.Second)
	if got := n.Load(); got > 12 {
		t.Errorf("%d requests in 3 s, although the tenant asked to be left alone for a minute", got)
	}
}

// Enrolled again, as after a lost keyring, the agent stays who it was: it goes on with its own people.
func TestReenrolledAgentStaysItself(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	before := s.agent.enrolment().AgentID
	s.enrol()
	agents, err := s.tenant.Agents(context.Background())
	if err != nil || len(agents) != 1 || s.agent.enrolment().AgentID != before {
		t.Fatalf("the tenant has %d agents (%v); want the one from before", len(agents), err)
	}
	s.await(control.InSync)
	_, err = s.directory.AddUser(context.Background(), s.seeded.Units[0], "New Nora",
		directory.Attribute{Name: directory.GivenName, Value: "Nora"}, directory.Attribute{Name: directory.Surname, Value: "New"},
		directory.Attribute{Name: directory.Mail, Value: "nora@acme.test"}, directory.Attribute{Name: directory.UserPrincipalName, Value: "nora@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	s.awaitUsers(s.enabled())
}

// With no unit chosen any more everybody is out of scope: too many at once, so they are held, and it is said.
func TestEmptiedScopeIsHeld(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.choose(func(x *tenant.Settings) { x.Scope = nil })
	if c := s.await(control.HeldRemovals); !strings.Contains(c.Text, "users to be disabled") {
		t.Errorf("the condition says the wrong thing: %+v", c)
	}
}

// The same when the choice was taken back while the agent was stopped.
func TestScopeEmptiedWhileStoppedIsHeld(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.stop()
	s.choose(func(x *tenant.Settings) { x.Scope = nil })
	s.start()
	s.await(control.HeldRemovals)
}

// A running cycle ends when the administrator pauses the agent.
func TestPauseStopsARunningCycle(t *testing.T) {
	s := newStage(t)
	b := s.between()
	s.enrolVia(b)
	sending, paused := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/Bulk") {
			once.Do(func() { close(sending) })
			select {
			case <-paused:
			case <-r.Context().Done():
			}
		}
		return false
	})
	s.choose(func(*tenant.Settings) {})
	<-sending
	s.choose(func(x *tenant.Settings) { x.Status = control.StatusPaused })
	s.await(control.Paused)
	close(paused)
	s.awaitUsers(0)
}

// Refused sign-ins must not lock the account: four tries in half an hour, and one more when somebody asks.
func TestRefusedSignInsAreTriedSeldom(t *testing.T) {
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var g gate
	tries := 0
	signIn := func() error {
		tries++
		return &problem.Problem{Code: directory.CredentialsRefused, Title: "no"}
	}
	for range 30 * 60 {
		if err := g.pass(func() time.Time { return clock }, signIn); !problem.Is(err, directory.CredentialsRefused) {
			t.Fatalf("got %v, want the refusal", err)
		}
		clock = clock.Add(time.Second)
	}
	if tries != 4 {
		t.Errorf("sign-ins in half an hour: got %d, want 4", tries)
	}
	g.open()
	_ = g.pass(func() time.Time { return clock }, signIn)
	if tries != 5 {
		t.Error("a sign-in that was asked for was not tried")
	}
}

func TestUnitListFitsAMessage(t *testing.T) {
	var list control.UnitList
	for i := range control.MaxUnits {
		name := fmt.Sprintf("Department %04d", i)
		list.Units = append(list.Units, control.Unit{Name: name, DN: "OU=" + name + strings.Repeat(",OU=A rather long name of a unit", 200)})
	}
	if raw, err := json.Marshal(list); err != nil || len(raw) > control.MaxResult {
		t.Errorf("%d units take %d bytes, a message has at most %d (%v)", len(list.Units), len(raw), control.MaxResult, err)
	}
}
