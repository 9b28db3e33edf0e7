package agent

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/vault"
)

// stage is a tenant, a directory with a few people, and an agent that runs until the test ends.
type stage struct {
	testing.TB
	tenant    *tenanttest.Server
	directory *adtest.Server
	seeded    adtest.Seeded
	vault     vault.Vault
	state     string
	agent     *Agent
	stop      func() // ends the agent, as a service manager does
	log       *logbook
}

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{TB: t, tenant: tenanttest.Start(t), state: t.TempDir(), log: &logbook{}}
	var err error
	if s.directory, err = adtest.New(adtest.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.directory.Close() })
	if s.seeded, err = s.directory.Seed(40, 1); err != nil {
		t.Fatal(err)
	}
	if s.vault, err = vault.Open(vault.Memory, s.state); err != nil {
		t.Fatal(err)
	}
	s.start()
	return s
}

// start makes an agent over the same state and vault, as after a restart.
func (s *stage) start() {
	s.Helper()
	var err error
	s.agent, err = New(Options{
		State: s.state, Version: "test", Log: slog.New(slog.NewTextHandler(s.log, nil)), Now: time.Now,
		OpenVault: func(vault.Kind) (vault.Vault, error) { return s.vault, nil },
	})
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.agent.Run(ctx)
	}()
	s.stop = func() { cancel(); <-ended }
	s.Cleanup(s.stop)
}

func (s *stage) enrolment() handoff.Enrolment {
	s.Helper()
	return handoff.Enrolment{
		Tenant: s.tenant.URL, Token: s.tenant.EnrolmentToken(s.TB),
		Directory: handoff.Directory{
			URL: s.directory.URL(), CA: string(s.directory.CA()), Account: s.directory.Account(), Password: s.directory.Password(),
		},
	}
}

func (s *stage) enrol() {
	s.Helper()
	if err := s.agent.Enrol(context.Background(), s.enrolment(), func(handoff.Step) {}); err != nil {
		s.Fatal(err)
	}
}

