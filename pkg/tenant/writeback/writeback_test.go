package writeback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/tenant/writeback"
)

// scene is a tenant with one person of one agent.
type scene struct {
	*tenanttest.Server
	agent *tenanttest.Agent
	ann   tenant.User
}

func newScene(t *testing.T, edit func(*serve.Options)) *scene {
	t.Helper()
	s := &scene{Server: tenanttest.StartWith(t, edit)}
	s.agent = s.Enrol(t, "dc1")
	s.ann = s.agent.AddPerson(t, "ann")
	return s
}

func (s *scene) set(t *testing.T, r writeback.Request) (writeback.Outcome, problem.Code) {
	t.Helper()
	r.User = s.ann
	if r.From == "" {
		r.From = "192.0.2.7:1"
	}
	outcome, err := s.Passwords().Set(t.Context(), r)
	if err == nil {
		return outcome, ""
	}
	return outcome, problem.Of(err).Code
}

func password(text string) writeback.Request { return writeback.Request{New: []byte(text)} }

// entries gives the codes that the audit log has of passwords, newest first.
func (s *scene) entries(t *testing.T) (all []audit.What) {
	t.Helper()
	log, err := s.Store().Entries(t.Context(), audit.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range log {
		if strings.HasPrefix(string(e.What), "password.") {
			all = append(all, e.What)
		}
	}
	return all
}

func TestAPasswordReachesTheAgentAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	if _, code := s.set(t, password("x")); code != writeback.NotTwoWay {
		t.Errorf("one-way: got %q", code)
	}
	var got seal.Secrets
	var asked control.SealedArgs
	s.agent.TakePasswords(t, control.PasswordRules{MinLength: 9, MinAge: 60}, func(c control.Command, args control.SealedArgs, secrets seal.Secrets) any {
		got, asked = secrets, args
		if c.Kind == control.CommandVerifyPassword {
			return &control.CommandError{Code: string(directory.PasswordWrong), Title: "The password is not the account's"}
		}
		return control.PasswordWritten{Unlock: &problem.Problem{Title: "no right"}}
	})
	outcome, code := s.set(t, writeback.Request{Old: []byte("the old one"), New: []byte("the new one"), MustChange: true})
	if code != "" || len(outcome.Remarks) != 1 || string(got.Old) != "the old one" || string(got.New) != "the new one" || !asked.MustChange || asked.User != tenanttest.GUID("ann") {
		t.Errorf("set: %+v %q; the agent got %q, %+v", outcome, code, got, asked)
	}
	if err := s.Passwords().Verify(t.Context(), s.ann, []byte("guess"), "192.0.2.7:1"); !problem.Is(err, directory.PasswordWrong) {
		t.Errorf("verify: %v", err)
	}
	rules, err := s.Passwords().Rules(t.Context(), s.ann)
	if err != nil || !rules.Known || rules.MinLength != 9 || rules.MinAge != time.Minute {
		t.Errorf("rules: %+v %v", rules, err)
	}
	want := []audit.What{audit.PasswordUnproven, audit.PasswordWritten, audit.PasswordRefused}
	if got := s.entries(t); len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("audit: %v, want %v", got, want)
	}
}

func TestAwayIsSaidAtOnceAndNothingIsDoneLater(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.publish(t)
	began := time.Now()
	if _, code := s.set(t, password("umbrella")); code != writeback.AgentAway || time.Since(began) > time.Second {
		t.Errorf("away: got %q after %s", code, time.Since(began))
	}
	if rules, err := s.Passwords().Rules(t.Context(), s.ann); err != nil || rules.Known {
		t.Errorf("rules that nobody said: %+v %v", rules, err)
	}
	s.agent.Heartbeat(t, func(h *control.Heartbeat) { h.Passwords = &control.PasswordRules{MinLength: 9} })
	if rules, err := s.Passwords().Rules(t.Context(), s.ann); err != nil || !rules.Known || rules.MinLength != 9 {
		t.Errorf("rules that the agent said last: %+v %v", rules, err)
	}
	events, stop := s.agent.Listen(t, "")
	if e := <-events; e.Name != control.EventConfiguration {
		t.Errorf("first comes %+v", e)
	}
	time.AfterFunc(200*time.Millisecond, stop)
	for e := range events {
		t.Errorf("an agent that comes later is given %+v", e)
	}
}

