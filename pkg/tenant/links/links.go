// Package links is what all links in e-mails to people have in common, whatever they are good for: how one is found and who asks
// for one.
//
// What always holds:
//
//   - A token has 256 random bits; the store has its hash alone. Wrong ones are slowed down for each network.
//   - A link works for its time, once, while its user is in the state that it is for and has the address that it was sent to.
//   - Whoever asks for a link gets one answer after the same work, whether the address is known or not: that is looked up later,
//     by who sends the e-mails.
package links

import (
	"context"
	"slices"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Limits: wrong links from one network; wishes for a link for one address, and from one network.
const (
	missBurst    = 20
	missPeriod   = 30 * time.Second
	askBurst     = 3
	askPeriod    = 10 * time.Minute
	askersBurst  = 20
	askersPeriod = time.Minute
)

const maxAddress = 254 // RFC 5321 §4.5.3.1.3, less the brackets

// Ended is the code of a link that is unknown, used, too old, or no longer the user's. Used tells, of those, one that did its
// work.
const (
	Ended problem.Code = "link-ended"
	Used  problem.Code = "link-used"
)

// Desk opens links.
type Desk struct {
	store                store.Store
	now                  func() time.Time
	misses, asks, askers *signin.Limit
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, now func() time.Time) *Desk {
	return &Desk{
		store: s, now: now, misses: signin.NewLimit(now, missBurst, missPeriod), asks: signin.NewLimit(now, askBurst, askPeriod),
		askers: signin.NewLimit(now, askersBurst, askersPeriod),
	}
}

// Slowly looks for what a token stands for. Where find says that it stands for nothing, the network is slowed down.
func (d *Desk) Slowly(from string, find func() error) error {
	network := signin.Network(from)
	if err := d.misses.Refused(network); err != nil {
		return err
	}
	err := find()
	if problem.Is(err, Ended) {
		if slow := d.misses.Admit(network); slow != nil {
			return slow
		}
	}
	return err
}

// Open gives a link for one of some purposes that works now, and whose it is.
func (d *Desk) Open(ctx context.Context, from store.Reader, hash []byte, purposes ...tenant.LinkPurpose) (tenant.Invitation, tenant.User, error) {
	if err := signin.Open(ctx, from); err != nil {
		return tenant.Invitation{}, tenant.User{}, err
	}
	i, err := from.Invitation(ctx, hash)
	if problem.Is(err, problem.NotFound) || err == nil && !slices.Contains(purposes, i.Purpose) {
		return i, tenant.User{}, ended("It was copied in part, or it is very old.")
	}
	if err != nil {
		return i, tenant.User{}, err
	}
	u, err := from.User(ctx, tenant.Scope{}, i.User)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return i, u, err
	}
	if err != nil || !i.Admits(u, d.now()) {
		return i, u, why(i, u, d.now())
	}
	return i, u, nil
}

// why says in words what became of a link.
func why(i tenant.Invitation, u tenant.User, now time.Time) error {
	switch {
	case i.Purpose == tenant.ToEnrol && u.State == tenant.Active:
		return used("Your account is active already", "This link has done its work; it works once.", "Sign in with your password.")
	case !now.Before(i.Expires) && i.Purpose == tenant.ToEnrol:
		return ended("It worked for 24 hours, which are over.")
	case !now.Before(i.Expires):
		return ended("It worked for 30 minutes, which are over.")
	case !i.Used.IsZero() && i.Purpose != tenant.ToEnrol && u.State == tenant.Active:
		return used("This link was used", "It works once, in the browser that opened it, and ends when the password is another.",
			"Sign in with your password, or have a new link sent.")
	}
	return ended("It was taken back, or your account is not ready for it.")
}

func used(title, text, hint string) error {
	return &problem.Problem{Code: Used, Title: title, Text: text, Hint: hint, Op: "opening a link"}
}

func ended(text string) error {
	return &problem.Problem{
		Code: Ended, Title: "This link does not work any more", Text: text, Hint: "Have a new one sent to your e-mail address.", Op: "opening a link",
	}
}

// Ask has a link sent to an address, if somebody has it for whom such a link is.
func (d *Desk) Ask(ctx context.Context, purpose tenant.LinkPurpose, address, from string) error {
	if len(address) > maxAddress {
		address = address[:maxAddress]
	}
	// The network first: one that is slowed down must not use up what others may ask for an address.
	if err := d.askers.Admit(signin.Network(from)); err != nil {
		return err
	}
	if err := d.asks.Admit(string(purpose) + " " + tenant.Fold(address)); err != nil {
		return err
	}
	return d.store.Write(ctx, func(tx store.Tx) error {
		return tx.AskForInvitation(ctx, tenant.Ask{Purpose: purpose, Address: address}, d.now())
	})
}
