// Package agent is the headless sync loop of passly-sync: it waits to be enrolled, and then holds the people of the tenant
// equal to those of the directory until it is stopped.
//
// What always holds:
//
//   - The agent's key is made here and stored by this process in its own keyring; it never leaves it.
//   - Everything is outbound. People beside the agent reach it through the local channel only (package handoff, whose Host
//     an Agent is).
//   - How it is is always said, as conditions, in the same words everywhere.
//
// The engine stands in cycle/, mirror/, plan/ and push/; the files here enrol (enrol.go), run a session with the tenant
// (session.go, listen.go, beat.go, watch.go, work.go), look ahead
// (ahead.go, explaining.go; preview/, explain/) and say how things are (tell.go, trouble.go, health.go, words.go, status.go).
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/vault"
)

// Options are what an agent needs of its surroundings.
type Options struct {
	State   string // folder, of mode 0700, for the mirror and the enrolment's record
	Version string
	Log     *slog.Logger // nil: nothing is logged
	Now     func() time.Time
	// OpenVault opens a store of credentials by its kind; see vault.Open.
	OpenVault func(kind vault.Kind) (vault.Vault, error)
	// OpenDirectory connects to the directory and signs in; nil means Active Directory.
	OpenDirectory func(ctx context.Context, d handoff.Directory) (directory.Reader, error)
	// Poll is the backstop behind change notifications; 0 means 30 s.
	Poll time.Duration
}

// Agent is one agent. Make it with New, then Run it.
type Agent struct {
	o       Options
	account string // that this process runs as
	host    control.HostFacts
	health  *health

	enrolling sync.Mutex // one enrolment at a time

	mu      sync.Mutex
	record  *record  // nil: not enrolled
	session *session // nil: none is running
	changed chan struct{}
}

var _ handoff.Host = (*Agent)(nil)

// New makes an agent with what the state folder holds.
func New(o Options) (*Agent, error) {
	if o.Poll == 0 {
		o.Poll = 30 * time.Second
	}
	if o.OpenDirectory == nil {
		o.OpenDirectory = openActiveDirectory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	record, err := loadRecord(o.State)
	if err != nil {
		return nil, err
	}
	facts := host.Look()
	return &Agent{
		o: o, host: control.HostFacts{Name: facts.Name, OS: facts.System, Version: o.Version},
		account: account(), health: newHealth(o.Now, o.Log), record: record, changed: make(chan struct{}, 1),
	}, nil
}

// account is who this process runs as; empty where the system does not say.
func account() string {
	me, err := user.Current()
	if err != nil {
		return ""
	}
	return me.Username
}

// Run holds sessions with the tenant until ctx ends; then it returns nil.
func (a *Agent) Run(ctx context.Context) error {
	var trying sync.WaitGroup
	trying.Go(func() { a.selfTest(ctx) })
	defer trying.Wait()
	for ctx.Err() == nil {
		record := a.enrolment()
		if record == nil {
			a.health.only(awaitingEnrolment())
			a.forgetPeople()
			a.waitForChange(ctx)
			continue
		}
		if err := a.runSession(ctx, record); err != nil && ctx.Err() == nil {
			a.o.Log.Error("the session ended", "error", err)
			a.health.only(conditionOf(err, control.CredentialsUnavailable))
			a.pause(ctx, 5*time.Second)
		}
	}
	return nil
}

func (a *Agent) mirrorPath() string { return filepath.Join(a.o.State, "mirror.db") }

// forgetPeople removes what an agent without a tenant has no use for. Only Run opens the mirror, so it is not open here.
func (a *Agent) forgetPeople() {
	if err := errors.Join(mirror.Remove(a.mirrorPath()), a.tidy()); err != nil {
		a.o.Log.Warn("what was read from the directory could not be removed", "error", err)
	}
}

// runSession runs one session; a new enrolment ends it.
func (a *Agent) runSession(ctx context.Context, record *record) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.health.speak(record.words())
	s, err := a.newSession(ctx, record)
	if err != nil {
		return err
	}
	defer s.close()
	a.setSession(s)
	defer a.setSession(nil)
	go func() {
		select {
		case <-a.changed:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("running a session: %w", err)
	}
	return nil
}

func (a *Agent) waitForChange(ctx context.Context) {
	select {
	case <-a.changed:
	case <-ctx.Done():
	}
}

func (a *Agent) pause(ctx context.Context, d time.Duration) {
	select {
	case <-a.changed:
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (a *Agent) enrolment() *record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.record
}

func (a *Agent) setSession(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = s
}

func (a *Agent) running() *session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session
}
