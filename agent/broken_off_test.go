package agent

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// lossy stands between an agent and its tenant, and loses the answer of one path while it is told to: the tenant has done
// what it was asked, and the agent does not know.
type lossy struct {
	*httptest.Server
	loses atomic.Pointer[string]
	lost  chan struct{} // gets one for each answer that was lost
}

func (s *stage) loseAnswers() *lossy {
	s.Helper()
	to, err := url.Parse(s.tenant.URL)
	if err != nil {
		s.Fatal(err)
	}
	b := &lossy{lost: make(chan struct{}, 16)}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.FlushInterval = -1
	proxy.ModifyResponse = func(answer *http.Response) error {
		if path := b.loses.Load(); path != nil && answer.Request.URL.Path == *path {
			b.lost <- struct{}{}
			return errors.New("the answer is lost")
		}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	b.Server = httptest.NewServer(proxy)
	s.Cleanup(func() {
		b.CloseClientConnections()
		b.Close()
	})
	return b
}

func (b *lossy) lose(path string) { b.loses.Store(&path) }

func (b *lossy) loseNothing() { b.loses.Store(nil) }

// agents counts those that the tenant knows.
func (s *stage) agents() int { return len(departed(s.TB, s.tenant)) }

// restart ends the agent as a power cut does, and starts it anew.
func (s *stage) restart() {
	s.Helper()
	s.stop()
	s.start()
}

// Whatever is lost of an enrolment, setting up again ends with one agent, and the token of the first attempt still counts.
func TestFirstEnrolmentThatWasBrokenOffLeavesNoGhost(t *testing.T) {
	for _, path := range []string{control.EnrolPath, control.TokenPath, control.HeartbeatPath} {
		for name, again := range map[string]func(*stage, *handoff.Enrolment){
			"the same token":  func(*stage, *handoff.Enrolment) {},
			"another token":   func(s *stage, e *handoff.Enrolment) { e.Token = s.tenant.EnrolmentToken(s.TB) },
			"after a restart": func(s *stage, _ *handoff.Enrolment) { s.restart() },
		} {
			t.Run(filepath.Base(path)+", "+name, func(t *testing.T) {
				s := newStage(t)
				b, e := s.loseAnswers(), s.enrolment()
				e.Tenant = b.URL
				b.lose(path)
				if err := s.agent.Enrol(t.Context(), e, func(handoff.Step) {}); err == nil {
					t.Fatal("it enrolled without an answer")
				}
				b.loseNothing()
				again(s, &e)
				if err := s.agent.Enrol(t.Context(), e, func(handoff.Step) {}); err != nil {
					t.Fatalf("setting up again: %v", err)
				}
				if n := s.agents(); n != 1 {
					t.Errorf("the tenant has %d agents, want one", n)
				}
				s.choose(func(*tenant.Settings) {})
				s.awaitUsers(s.enabled())
			})
		}
	}
}

// A working agent goes on, whatever becomes of enrolling it again, and after a restart too.
func TestEnrollingAgainThatIsBrokenOffLocksNobodyOut(t *testing.T) {
	for name, spoil := range map[string]func(*stage, *lossy){
		"the answer is lost":         func(_ *stage, b *lossy) { b.lose(control.EnrolPath) },
		"the check-in fails":         func(_ *stage, b *lossy) { b.lose(control.TokenPath) },
		"the record cannot be saved": func(s *stage, _ *lossy) { s.takeAway(recordFile) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			b := s.loseAnswers()
			first := s.enrolment()
			first.Tenant = b.URL
			if err := s.agent.Enrol(t.Context(), first, func(handoff.Step) {}); err != nil {
				t.Fatal(err)
			}
			s.choose(func(*tenant.Settings) {})
			s.awaitUsers(s.enabled())
			second := s.enrolment()
			second.Tenant = b.URL
			spoil(s, b)
			if err := s.agent.Enrol(t.Context(), second, func(handoff.Step) {}); err == nil {
				t.Fatal("it was not broken off")
			}
			b.loseNothing()
			s.putBack(recordFile)
			s.restart()
			s.await(control.InSync)
			if n := s.agents(); n != 1 {
				t.Errorf("the tenant has %d agents, want the one", n)
			}
			s.restart() // by now with one key only
			s.await(control.InSync)
			if _, err := loadNext(t.Context(), s.vault); !problem.Is(err, problem.NotFound) {
				t.Errorf("the key of the attempt is still there beside the one in force (%v)", err)
			}
		})
	}
}

// takeAway makes a file that cannot be replaced: its name is a folder that holds something.
func (s *stage) takeAway(name string) {
	s.Helper()
	path := filepath.Join(s.state, name)
	if err := errors.Join(os.Rename(path, path+".kept"), os.MkdirAll(filepath.Join(path, "full"), 0o700)); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) putBack(name string) {
	s.Helper()
	path := filepath.Join(s.state, name)
	if _, err := os.Stat(path + ".kept"); err != nil {
		return
	}
	if err := errors.Join(os.RemoveAll(path), os.Rename(path+".kept", path)); err != nil {
		s.Fatal(err)
	}
}

// The tenant's own no takes everything back: the key that was made for the attempt goes.
func TestRefusedEnrolmentLeavesNoKey(t *testing.T) {
	s := newStage(t)
	e := s.enrolment()
	e.Token = "wrong"
	if err := s.agent.Enrol(t.Context(), e, func(handoff.Step) {}); !problem.Is(err, problem.Forbidden) {
		t.Fatalf("got %v, want the token refused", err)
	}
	if _, err := loadNext(t.Context(), s.vault); !problem.Is(err, problem.NotFound) {
		t.Errorf("the key is still there (%v)", err)
	}
}

// Killed between saving the record and putting the new credentials in force, the agent goes on with the new ones.
func TestKilledBeforeTheNewCredentialsAreInForce(t *testing.T) {
	s := newStage(t)
	s.enrol()
	former, err := loadCredentials(t.Context(), s.vault)
	if err != nil {
		t.Fatal(err)
	}
	s.enrol()
	now, err := loadCredentials(t.Context(), s.vault)
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	ctx := context.Background()
	if err := errors.Join(former.store(ctx, s.vault), nextCredentials{now, s.tenant.URL}.store(ctx, s.vault)); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	if c, err := loadCredentials(ctx, s.vault); err != nil || string(c.Seed) != string(now.Seed) {
		t.Errorf("the new credentials are not in force (%v)", err)
	}
}
