package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/passwords"
	"passlysync/agent/preview"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/seal"
)

// session is the agent's life with one tenant, from an enrolment (or a start) to the next (or a stop).
type session struct {
	*Agent
	record    *record
	directory handoff.Directory // with its password
	client    *control.Client   // nil where a SCIM service of others takes the tenant's place
	mirror    *mirror.Mirror
	cycle     *cycle.Cycle

	wake     chan struct{}  // something may be to do
	urgent   chan struct{}  // somebody asked for it: waits out no back-off
	beats    chan struct{}  // say how things are
	busy     chan struct{}  // holds one for each command under way
	taking   chan struct{}  // and one for each about a password
	refusing chan struct{}  // and one for each that is too much
	obeying  sync.WaitGroup // all of them

	cycling  chan struct{} // holds one while a cycle runs, or the mirror is copied
	previews *preview.Desk
	foliage  foliage

	passwords *passwords.Desk
	sealing   seal.Published // the key that passwords are sealed to
	clock     tenantClock

	reader directory.Reader // work's own; nil: not open

	troubled sync.Mutex
	troubles map[source]control.Condition // of the tenant

	gate        gate // for sign-ins to the directory
	controllers *controllers

	mu        sync.Mutex
	settings  control.Configuration
	interrupt context.CancelFunc // ends the cycle under way; nil: there is none
	figures   control.Heartbeat  // counts, lag, last sync, held, as last worked out
	domain    directory.Domain
}

// newSession reads the credentials and opens the mirror.
func (a *Agent) newSession(ctx context.Context, r *record) (*session, error) {
	if r.Local != nil {
		return a.newLocalSession(ctx, r)
	}
	id, err := a.identify(ctx, r)
	if err != nil {
		return nil, err
	}
	s := a.sessionOf(r, id.secrets)
	s.client = id.control
	a.health.only(awaitingTenant())
	if err := s.prepareState(ctx); err != nil {
		return nil, err
	}
	if err := s.openPasswords(id.key); err != nil {
		return nil, errors.Join(err, s.mirror.Close())
	}
	s.engage(ctx, push.New(scim.NewClient(id.http, r.SCIM, s.client.Authorized)))
	return s, nil
}

// sessionOf makes a session with nothing open yet.
func (a *Agent) sessionOf(r *record, secrets credentials) *session {
	s := &session{
		Agent: a, record: r, directory: r.Directory,
		troubles: map[source]control.Condition{}, busy: make(chan struct{}, 4), taking: make(chan struct{}, 64), refusing: make(chan struct{}, 8), cycling: make(chan struct{}, 1),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), beats: make(chan struct{}, 1),
	}
	s.directory.Password, s.directory.Keytab = secrets.DirectoryPassword, secrets.DirectoryKeytab
	s.controllers = newControllers(s.directory, a.o.Now, a.o.State)
	return s
}

// prepareState opens the mirror and removes what a session that was killed left beside it.
func (s *session) prepareState(ctx context.Context) error {
	if err := s.openMirror(ctx); err != nil {
		return err
	}
	if err := s.tidy(); err != nil {
		s.o.Log.Warn("what an earlier preview left could not be removed", "error", err)
	}
	return nil
}

// engage has the session send to target.
func (s *session) engage(ctx context.Context, target *push.Pusher) {
	s.previews = preview.New(ctx, s.makePreview)
	s.cycle = &cycle.Cycle{Mirror: s.mirror, Target: target, Log: s.o.Log, Now: s.o.Now}
}

// openMirror opens the mirror; a damaged one was set aside, which is said and costs a full pass.
func (s *session) openMirror(ctx context.Context) error {
	var damaged *mirror.ErrDamaged
	m, err := mirror.Open(ctx, s.mirrorPath(), s.record.AgentID, s.o.Now)
	if errors.As(err, &damaged) {
		s.o.Log.Warn("the mirror is made anew", "error", err)
		s.health.set(stateDamaged(damaged.Aside))
		err = nil
	}
	if err != nil {
		return &problem.Problem{
			Code: problem.Code(control.StateDamaged), Title: "The agent's local state cannot be opened", Text: err.Error(),
			Hint: "Check the disk and the rights on " + s.o.State + ".", Op: "opening the mirror", Err: err,
		}
	}
	s.mirror = m
	return nil
}

// run works until ctx ends.
func (s *session) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if s.client != nil {
		group.Go(func() error { return s.listen(ctx) })
		group.Go(func() error { return s.beat(ctx) })
	}
	group.Go(func() error { return s.watch(ctx) })
	group.Go(func() error { return s.work(ctx) })
	return group.Wait()
}

// farewell is how long commands under way may take to end and to be answered, when the session ends.
const farewell = 8 * time.Second

func (s *session) close() {
	done := make(chan struct{})
	go func() { s.obeying.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(farewell):
		s.o.Log.Warn("commands are broken off")
	}
	s.previews.Close()
	if s.passwords == nil {
		// a SCIM service of others sends none
	} else if err := s.passwords.Close(); err != nil {
		s.o.Log.Error("closing what keeps passwords apart", "error", err)
	}
	if s.reader != nil {
		_ = s.reader.Close() // it is no longer needed
	}
	if err := s.mirror.Close(); err != nil {
		s.o.Log.Error("closing the mirror", "error", err)
	}
}

// poke fills a signal that is not yet taken.
func poke(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

func (s *session) configuration() control.Configuration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// configure takes a configuration as the one in force. It may be older than the one before: a tenant may have been restored
// from a backup.
func (s *session) configure(c control.Configuration) {
	s.mu.Lock()
	before := s.settings
	s.settings = c
	changed := c.Version != before.Version || before.Status == ""
	if s.interrupt != nil && (c.Status != before.Status || !slices.Equal(c.Scope, before.Scope) || c.Incomplete != before.Incomplete || c.Guard != before.Guard) {
		s.interrupt()
	}
	s.mu.Unlock()
	if changed {
		poke(s.urgent)
		poke(s.beats)
	}
}

// fetchConfiguration asks for the configuration in force, unless the event stream brings one meanwhile.
func (s *session) fetchConfiguration(ctx context.Context) error {
	before := s.configuration().Version
	c, err := s.client.Configuration(ctx)
	if err == nil && s.configuration().Version == before {
		s.configure(c)
	}
	return err
}

// interruptible gives a context for one cycle; a pause, or another choice of what is synced and how, ends it.
func (s *session) interruptible(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupt = cancel
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.interrupt = nil
		cancel()
	}
}
