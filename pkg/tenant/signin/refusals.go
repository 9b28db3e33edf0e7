package signin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// Bounds of what refused sign-ins write into the audit log: of each account and address one entry at once and one that
// counts the others, in each period, and no more than maxRefusals in all.
const (
	refusalPeriod = time.Minute
	maxRefusals   = 200
)

// Refusals writes refused sign-ins into the audit log, bounded, so that nobody fills the disk by guessing. Known and
// unknown accounts cost the same work. What was only counted when the program ends is lost.
type Refusals struct {
	store store.Store
	now   func() time.Time

	mu     sync.Mutex
	until  time.Time // end of the period
	counts map[string]*counted
	order  []string
	others int // beyond maxRefusals
}

// counted is an entry that stands for more refusals than the one that was written.
type counted struct {
	entry audit.Entry
	more  int
}

// NewRefusals makes a Refusals.
func NewRefusals(s store.Store, now func() time.Time) *Refusals {
	return &Refusals{store: s, now: now, counts: map[string]*counted{}}
}

// Note writes that a sign-in was refused, and why; other errors are no refusals. The subject is the account, where there is
// one of the name that was typed: what else was typed may be a password in the wrong field, and is not kept. It gives err,
// with what went wrong in writing.
func (r *Refusals) Note(ctx context.Context, typed string, subject audit.Subject, err error) error {
	if !refusal(err) {
		return err
	}
	visitor := audit.By(ctx)
	visitor.Kind, visitor.ID, visitor.Name = audit.Nobody, 0, ""
	network := Network(visitor.From)
	key := network + "\n" + typed
	if problem.Is(err, problem.TooMany) {
		key, subject = network, audit.Subject{}
	}
	e := audit.Entry{What: audit.SignInRefused, Actor: visitor, Subject: subject, Details: []audit.Detail{{Name: "why", After: problem.Of(err).Title}}}
	due := r.count(key, e)
	return errors.Join(err, r.write(ctx, due))
}

// Flush writes what was counted in a period that is over.
func (r *Refusals) Flush(ctx context.Context) error {
	r.mu.Lock()
	due := r.roll()
	r.mu.Unlock()
	return r.write(ctx, due)
}

func refusal(err error) bool {
	codes := []problem.Code{
		problem.CredentialsBad, problem.TooMany, control.CodeWrong, control.CodeExpired, control.AccountLocked, control.TenantDisabled, control.NotAdministrator,
	}
	return err != nil && slices.ContainsFunc(codes, func(c problem.Code) bool { return problem.Is(err, c) })
}

// count gives the entries to write now.
func (r *Refusals) count(key string, e audit.Entry) []audit.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.roll()
	known := r.counts[key]
	switch {
	case known != nil:
		known.more++
	case len(r.counts) >= maxRefusals:
		r.others++
	default:
		r.counts[key] = &counted{entry: e}
		r.order = append(r.order, key)
		due = append(due, e)
	}
	return due
}

// roll ends the period where it is over, and gives what it counted. Callers hold the lock.
func (r *Refusals) roll() (due []audit.Entry) {
	if r.now().Before(r.until) {
		return nil
	}
	for _, key := range r.order {
		if c := r.counts[key]; c.more > 0 {
			c.entry.Details = append(slices.Clone(c.entry.Details), audit.Count("further times within a minute", c.more))
			due = append(due, c.entry)
		}
	}
	if r.others > 0 {
		due = append(due, audit.Entry{
			What: audit.SignInRefused, Actor: audit.Actor{Kind: audit.Nobody}, Details: []audit.Detail{audit.Count("further ones from many addresses", r.others)},
		})
	}
	clear(r.counts)
	r.order, r.others, r.until = nil, 0, r.now().Add(refusalPeriod)
	return due
}

func (r *Refusals) write(ctx context.Context, due []audit.Entry) error {
	if len(due) == 0 {
		return nil
	}
	return r.store.Write(ctx, func(tx store.Tx) error {
		var all error
		for _, e := range due {
			all = errors.Join(all, tx.Record(ctx, e))
		}
		return all
	})
}
