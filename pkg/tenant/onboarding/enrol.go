package onboarding

import (
	"context"
	"errors"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Limits: wrong links from one network, codes for one user, wishes for a new link for one address and from one network.
const (
	missBurst    = 20
	missPeriod   = 30 * time.Second
	codeBurst    = 6
	codePeriod   = 2 * time.Minute
	askBurst     = 3
	askPeriod    = 10 * time.Minute
	askersBurst  = 20
	askersPeriod = time.Minute
)

// LinkEnded is the code of a link that is unknown, used, too old, or no longer the user's. LinkUsed tells, of those, one that
// did its work: the account is active.
const (
	LinkEnded problem.Code = "link-ended"
	LinkUsed  problem.Code = "link-used"
)

// Enrolments turns links into accounts.
type Enrolments struct {
	store        store.Store
	hashing      *signin.Hashing
	now          func() time.Time
	misses       *signin.Limit
	codes        *signin.Limit
	asks, askers *signin.Limit
}

// NewEnrolments makes an Enrolments.
func NewEnrolments(s store.Store, h *signin.Hashing, now func() time.Time) *Enrolments {
	return &Enrolments{
		store: s, hashing: h, now: now, misses: signin.NewLimit(now, missBurst, missPeriod), codes: signin.NewLimit(now, codeBurst, codePeriod),
		asks: signin.NewLimit(now, askBurst, askPeriod), askers: signin.NewLimit(now, askersBurst, askersPeriod),
	}
}

// Visit is somebody who came with a link that works.
type Visit struct {
	User         tenant.User
	Organization tenant.Organization
	Account      tenant.Account // the zero Account while no password is set
	hash         []byte
}

// SecondStep reports whether the password is set and the second factor lacking.
func (v Visit) SecondStep() bool { return v.User.TwoFactor && v.Account.PendingFactor != "" }

// Find gives who a link is for. Wrong ones are slowed down for each network.
func (e *Enrolments) Find(ctx context.Context, token, from string) (Visit, error) {
	network := signin.Network(from)
	if err := e.misses.Refused(network); err != nil {
		return Visit{}, err
	}
	v, err := e.find(ctx, e.store, signin.HashToken(token))
	if problem.Is(err, LinkEnded) {
		if slow := e.misses.Admit(network); slow != nil {
			return Visit{}, slow
		}
	}
	return v, err
}

func (e *Enrolments) find(ctx context.Context, from store.Reader, hash []byte) (Visit, error) {
	if err := signin.Open(ctx, from); err != nil {
		return Visit{}, err
	}
	i, err := from.Invitation(ctx, hash)
	if problem.Is(err, problem.NotFound) || err == nil && i.Purpose != tenant.ToEnrol {
		return Visit{}, ended("It was copied in part, or it is very old.")
	}
	if err != nil {
		return Visit{}, err
	}
	u, err := from.User(ctx, tenant.Scope{}, i.User)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return Visit{}, err
	}
	if err != nil || !i.Admits(u, e.now()) {
		return Visit{}, whyEnded(i, u, e.now())
	}
	return e.visit(ctx, from, hash, u)
}

func (e *Enrolments) visit(ctx context.Context, from store.Reader, hash []byte, u tenant.User) (Visit, error) {
	v := Visit{User: u, hash: hash}
	var err error
	if v.Organization, err = from.Organization(ctx, u.Organization); err != nil && !problem.Is(err, problem.NotFound) {
		return v, err
	}
	v.Account, err = from.Account(ctx, u.ID)
	if problem.Is(err, problem.NotFound) {
		v.Account, err = tenant.Account{User: u.ID}, nil
	}
	return v, err
}

func whyEnded(i tenant.Invitation, u tenant.User, now time.Time) error {
	switch {
	case u.State == tenant.Active:
		return &problem.Problem{
			Code: LinkUsed, Title: "Your account is active already", Text: "This link has done its work; it works once.", Hint: "Sign in with your password.", Op: "opening an enrolment link",
		}
	case !now.Before(i.Expires):
		return ended("It worked for 24 hours, which are over.")
	}
	return ended("It was taken back, or your account is not ready to be activated.")
}

