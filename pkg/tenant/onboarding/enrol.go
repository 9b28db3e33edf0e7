package onboarding

import (
	"context"
	"errors"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/links"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Codes for one user.
const (
	codeBurst  = 6
	codePeriod = 2 * time.Minute
)

// Enrolments turns links into accounts.
type Enrolments struct {
	store     store.Store
	links     *links.Desk
	passwords *passwords.Desk
	now       func() time.Time
	codes     *signin.Limit
}

// NewEnrolments makes an Enrolments.
func NewEnrolments(s store.Store, l *links.Desk, p *passwords.Desk, now func() time.Time) *Enrolments {
	return &Enrolments{store: s, links: l, passwords: p, now: now, codes: signin.NewLimit(now, codeBurst, codePeriod)}
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
func (e *Enrolments) Find(ctx context.Context, token, from string) (v Visit, err error) {
	err = e.links.Slowly(from, func() error {
		v, err = e.find(ctx, e.store, signin.HashToken(token))
		return err
	})
	return v, err
}

func (e *Enrolments) find(ctx context.Context, from store.Reader, hash []byte) (Visit, error) {
	_, u, err := e.links.Open(ctx, from, hash, tenant.ToEnrol)
	if err != nil {
		return Visit{}, err
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

// SetPassword takes the password that a person chose: first to the directory, where that person's is kept there. Where no
// second factor is required, that person is Active then.
func (e *Enrolments) SetPassword(ctx context.Context, v Visit, w passwords.Wish) (active bool, err error) {
	w.User, w.Organization = v.User, v.Organization
	err = e.passwords.Accept(ctx, w, func(hash string) error {
		if active, err = e.proven(ctx, v, hash); err != nil {
			return e.passwords.Half(ctx, v.User, err)
		}
		return nil
	})
	return active, err
}

// UseWindows proves the password of Windows, by which the person signs in from then on: Passly keeps none.
func (e *Enrolments) UseWindows(ctx context.Context, v Visit, password, from string) (active bool, err error) {
	if err := e.passwords.ProveWindows(ctx, v.User, password, from); err != nil {
		return false, err
	}
	return e.proven(ctx, v, "")
}

// proven goes on after the password, of which the hash is kept; an empty one is that of who uses the password of Windows.
func (e *Enrolments) proven(ctx context.Context, v Visit, hash string) (active bool, err error) {
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

// Ask has a new link sent to an address, if somebody who is Provisioned has it.
func (e *Enrolments) Ask(ctx context.Context, address, from string) error {
	return e.links.Ask(ctx, tenant.ToEnrol, address, from)
}
