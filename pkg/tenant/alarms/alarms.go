// Package alarms writes to administrators when an agent needs somebody, and when it does not any more, so that nobody has to look.
//
//	alarms.go  the watch: it looks at all agents every some seconds
//	judge.go   what is to do about one agent, pure
//	letter.go  who is written to, and what
//
// What always holds:
//
//   - One e-mail a trouble and administrator, however many replicas watch: each step is written to the store before it is done, by
//     who read it last, and so is who was reached. A program that ends while it writes may have its last letter written once more.
//   - A trouble is told once it has lasted (Patience), and its end once that has lasted (Calm): what comes and goes is no alarm.
//   - Who is written to may do something about it: owners and administrators, of the tenant or of the agent's organization, who
//     have not turned it off and are not locked.
//   - An agent may say what it likes of itself: not more than MostADay troubles of it are told in a day.
//   - An agent that an administrator paused, or removed from its machine, is no trouble.
package alarms

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/store"
)

// How long a trouble lasts before it is told, and its end; how long to wait before an e-mail that could not be sent is tried again,
// at first and later; and when nobody needs to know any more that something is over.
const (
	Patience   = 5 * time.Minute
	Calm       = 2 * time.Minute
	tryAgain   = 3 * time.Minute
	tryAtLeast = 2 * time.Hour
	giveUp     = 24 * time.Hour
)

// MostADay bounds how many troubles of one agent are told in 24 hours. What is one too many waits.
const MostADay = 10

// lookEvery is how often the watch looks.
const lookEvery = 15 * time.Second

// Post sends e-mails; onboarding.Courier is one.
type Post interface {
	Alarm(ctx context.Context, address string, a mail.Alarm) error
}

// Options are what a watch works with.
type Options struct {
	Store     store.Store
	Post      Post
	PublicURL string // of the console, without a slash at its end
	Log       *slog.Logger
	Now       func() time.Time
}

// Watch looks after the agents of a tenant.
type Watch struct{ Options }

// New makes a Watch.
func New(o Options) *Watch { return &Watch{o} }

// Run looks until ctx ends. Any number of watches may do so beside each other.
func (w *Watch) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("alarms wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look looks once, and writes what is due. What fails for one agent keeps none of the others waiting.
func (w *Watch) Look(ctx context.Context) error {
	agents, err := w.Store.Agents(ctx)
	if err != nil {
		return err
	}
	alarms, err := w.Store.Alarms(ctx)
	if err != nil {
		return err
	}
	known := make(map[tenant.ID]tenant.Alarm, len(alarms))
	for _, a := range alarms {
		known[a.Agent] = a
	}
	var all error
	for _, a := range agents {
		all = errors.Join(all, w.one(ctx, a, known[a.ID]))
		delete(known, a.ID)
	}
	for _, gone := range known {
		_, err := w.end(ctx, gone)
		all = errors.Join(all, err)
	}
	return all
}

// one looks after one agent. The zero Alarm is that of an agent with which all was well.
func (w *Watch) one(ctx context.Context, a tenant.Agent, before tenant.Alarm) error {
	before.Agent = a.ID
	now := w.Now()
	after, step := judge(before, a, now)
	switch step {
	case nothing:
		return nil
	case forget:
		_, err := w.end(ctx, before)
		return err
	case keep:
		_, err := w.put(ctx, &after)
		return err
	}
	if mine, err := w.put(ctx, &after); !mine || err != nil {
		return err // another one writes
	}
	if step == tellIll {
		if many, err := w.tooMany(ctx, a, now); many || err != nil {
			return err
		}
	}
	err := w.write(ctx, a, &after, step, now)
	if errors.Is(err, errAnother) {
		return nil
	}
	if err == nil || step == tellWell && now.Sub(after.Well) > giveUp {
		return errors.Join(err, w.told(ctx, a, after, step, now))
	}
	return err
}

// tooMany reports whether enough was told of an agent for a day.
func (w *Watch) tooMany(ctx context.Context, a tenant.Agent, now time.Time) (bool, error) {
	const mostRead = 10000 // of all agents
	entries, err := w.Store.Entries(ctx, audit.Query{What: audit.AlarmSent, From: now.Add(-24 * time.Hour), Limit: mostRead})
	told := 0
	for _, e := range entries {
		if e.Subject.ID == a.ID {
			told++
		}
	}
	return told >= MostADay, err
}

func (w *Watch) put(ctx context.Context, a *tenant.Alarm) (mine bool, err error) {
	err = w.Store.Write(context.WithoutCancel(ctx), func(tx store.Tx) error {
		again := *a
		mine, err = tx.PutAlarm(ctx, &again)
		*a = again
		return err
	})
	return mine, err
}

func (w *Watch) end(ctx context.Context, a tenant.Alarm) (mine bool, err error) {
	err = w.Store.Write(ctx, func(tx store.Tx) error {
		mine, err = tx.EndAlarm(ctx, a)
		return err
	})
	return mine, err
}