func ended(text string) error {
	return &problem.Problem{
		Code: LinkEnded, Title: "This link does not work any more", Text: text, Hint: "Have a new one sent to your e-mail address.", Op: "opening an enrolment link",
	}
}

// SetPassword stores the password that a person chose. Where no second factor is required, that person is Active then.
func (e *Enrolments) SetPassword(ctx context.Context, v Visit, password, again string) (active bool, err error) {
	if password != again {
		return false, &problem.Problem{Code: problem.Invalid, Title: "The two passwords are not the same", Text: "Nothing was saved.", Hint: "Type the same password into both fields."}
	}
	if err := CheckPassword(password, v.Organization, v.User); err != nil {
		return false, err
	}
	hash, err := e.hashing.Hash(ctx, password)
	if err != nil {
		return false, err
	}
	err = e.store.Write(ctx, func(tx store.Tx) error {
		now, err := e.find(ctx, tx, v.hash)
		if err != nil {
			return err
		}
		now.Account.PasswordHash, now.Account.PasswordSet = hash, e.now()
		if now.User.TwoFactor {
			now.Account.PendingFactor = signin.NewSecret()
			return tx.PutAccount(ctx, now.Account)
		}
		active = true
		return e.activate(ctx, tx, now)
	})
	return active, err
}

// Confirm takes the first code of the authenticator, makes the person Active and gives the recovery codes, which nobody
// sees again.
func (e *Enrolments) Confirm(ctx context.Context, v Visit, code string) ([]string, error) {
	if !v.SecondStep() {
		return nil, &problem.Problem{Code: problem.Conflict, Title: "The password comes first", Hint: "Choose a password."}
	}
	if err := e.codes.Admit(v.User.ID.String()); err != nil {
		return nil, err
	}
	step, err := signin.MatchCode(v.Account.PendingFactor, code, e.now())
	if err != nil {
		return nil, err
	}
	codes, hashes := signin.NewRecoveryCodes()
	err = e.store.Write(ctx, func(tx store.Tx) error {
		now, err := e.find(ctx, tx, v.hash)
		if err != nil {
			return err
		}
		if now.Account.PendingFactor != v.Account.PendingFactor {
			return &problem.Problem{Code: problem.Conflict, Title: "The password was set again meanwhile", Text: "That made another QR code.", Hint: "Scan the code that is shown now."}
		}
		now.Account.SecondFactor, now.Account.CodeStep = now.Account.PendingFactor, step
		return errors.Join(e.activate(ctx, tx, now), tx.PutRecoveryCodes(ctx, v.User.ID, hashes))
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// activate makes somebody Active and ends what led there.
func (e *Enrolments) activate(ctx context.Context, tx store.Tx, v Visit) error {
	at := e.now()
	v.User.State, v.Account.Activated, v.Account.PendingFactor = tenant.Active, at, ""
	if err := tx.UseInvitation(ctx, v.hash, at); err != nil {
		return err
	}
	enrolled := audit.Entry{What: audit.PersonEnrolled, Actor: audit.BeingPerson(ctx, v.User), Subject: audit.OfUser(v.User)}
	if v.Account.SecondFactor != "" {
		enrolled.Details = []audit.Detail{{Name: "second factor", After: "registered, with recovery codes"}}
	}
	return errors.Join(tx.ReplaceUser(ctx, &v.User), tx.PutAccount(ctx, v.Account), tx.EndInvitations(ctx, v.User.ID, at), tx.EndMessages(ctx, v.User.ID), tx.Record(ctx, enrolled))
}

// Ask has a new link sent to an address, if somebody who is Provisioned has it. The answer and the work are the same if
// not: whether an address is known is looked up later (Courier).
func (e *Enrolments) Ask(ctx context.Context, address, from string) error {
	if len(address) > maxAddress {
		address = address[:maxAddress]
	}
	if err := errors.Join(e.askers.Admit(signin.Network(from)), e.asks.Admit(tenant.Fold(address))); err != nil {
		return err
	}
	return e.store.Write(ctx, func(tx store.Tx) error { return tx.AskForInvitation(ctx, tenant.Ask{Purpose: tenant.ToEnrol, Address: address}, e.now()) })
}

const maxAddress = 254 // RFC 5321 §4.5.3.1.3, less the brackets
