package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// hands is a clock that a test moves.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func TestOwnControllerIsPreferred(t *testing.T) {
	clock := &hands{at: time.Unix(1_800_000_000, 0)}
	list := &listing{names: []string{"dc2.acme.test", "dc1.acme.test", "dc3.acme.test"}}
	c := newControllers(handoff.Directory{URL: "ldaps://dc1.acme.test", Others: []string{"ldaps://given.acme.test"}}, clock.now, "")
	want := func(what string, urls ...string) {
		t.Helper()
		for i := range urls {
			urls[i] = "ldaps://" + urls[i] + ".acme.test"
		}
		if got := c.candidates(); !slices.Equal(got, urls) {
			t.Errorf("%s: got %v, want %v", what, got, urls)
		}
	}
	want("at first", "dc1", "given")
	c.learn(t.Context(), list)
	want("once the directory has listed them", "dc1", "given", "dc2", "dc3")
	c.tries("ldaps://dc1.acme.test")
	moved := c.Moved()
	c.serves("ldaps://dc1.acme.test")
	if before, other := c.serves("ldaps://dc2.acme.test"); !other || before != "ldaps://dc1.acme.test" {
		t.Errorf("another one serves: got %s, %v", before, other)
	}
	select {
	case <-moved:
	default:
		t.Error("nobody is told that another one serves")
	}
	want("while another one serves", "dc2", "dc1", "given", "dc3")
	clock.move(returnEvery)
	if away, due := c.Away(); !away || !due {
		t.Errorf("after a while: away %v, due %v, want both", away, due)
	}
	want("when the own one is to be tried again", "dc1", "given", "dc2", "dc3")
	clock.move(lookAfter)
	list.failing = errors.New("not for this account")
	c.learn(t.Context(), list)
	c.learn(t.Context(), list)
	want("the directory lists them no more", "dc1", "given", "dc2", "dc3")
	if list.asked != 2 {
		t.Errorf("the directory was asked %d times, want 2", list.asked)
	}
}

// listing is a directory that lists domain controllers, and nothing else.
type listing struct {
	directory.Reader
	names   []string
	failing error
	asked   int
}

func (l *listing) Controllers(context.Context) ([]string, error) {
	l.asked++
	return l.names, l.failing
}

// TestControllersAreKnownAfterAStart is an agent that starts while its own domain controller does not answer.
func TestControllersAreKnownAfterAStart(t *testing.T) {
	own, state, clock := handoff.Directory{URL: "ldaps://dc1.acme.test:3269"}, t.TempDir(), &hands{at: time.Unix(1_800_000_000, 0)}
	start := func() *controllers { return newControllers(own, clock.now, state) }
	want := []string{"ldaps://dc1.acme.test:3269", "ldaps://dc2.acme.test", "ldaps://dc3.acme.test"}
	start().learn(t.Context(), &listing{names: []string{"dc2.acme.test", "dc3.acme.test"}})
	if got := start().candidates(); !slices.Equal(got, want) {
		t.Errorf("after a start: %v, want %v", got, want)
	}
	for name, content := range map[string]string{"torn": `["dc2.ac`, "of another kind": `{"a":1}`, "far too long": `["` + strings.Repeat("x", 1<<20) + `"]`} {
		if err := os.WriteFile(filepath.Join(state, controllersFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := start().candidates(); !slices.Equal(got, want[:1]) {
			t.Errorf("a file that is %s: %v, want the own one", name, got)
		}
	}
	many := &listing{}
	for i := range 200 {
		many.names = append(many.names, fmt.Sprintf("other%d.acme.test", i))
	}
	c := start()
	if c.learn(t.Context(), many); len(c.candidates()) != maxControllers+1 {
		t.Errorf("of 200 that are listed %d are tried, want %d", len(c.candidates())-1, maxControllers)
	}
}

// TestAttackSpentTriesAtEveryController: a refused password is not tried at one controller after the other, which would lock
// the account in one round.
func TestAttackSpentTriesAtEveryController(t *testing.T) {
	for err, want := range map[error]bool{
		coded(directory.CredentialsRefused): false, coded(directory.RightsMissing): false, context.Canceled: false,
		coded(directory.Unreachable): true, coded(directory.Untrusted): true, coded(directory.Busy): true,
	} {
		if got := elsewhere(err); got != want {
			t.Errorf("after %v another one is tried: %v, want %v", err, got, want)
		}
	}
}

// TestAnotherControllerServesMeanwhile syncs with two: the own one goes away and a hire comes through the other, without
// reading everything anew; it comes back, and is used again.
func TestAnotherControllerServesMeanwhile(t *testing.T) {
	s := newStage(t)
	second, err := s.directory.Second()
	if err != nil {
		t.Fatal(err)
	}
	e := s.enrolment()
	e.Directory.Others = []string{second.URL()}
	if err := s.agent.Enrol(t.Context(), e, func(handoff.Step) {}); err != nil {
		t.Fatal(err)
	}
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	passes := strings.Count(s.log.String(), "kind=full")

	if passes != 1 {
		t.Fatalf("the log tells of %d full passes, want 1", passes)
	}
	s.directory.SetFaults(adtest.Faults{Refuse: true})
	s.directory.CutConnections()
	hire := func(name string) {
		t.Helper()
		given, family, _ := strings.Cut(name, " ")
		mail := strings.ToLower(given) + "@acme.test"
		_, err := s.directory.AddUser(t.Context(), s.seeded.Units[0], name, directory.Attribute{Name: directory.GivenName, Value: given},
			directory.Attribute{Name: directory.Surname, Value: family}, directory.Attribute{Name: directory.Mail, Value: mail}, directory.Attribute{Name: directory.UserPrincipalName, Value: mail})
		if err != nil {
			t.Fatal(err)
		}
		s.awaitUsers(s.enabled())
	}
	server := func() string { return s.agent.running().connectedTo().Server }
	hire("Ann Away")
	if got := server(); got != second.Name() {
		t.Errorf("read from %s, want %s", got, second.Name())
	}
	s.await(control.InSync)
	s.directory.SetFaults(adtest.Faults{})
	hire("Bob Still")
	if got := server(); got != second.Name() {
		t.Errorf("the other one was left at once, for %s", got)
	}
	own := s.agent.running().controllers
	own.mu.Lock()
	own.tried = own.tried.Add(-returnEvery)
	own.mu.Unlock()
	hire("Cyd Back")
	for end := time.Now().Add(10 * time.Second); server() == second.Name() && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	if server() == second.Name() {
		t.Error("the own one is back, and not used")
	}
	hire("Dan Home")
	if again := strings.Count(s.log.String(), "kind=full"); again != passes {
		t.Errorf("changing controllers cost %d full passes", again-passes)
	}
}

func coded(code problem.Code) error { return &problem.Problem{Code: code} }