// choose configures the newest agent as an administrator would.
func (s *stage) choose(edit func(*tenant.Settings)) {
	s.Helper()
	agents, err := s.tenant.Agents(context.Background())
	if err != nil || len(agents) == 0 {
		s.Fatalf("the tenant lists no agent (%v)", err)
	}
	_, err = s.tenant.Configure(context.Background(), agents[len(agents)-1].ID, func(settings *tenant.Settings) error {
		settings.Scope = s.seeded.Units
		edit(settings)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

// await waits until the agent says something, and gives it.
func (s *stage) await(code control.ConditionCode) control.Condition {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		status, err := s.agent.Status(context.Background())
		if err != nil {
			s.Fatal(err)
		}
		if i := slices.IndexFunc(status.Conditions, func(c control.Condition) bool { return c.Code == code }); i >= 0 {
			return status.Conditions[i]
		}
		if time.Now().After(end) {
			s.Fatalf("waited in vain for %s; the agent says %+v", code, status.Conditions)
		}
	}
}

func (s *stage) awaitUsers(want int) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, err := s.tenant.CountUsers(context.Background(), "")
		if err != nil {
			s.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(end) {
			s.Fatalf("users in the tenant: got %d, want %d", got, want)
		}
	}
}

// enabled counts the directory's people that are to be in the tenant.
func (s *stage) enabled() (n int) {
	for _, e := range s.directory.Snapshot() {
		at := slices.IndexFunc(e.Attributes, func(a directory.Attribute) bool { return a.Name == directory.UserAccountControl })
		if e.Kind == directory.KindUser && at >= 0 && e.Attributes[at].Value == "512" && strings.Contains(e.DN, "OU=") {
			n++
		}
	}
	return n
}

func TestAgentHoldsTheTenantEqualToTheDirectory(t *testing.T) {
	s := newStage(t)
	s.await(control.AwaitingEnrolment)
	s.enrol()
	s.await(control.AwaitingConfiguration)
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.await(control.InSync)
	_, err := s.directory.AddUser(context.Background(), s.seeded.Units[0], "New Nora",
		directory.Attribute{Name: directory.GivenName, Value: "Nora"}, directory.Attribute{Name: directory.Surname, Value: "New"},
		directory.Attribute{Name: directory.Mail, Value: "nora@acme.test"}, directory.Attribute{Name: directory.UserPrincipalName, Value: "nora@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	s.awaitUsers(s.enabled())
}

func TestPausedAgentDoesNothingAndSaysSo(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(settings *tenant.Settings) { settings.Status = control.StatusPaused })
	s.await(control.Paused)
	s.awaitUsers(0)
	s.choose(func(settings *tenant.Settings) { settings.Status = control.StatusEnabled })
	s.awaitUsers(s.enabled())
}

func TestRestartedAgentReadsItsCredentialsAgain(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.stop()
	s.start()
	s.await(control.InSync)
}

func TestFailedEnrolmentLeavesNothingBehind(t *testing.T) {
	s := newStage(t)
	for name, spoil := range map[string]func(*handoff.Enrolment){
		"wrong token":              func(e *handoff.Enrolment) { e.Token = "wrong" },
		"wrong directory password": func(e *handoff.Enrolment) { e.Directory.Password = "wrong" },
		"no tenant there":          func(e *handoff.Enrolment) { e.Tenant = "http://127.0.0.1:1" },
	} {
		t.Run(name, func(t *testing.T) {
			e := s.enrolment()
			spoil(&e)
			var failed []handoff.Step
			err := s.agent.Enrol(context.Background(), e, func(step handoff.Step) {
				if step.State == handoff.StepFailed {
					failed = append(failed, step)
				}
			})
			if err == nil || len(failed) != 1 || failed[0].Problem.Title == "" || failed[0].Problem.Hint == "" {
				t.Fatalf("got %v and failed steps %+v; want one, in words", err, failed)
			}
			if _, err := s.vault.Get(context.Background(), credentialsItem); !problem.Is(err, problem.NotFound) {
				t.Errorf("credentials were left behind (%v)", err)
			}
			if _, err := os.Stat(filepath.Join(s.state, recordFile)); !os.IsNotExist(err) {
				t.Errorf("a record was left behind (%v)", err)
			}
		})
	}
}

func TestFailedReenrolmentKeepsTheFormerOne(t *testing.T) {
	s := newStage(t)
	s.enrol()
	before, err := s.vault.Get(context.Background(), credentialsItem)
	if err != nil {
		t.Fatal(err)
	}
	e := s.enrolment()
	e.Token = "wrong"
	if s.agent.Enrol(context.Background(), e, func(handoff.Step) {}) == nil {
		t.Fatal("a wrong token enrolled")
	}
	after, err := s.vault.Get(context.Background(), credentialsItem)
	if err != nil || string(after) != string(before) {
		t.Errorf("the former credentials changed (%v)", err)
	}
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
}

func TestDirectoryThatRefusesTheAccountIsSaidAndRecovered(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.directory.SetAccountRefusal("533")
	s.directory.CutConnections()
	if _, err := s.directory.AddUnit(context.Background(), s.directory.Root(), "New"); err != nil {
		t.Fatal(err)
	}
	s.tenantAsksToSync()
	if c := s.await(control.DirectoryCredentialsRefused); c.Hint == "" || c.Severity != control.Failure {
		t.Errorf("the condition says too little: %+v", c)
	}
	s.directory.SetAccountRefusal("")
	s.tenantAsksToSync()
	s.await(control.InSync)
	s.lifted(control.DirectoryCredentialsRefused)
}

func (s *stage) tenantAsksToSync() {
	s.Helper()
	if err := s.agent.SyncNow(context.Background()); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) lifted(code control.ConditionCode) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		status, err := s.agent.Status(context.Background())
		if err == nil && !slices.ContainsFunc(status.Conditions, func(c control.Condition) bool { return c.Code == code }) {
			return
		}
		if time.Now().After(end) {
			s.Fatalf("the agent still says %s (%v)", code, err)
		}
	}
}

