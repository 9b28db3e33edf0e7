package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"passlysync/agent/cycle"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
)

// How often a full pass compares everything anew: daily, or hourly where deletions cannot be seen.
const (
	reconcileEvery      = 24 * time.Hour
	reconcileEveryBlind = time.Hour
	retryRefusedEvery   = 5 * time.Minute
)

// worker is the loop of cycles.
type worker struct {
	*session
	wait    wait
	retried time.Time // when refused changes were last tried again
	reason  string    // why the tenant refused a membership last
	at      string    // which domain controller the reader is at
	// examined: when it was looked last whether passwords can be set.
	examined passwordRights
	reading  readingRights
	scope    []directory.GUID // of the last cycle; nil: there was none
}

// work runs cycles: at every notification, on request, when time changes a verdict, and at the latest at every poll.
func (s *session) work(ctx context.Context) error {
	w := &worker{session: s, wait: newBackoff(), retried: s.o.Now()}
	for {
		err, ready := w.once(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			w.wait.sleep(ctx, err, s.urgent)
		case !ready:
			w.sleep(ctx, time.Hour, nil)
		default:
			w.wait.reset()
			w.sleep(ctx, w.untilDue(ctx), s.wake)
		}
	}
}

func (w *worker) sleep(ctx context.Context, d time.Duration, hint <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hint:
	case <-w.urgent:
	case <-ctx.Done():
	}
}

// untilDue gives the time until the poll, or until an account expires.
func (w *worker) untilDue(ctx context.Context) time.Duration {
	due, any := w.mirror.NextDue(ctx)
	if !any {
		return w.o.Poll
	}
	return min(w.o.Poll, max(due.Sub(w.o.Now()), 100*time.Millisecond))
}

// once runs a cycle if there is a configuration that asks for one.
func (w *worker) once(ctx context.Context) (err error, ready bool) {
	settings := w.configuration()
	switch {
	case settings.Status == "":
		return nil, false // nothing was heard from the tenant yet
	case settings.Version == 0 || len(settings.Scope) == 0 && w.untouched(ctx):
		w.health.do(awaitingConfiguration(w.record.Console))
		return nil, false
	case settings.Undone != "":
		w.health.only(undone())
		return nil, false
	case settings.Status != control.StatusEnabled:
		w.health.only(paused())
		return nil, false
	}
	return w.sync(ctx, settings), true
}

// untouched reports whether the tenant has nothing from this agent: then an empty choice is one that was not made yet, and
// otherwise one that was taken back.
func (s *session) untouched(ctx context.Context) bool {
	c, err := s.mirror.Counts(ctx)
	return err == nil && c.People+c.Disabled+c.Groups == 0
}

// sync runs a cycle and says how it went.
func (w *worker) sync(ctx context.Context, settings control.Configuration) error {
	if err := w.prepare(ctx, settings); err != nil {
		w.o.Log.Error("the cycle could not begin", "error", err)
		w.health.set(conditionOf(err, control.StateDamaged))
		return err
	}
	openErr := w.open(ctx)
	running, done := w.interruptible(ctx)
	id := rand.Text()
	result := w.cycleAlone(scim.InRun(running, id), settings)
	result.Run.ID = id
	interrupted := running.Err() != nil
	done()
	if openErr != nil {
		result.Read = openErr
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if interrupted {
		w.drop()
		w.report(ctx, result) // what it changed until then
		poke(w.urgent)        // there is a new configuration
		return nil
	}
	if result.Read != nil {
		w.drop()
	}
	w.tell(ctx, settings, result)
	w.report(ctx, result)
	return result.Err()
}

// cycleAlone runs one cycle, while nobody copies the mirror.
func (w *worker) cycleAlone(ctx context.Context, settings control.Configuration) cycle.Result {
	w.cycling <- struct{}{}
	defer func() { <-w.cycling }()
	return w.cycle.Run(ctx, w.reader, settings)
}

// prepare brings the mirror's scope and the due reconcile about.
func (w *worker) prepare(ctx context.Context, settings control.Configuration) error {
	if err := w.mirror.SetScope(ctx, settings.Scope); err != nil {
		return err
	}
	w.mirror.Distrust(settings.Compare)
	now := w.o.Now()
	if now.Sub(w.retried) > retryRefusedEvery {
		w.retried = now
		if err := w.mirror.RetryRefused(ctx); err != nil {
			return err
		}
	}
	due := now.Sub(w.mirror.ReadWhole()) > w.reconcileEvery(settings.Scope)
	away, back := w.controllers.Away()
	if back || w.at != w.controllers.Serving() { // the own one may be back, or was found by others who asked
		w.drop()
	}
	// Another one may lag behind: read whole, it would undo what is known already. Its changes alone cannot.
	if !away && !w.mirror.Cursor().IsZero() && due {
		if err := w.mirror.Forget(ctx); err != nil {
			return err
		}
	}
	if w.mirror.Cursor().IsZero() {
		w.health.do(syncing())
	}
	return nil
}

// reconcileEvery is how old the last full pass may be. Where deletions cannot be seen, units that were just chosen ask for a new
// one: who is gone from them since would be added.
func (w *worker) reconcileEvery(scope []directory.GUID) time.Duration {
	chosen := w.scope != nil && !slices.Equal(w.scope, scope)
	w.scope = scope
	switch in := w.connectedTo(); {
	case in.Name == "" || in.SeesDeleted:
		return reconcileEvery
	case chosen:
		return 0
	}
	return reconcileEveryBlind
}

func (s *session) connectedTo() directory.Domain {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.domain
}

// open connects to the directory unless it is.
func (w *worker) open(ctx context.Context) error {
	if w.reader != nil {
		return nil
	}
	reader, at, err := w.openAt(ctx)
	if err != nil {
		return err
	}
	domain, err := reader.Domain(ctx)
	if err != nil {
		return errors.Join(err, reader.Close())
	}
	w.reader, w.at = reader, at
	w.mu.Lock()
	w.domain = domain
	w.mu.Unlock()
	return nil
}

// drop closes a connection that failed.
func (w *worker) drop() {
	if w.reader != nil {
		_ = w.reader.Close() // it failed already
		w.reader = nil
	}
}

// report sends the run to the tenant. A run that cannot be reported is logged and left: it is history, not state.
func (w *worker) report(ctx context.Context, result cycle.Result) {
	run := result.Run
	if result.Changed() || run.Rejected > 0 {
		w.o.Log.Info("run", "kind", string(run.Kind), "read", run.Read, "sent", run.Sent, "accepted", run.Accepted,
			"rejected", run.Rejected, "seconds", run.Finished.Sub(run.Started).Seconds())
		if w.client == nil {
			// the log is all that keeps it
		} else if err := w.client.Report(ctx, run); err != nil {
			w.o.Log.Warn("a run could not be reported", "error", err)
		}
	}
	poke(w.beats)
}