// publish makes the agent two-way, with a key.
func (s *scene) publish(t *testing.T) {
	t.Helper()
	if _, err := s.Configure(t.Context(), s.agent.ID, func(settings *tenant.Settings) error {
		settings.PasswordPolicy = control.PasswordTwoWay
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	key, err := seal.NewKey(seal.NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	s.agent.Heartbeat(t, func(h *control.Heartbeat) {
		h.Sealing = seal.Publish(s.agent.Key, s.Info().ID, s.agent.ID.String(), key.Public())
	})
}

// hearing is an agent that is given commands, and claims nothing by itself.
func (s *scene) hearing(t *testing.T) <-chan tenanttest.Event {
	t.Helper()
	s.publish(t)
	events, _ := s.agent.Listen(t, "")
	return events
}

func nextCommand(t *testing.T, events <-chan tenanttest.Event) control.Command {
	t.Helper()
	for e := range events {
		if e.Name == control.EventCommand {
			var c control.Command
			if err := json.Unmarshal([]byte(e.Data), &c); err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatal("the stream ended")
	return control.Command{}
}

func (s *scene) claim(t *testing.T, c control.Command, nonce string) int {
	t.Helper()
	return s.agent.Do(t, "POST", control.ClaimPath, control.Claim{ID: c.ID, Nonce: nonce}).Status
}

// TestAttackClaimedTwice: a second process with the agent's keys gets nothing, a lost answer may be asked for again, and what
// was begun and never answered is not said to have failed.
func TestAttackClaimedTwice(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	events := s.hearing(t)
	desk := writeback.New(writeback.Options{Tenant: s.Info(), Store: s.Store(), Agents: s.Registry(), Log: quiet(), Now: time.Now, Life: 400 * time.Millisecond})
	ended := make(chan error)
	go func() {
		_, err := desk.Set(t.Context(), writeback.Request{User: s.ann, New: []byte("umbrella")})
		ended <- err
	}()
	c := nextCommand(t, events)
	if got := s.claim(t, c, "one"); got != http.StatusNoContent {
		t.Fatalf("the claim: %d", got)
	}
	if got := s.claim(t, c, "one"); got != http.StatusNoContent {
		t.Errorf("the same claim again: %d", got)
	}
	if got := s.claim(t, c, "two"); got != http.StatusNotFound {
		t.Errorf("another's claim: %d", got)
	}
	if got := s.claim(t, control.Command{ID: "c-unknown"}, "one"); got != http.StatusNotFound {
		t.Errorf("of what is not there: %d", got)
	}
	err := <-ended
	if !problem.Is(err, writeback.OutcomeUnknown) || strings.Contains(problem.Of(err).Text, "Nothing was changed") {
		t.Errorf("never answered: %+v", problem.Of(err))
	}
	if got := s.entries(t); len(got) != 1 || got[0] != audit.PasswordInDoubt {
		t.Errorf("audit: %v", got)
	}
}

// TestAttackAskingWhatIsNotAnswered: an agent that hears and says nothing is not asked again for each key that somebody types, and
// what nobody waits for any more does not keep others from asking.
func TestAttackAskingWhatIsNotAnswered(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	events := s.hearing(t)
	var asked atomic.Int32
	go func() {
		for e := range events {
			if e.Name == control.EventCommand {
				asked.Add(1)
			}
		}
	}()
	var typing sync.WaitGroup
	for range 50 {
		typing.Go(func() {
			if _, err := s.Passwords().Rules(t.Context(), s.ann); err != nil {
				t.Error(err)
			}
		})
	}
	typing.Wait()
	if _, err := s.Passwords().Rules(t.Context(), s.ann); err != nil || asked.Load() != 1 {
		t.Errorf("the agent was asked %d times for rules (%v), want once", asked.Load(), err)
	}
	for i := range 50 {
		waiting, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := s.Registry().Explain(waiting, s.agent.ID, control.ExplainArgs{Name: "ann"}); problem.Is(err, problem.TooMany) {
			t.Fatalf("question %d: %v", i, err)
		}
		cancel()
	}
}

// TestAttackFillingTheLogByGuessing has a password guessed again and again.
func TestAttackFillingTheLogByGuessing(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.agent.TakePasswords(t, control.PasswordRules{}, func(control.Command, control.SealedArgs, seal.Secrets) any {
		return &control.CommandError{Code: string(directory.PasswordWrong), Title: "wrong"}
	})
	for range 28 { // less than the agent's access token lives
		_ = s.Passwords().Verify(t.Context(), s.ann, []byte("guess"), "192.0.2.7:1")
		s.Clock.Advance(10 * time.Second)
	}
	if got := len(s.entries(t)); got < 3 || got > 5 {
		t.Errorf("%d entries of the log, want a few", got)
	}
}

// TestAttackLateCommand: what was withdrawn is not granted any more.
func TestAttackLateCommand(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	events := s.hearing(t)
	began := time.Now()
	ended := make(chan problem.Code)
	go func() { _, code := s.set(t, password("umbrella")); ended <- code }()
	c := nextCommand(t, events)
	if got := <-ended; got != writeback.AgentAway || time.Since(began) > 20*time.Second {
		t.Errorf("an agent that does not claim: %q after %s", got, time.Since(began))
	}
	if got := s.claim(t, c, "late"); got != http.StatusNotFound {
		t.Errorf("a late claim: got %d", got)
	}
}

// TestAttackSwappedKey: who can write to the database cannot have passwords sealed to a key of their own.
func TestAttackSwappedKey(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.agent.TakePasswords(t, control.PasswordRules{}, func(control.Command, control.SealedArgs, seal.Secrets) any { return control.PasswordWritten{} })
	thief, err := seal.NewKey(seal.NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Agent(t.Context(), s.agent.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.Heartbeat.Sealing.Public = thief.Public()
	if err := s.Store().Write(t.Context(), func(tx storeTx) error { return tx.Heard(t.Context(), a.ID, a.Heartbeat, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if _, code := s.set(t, password("umbrella")); code != writeback.AgentAway {
		t.Errorf("sealed to a thief's key: %q", code)
	}
}

// TestAttackDatabaseThief: neither the password nor what it was sealed into is in any file of the tenant.
func TestAttackDatabaseThief(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	var sealed []byte
	s.agent.TakePasswords(t, control.PasswordRules{}, func(_ control.Command, args control.SealedArgs, _ seal.Secrets) any {
		sealed = args.Sealed
		return control.PasswordWritten{}
	})
	const secret = "violet-Tractor-4711"
	if _, code := s.set(t, writeback.Request{Old: []byte(secret + "old"), New: []byte(secret)}); code != "" {
		t.Fatal(code)
	}
	if err := s.Passwords().Verify(t.Context(), s.ann, []byte(secret), "192.0.2.7:1"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.State, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v %v", files, err)
	}
	text, err := json.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for what, part := range map[string][]byte{"the password": []byte(secret), "what it is sealed in": sealed[:40], "the same as text": text[1:40]} {
			if bytes.Contains(raw, part) {
				t.Errorf("%s holds %s", file, what)
			}
		}
	}
}

// TestAttackGuessing: guesses are slowed down before the agent hears of them.
func TestAttackGuessing(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	heard := 0
	s.agent.TakePasswords(t, control.PasswordRules{}, func(control.Command, control.SealedArgs, seal.Secrets) any {
		heard++
		return &control.CommandError{Code: string(directory.PasswordWrong), Title: "wrong"}
	})
	refused := 0
	for range 12 {
		if err := s.Passwords().Verify(t.Context(), s.ann, []byte("guess"), "192.0.2.7:1"); problem.Is(err, problem.TooMany) {
			refused++
		}
		if _, code := s.set(t, writeback.Request{Old: []byte("guess"), New: []byte("umbrella")}); code == problem.TooMany {
			refused++
		}
	}
	if heard > 5 || heard+refused != 24 {
		t.Errorf("the agent heard %d guesses of 24, %d were refused", heard, refused)
	}
}
