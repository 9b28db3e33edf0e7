package onboarding

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/store"
)

// How the courier works. A claim outlasts the batch it is for: the last message is begun while there is time for it.
const (
	lookEvery   = time.Second
	claimLife   = 3 * time.Minute
	sendMargin  = time.Minute
	batch       = 20
	maxAttempts = 8
	firstRetry  = time.Minute
	lastRetry   = 4 * time.Hour
	firstPause  = 5 * time.Second
	lastPause   = 5 * time.Minute
	askedAgain  = 2 * time.Minute // a message that was sent less long ago is not sent anew on a person's wish
)

// Options are what a courier works with.
type Options struct {
	Tenant    tenant.Tenant
	Store     store.Store
	Delivery  mail.Delivery
	Passwords *passwords.Desk
	From      string // address
	PublicURL string // where people reach the tenant, without a slash at its end
	Log       *slog.Logger
	Now       func() time.Time
}

// Courier sends the messages that wait in the store.
type Courier struct {
	Options
	writer  mail.Writer
	claim   string // tells this courier from others
	outages int    // in a row
}

// NewCourier makes a Courier.
func NewCourier(o Options) *Courier {
	return &Courier{Options: o, writer: mail.NewWriter(), claim: rand.Text()}
}

// Run sends until ctx ends. A message under way is finished.
func (c *Courier) Run(ctx context.Context) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		wait.Reset(max(lookEvery, c.work(ctx)))
	}
}

// work sends all that is due, and says how long to wait before looking again.
func (c *Courier) work(ctx context.Context) time.Duration {
	err := c.SendDue(ctx)
	if err == nil || ctx.Err() != nil {
		c.outages = 0
		return 0
	}
	c.outages++
	pause := retryAfter(c.outages, firstPause, lastPause)
	c.Log.Warn("e-mails wait", "error", err, "pause", pause)
	return pause
}

// SendDue sends all that is due now. An error says that nothing can be sent at present.
func (c *Courier) SendDue(ctx context.Context) error {
	defer c.Delivery.Rest()
	for ctx.Err() == nil {
		due, err := c.Store.MessagesDue(ctx, c.Now())
		if err != nil || !due {
			return err
		}
		letters, err := c.take(ctx)
		if err != nil {
			return err
		}
		if err := c.sendAll(ctx, letters); err != nil {
			return err
		}
	}
	return nil
}

// letter is a message that was claimed, as it goes out.
type letter struct {
	tenant.Message
	mail mail.Message
	to   string // the user's address, as it was
	link []byte // hash; nil: there is none in it
}

// take claims some messages, those too that people asked for, and makes their links.
func (c *Courier) take(ctx context.Context) (letters []letter, err error) {
	err = c.Store.Write(ctx, func(tx store.Tx) error {
		if err := c.hear(ctx, tx); err != nil {
			return err
		}
		now := c.Now()
		claimed, err := tx.ClaimMessages(ctx, c.claim, now, now.Add(claimLife), batch)
		if err != nil {
			return err
		}
		letters = make([]letter, 0, len(claimed))
		for _, m := range claimed {
			l, err := c.write(ctx, tx, m)
			if refused := problem.Of(err); problem.Is(err, mail.AddressRefused) {
				m.State, m.Problem = tenant.MessageRefused, refused
				err = tx.SettleMessage(ctx, m)
			} else if err == nil {
				letters = append(letters, l)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return letters, err
}

// sendAll hands letters over. After an outage the rest goes back.
func (c *Courier) sendAll(ctx context.Context, letters []letter) error {
	for i, l := range letters {
		if ctx.Err() != nil || c.Now().Add(sendMargin).After(l.Claimed) {
			return c.giveBack(ctx, letters[i:], nil)
		}
		err := c.send(ctx, l)
		if problem.Is(err, mail.ServerUnusable) {
			return errors.Join(err, c.giveBack(ctx, letters[i:], problem.Of(err)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// send hands one letter over and stores the outcome. Its user may have been disabled since the claim.
func (c *Courier) send(ctx context.Context, l letter) error {
	u, err := c.Store.User(ctx, tenant.Scope{}, l.User)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	if err != nil || u.State != l.Purpose.For() || u.Mail != l.to {
		return c.giveBack(ctx, []letter{l}, nil)
	}
	err = c.Delivery.Deliver(ctx, l.mail)
	if problem.Is(err, mail.ServerUnusable) {
		return err
	}
	return c.settle(ctx, l, err)
}

// settle stores what became of a letter that reached the server.
func (c *Courier) settle(ctx context.Context, l letter, met error) error {
	m := l.Message
	m.Attempts++
	m.Problem = problem.Of(met)
	switch {
	case met == nil:
		m.State, m.Sent = tenant.MessageSent, c.Now()
	case problem.Is(met, mail.AddressRefused):
		m.State = tenant.MessageRefused
	case m.Attempts >= maxAttempts:
		m.State = tenant.MessageRefused
		m.Problem.Hint = "It was tried " + times(maxAttempts) + ". Send it again when the cause is gone."
	default:
		m.Due = c.Now().Add(retryAfter(m.Attempts, firstRetry, lastRetry))
	}
	err := c.put(ctx, m, nil)
	if problem.Is(err, problem.NotFound) { // removed, active or sent anew meanwhile
		return nil
	}
	if err != nil && met == nil {
		c.Log.Error("an e-mail was sent and could not be marked; it may be sent once more", "user", m.User, "error", err)
	}
	return err
}

// giveBack ends claims on what was not sent, with the links made for it.
func (c *Courier) giveBack(ctx context.Context, letters []letter, met *problem.Problem) error {
	var all error
	for _, l := range letters {
		m := l.Message
		if met != nil {
			m.Problem = met
		}
		if err := c.put(ctx, m, l.link); !problem.Is(err, problem.NotFound) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// put stores an outcome, also when the program is told to end.
func (c *Courier) put(ctx context.Context, m tenant.Message, ends []byte) error {
	ctx = context.WithoutCancel(ctx)
	return c.Store.Write(ctx, func(tx store.Tx) error {
		if ends != nil {
			if err := tx.UseInvitation(ctx, ends, c.Now()); err != nil && !problem.Is(err, problem.NotFound) {
				return err
			}
		}
		return tx.SettleMessage(ctx, m)
	})
}