func TestTokensGoToNoOtherOrigin(t *testing.T) {
	for _, reference := range []string{"https://evil.test/scim", "//evil.test/scim", "http://acme.test/scim", "https://acme.test:444/"} {
		if got, err := within("https://acme.test", reference); err == nil {
			t.Errorf("%s was taken as %s", reference, got)
		}
	}
	if got, err := within("https://acme.test", "/scim/v2"); err != nil || got != "https://acme.test/scim/v2" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestDamagedRecordIsSaidAndKept(t *testing.T) {
	state := t.TempDir()
	path := filepath.Join(state, recordFile)
	if err := os.WriteFile(path, []byte(`{"agentId":`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{State: state, Now: time.Now})
	if p := problem.Of(err); err == nil || !strings.Contains(p.Text, path) || p.Hint == "" {
		t.Fatalf("got %v, want words that name the file", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != `{"agentId":` {
		t.Error("the damaged record was changed")
	}
}

func TestRecordNeverHoldsAPassword(t *testing.T) {
	r := record{AgentID: "a", Tenant: "https://acme.test", Directory: handoff.Directory{Password: "secret"}}
	if r.save(t.TempDir()) == nil {
		t.Error("a password was written to the record")
	}
}

func TestConditionsComeGravestFirst(t *testing.T) {
	h := newHealth(time.Now, slog.New(slog.DiscardHandler))
	h.do(inSync())
	h.set(rightsMissing("svc", directory.Domain{}, nil))
	h.set(held([]control.Held{{Kind: control.RemoveUsers, Count: 30, Allowed: 20}}))
	var got []string
	for _, c := range h.conditions() {
		got = append(got, string(c.Code))
		if c.Title == "" || c.Text == "" || c.Since.IsZero() {
			t.Errorf("%s says too little: %+v", c.Code, c)
		}
	}
	if want := "held directory-rights-missing"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	before := h.conditions()[0].Since
	h.set(held([]control.Held{{Kind: control.RemoveUsers, Count: 31, Allowed: 20}}))
	if after := h.conditions()[0].Since; !after.Equal(before) {
		t.Error("a condition that stays began anew")
	}
}

func TestWrongClockIsSaid(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.stop()
	s.tenant.Clock.Advance(time.Hour)
	s.start()
	if c := s.await(control.ClockSkew); !strings.Contains(c.Text, "behind") {
		t.Errorf("the condition says the wrong thing: %+v", c)
	}
}

// lockedVault is a keyring that cannot be opened just now.
type lockedVault struct{ vault.Vault }

func (lockedVault) Get(context.Context, string) ([]byte, error) {
	return nil, &problem.Problem{Code: vault.Unusable, Title: "The keyring is locked", Hint: "Unlock it."}
}

func TestLockedKeyringIsSaidAndWaitedFor(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	s.stop()
	open := s.vault
	s.vault = lockedVault{open}
	s.start()
	if c := s.await(control.CredentialsUnavailable); c.Title != "The keyring is locked" || c.Hint == "" {
		t.Errorf("the condition says the wrong thing: %+v", c)
	}
}

// TestServiceUnderAnotherAccountIsSaid: somebody changed the account in the service manager's own window, and the keyring of the
// new one has nothing.
func TestServiceUnderAnotherAccountIsSaid(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.stop()
	name := filepath.Join(s.state, recordFile)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before := account()
	if !strings.Contains(string(raw), strconv.Quote(before)) {
		t.Fatalf("the record does not say that it was set up as %s:\n%s", before, raw)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(raw), strconv.Quote(before), `"EXAMPLE\\svc"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty, err := vault.Open(vault.Memory, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.vault = empty
	s.start()
	c := s.await(control.CredentialsUnavailable)
	if c.Title != "The agent's credentials belong to another account" || !strings.Contains(c.Text, "runs as "+before+" and was set up as EXAMPLE\\svc") || !strings.Contains(c.Hint, "Enrol again") {
		t.Errorf("the condition says the wrong thing: %+v", c)
	}
}

func TestReconcileRepairsTheTenantAndLeavesItAloneOtherwise(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.await(control.InSync)
	s.reconcile()
	if strings.Contains(s.log.String(), "differs") {
		t.Errorf("a tenant that holds everything was found to differ:\n%s", s.log.String())
	}
	s.removeOneUser()
	s.reconcile()
	s.awaitUsers(s.enabled())
	if !strings.Contains(s.log.String(), "objects=2") {
		t.Errorf("the drift was not counted:\n%s", s.log.String())
	}
}

// reconcile has the agent compare everything, and waits until it did.
func (s *stage) reconcile() {
	s.Helper()
	read := func() int { return strings.Count(s.log.String(), "reading the whole directory") }
	before := read()
	for end := time.Now().Add(20 * time.Second); read() == before || s.agent.running().mirror.Cursor().IsZero(); time.Sleep(50 * time.Millisecond) {
		if read() == before { // a cycle under way may have put its own cursor back
			if err := s.agent.running().mirror.Forget(context.Background()); err != nil {
				s.Fatal(err)
			}
		}
		s.tenantAsksToSync()
		if time.Now().After(end) {
			s.Fatal("nothing was reconciled")
		}
	}
	s.await(control.InSync)
}

// removeOneUser deletes somebody in the tenant behind the agent's back.
func (s *stage) removeOneUser() {
	s.Helper()
	session := s.agent.running()
	token, err := session.client.Token(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	var list struct {
		Resources []struct{ ID string }
	}
	s.tenant.Do(s.TB, "GET", "/scim/v2/Users?count=1", token, nil).Into(s.TB, &list)
	if answer := s.tenant.Do(s.TB, "DELETE", "/scim/v2/Users/"+list.Resources[0].ID, token, nil); answer.Status != 204 {
		s.Fatalf("deleting a user: %+v", answer)
	}
}
