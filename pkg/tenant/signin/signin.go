// Package signin lets administrators in: it checks passwords, slows guessing down, and makes and finds sessions.
//
// A wrong password and an unknown e-mail get the same answer after the same work, so that nobody learns who has an
// account. Attempts are limited for each e-mail and for each address. Tokens are random, and kept as hashes only.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// How long sessions and enrolment tokens live.
const (
	ConsoleLife   = 12 * time.Hour
	EnrolmentLife = 15 * time.Minute
	TokenLife     = 10 * time.Minute
	// UnattendedLife is for tokens made in the console: somebody has to carry them to another machine.
	UnattendedLife = time.Hour
	stepLife       = 5 * time.Minute // between password and one-time code
)

// Desk signs administrators in.
type Desk struct {
	Devices  *Devices // sign-ins in a browser, of machines
	store    store.Store
	codes    *Limit // of one-time codes, for each administrator
	now      func() time.Time
	throttle *Throttle
	hashing  *Hashing
	refusals *Refusals
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, now func() time.Time) *Desk {
	d := &Desk{
		store: s, now: now, throttle: NewThrottle(now), hashing: NewHashing(), refusals: NewRefusals(s, now),
	}
	d.Devices, d.codes = newDevices(d), NewLimit(now, codeBurst, codePeriod)
	return d
}

// Hashing is what bounds the hashes computed at once, for others that check passwords.
func (d *Desk) Hashing() *Hashing { return d.hashing }

// Attempt is what somebody signs in with.
type Attempt struct {
	Email, Password string
	Code            string // one-time code; empty where none was given
	From            string // address of who asks
	Purpose         tenant.SessionPurpose
}

// SignIn checks an attempt and makes a session. Errors are problems; a throttled attempt's has a control.RetryAfter as
// cause. Told only after the right password: that an account is locked or a reader's, that the tenant is disabled, and that a
// one-time code is lacking. For that the console gets a session of purpose ForSecondStep, for Confirm, and others a problem
// of code control.NeedsCode.
//
// What comes of it is in the audit log, refusals too, for which see Refusals.
func (d *Desk) SignIn(ctx context.Context, a Attempt) (string, tenant.Session, error) {
	token, session, err := d.signIn(ctx, a)
	if err != nil {
		err = d.refusals.Note(ctx, tenant.Fold(a.Email), d.account(ctx, a.Email), err)
	}
	return token, session, err
}

// account names the account that a sign-in was for, if there is one.
func (d *Desk) account(ctx context.Context, email string) audit.Subject {
	admin, err := d.store.Administrator(ctx, strings.TrimSpace(email))
	if err != nil {
		return audit.Subject{}
	}
	return audit.OfAdministrator(admin)
}

func (d *Desk) signIn(ctx context.Context, a Attempt) (string, tenant.Session, error) {
	a.Email = strings.TrimSpace(a.Email)
	admin, err := d.Prove(ctx, a.Email, a.Password, a.From)
	if err == nil {
		err = d.standing(ctx, d.store, admin, a.Purpose)
	}
	switch {
	case err != nil:
		return "", tenant.Session{}, err
	case admin.SecondFactor == "":
		return d.let(ctx, admin, a.Purpose)
	case a.Code == "" && a.Purpose == tenant.ForConsole:
		return d.let(ctx, admin, tenant.ForSecondStep)
	case a.Code == "":
		return "", tenant.Session{}, needsCode()
	}
	if err := d.useCode(ctx, admin, a.Code); err != nil {
		return "", tenant.Session{}, err
	}
	return d.let(ctx, admin, a.Purpose)
}

// Prove checks an administrator's password.
func (d *Desk) Prove(ctx context.Context, email, password, from string) (tenant.Administrator, error) {
	if err := d.throttle.Admit(tenant.Fold(email), from); err != nil {
		return tenant.Administrator{}, err
	}
	return d.check(ctx, email, password)
}

// let stores a session. Only who is all the way in is forgiven the attempts before.
func (d *Desk) let(ctx context.Context, admin tenant.Administrator, purpose tenant.SessionPurpose) (string, tenant.Session, error) {
	token, session := d.newSession(ctx, admin, purpose)
	err := d.store.Write(ctx, func(tx store.Tx) error { return enter(ctx, tx, session) })
	if err == nil && purpose != tenant.ForSecondStep {
		d.throttle.Forgive(tenant.Fold(admin.Email))
		err = d.refusals.Flush(ctx)
	}
	return token, session, err
}

// enter stores a session and, where it is more than half a sign-in, says so.
func enter(ctx context.Context, tx store.Tx, s tenant.Session) error {
	if err := tx.AddSession(ctx, s); err != nil || s.Purpose == tenant.ForSecondStep {
		return err
	}
	if err := tx.SignedIn(ctx, s.Administrator.ID, s.Created); err != nil {
		return err
	}
	return tx.Record(ctx, audit.Entry{
		What: audit.SignedIn, Actor: audit.BeingAdministrator(ctx, s.Administrator), Subject: audit.OfAdministrator(s.Administrator),
		Details: []audit.Detail{{Name: "for", After: PurposeWords(s.Purpose)}, {Name: "with", After: s.Browser}},
	})
}

// newSession makes a session and its token; it counts once it is stored.
func (d *Desk) newSession(ctx context.Context, admin tenant.Administrator, purpose tenant.SessionPurpose) (string, tenant.Session) {
	life := ConsoleLife
	switch purpose {
	case tenant.ForEnrolment:
		life = EnrolmentLife
	case tenant.ForSecondStep:
		life = stepLife
	}
	token, hash := NewToken()
	visitor := audit.By(ctx)
	return token, tenant.Session{
		Hash: hash, Administrator: admin, Purpose: purpose, Created: d.now(), Expires: d.now().Add(life), Address: visitor.From, Browser: visitor.Browser,
	}
}

func (d *Desk) check(ctx context.Context, email, password string) (tenant.Administrator, error) {
	admin, err := d.store.Administrator(ctx, email)
	unknown := problem.Is(err, problem.NotFound)
	if err != nil && !unknown {
		return admin, err
	}
	right, err := d.hashing.Check(ctx, admin.PasswordHash, password)
	if err != nil {
		return admin, err
	}
	if !right {
		return admin, &problem.Problem{
			Code: problem.CredentialsBad, Title: "E-mail or password is wrong",
			Text: "No administrator of this tenant has this e-mail and password.", Hint: "Check both and try again.", Op: "signing in",
		}
	}
	return admin, nil
}

// Session finds the session of a token, if it lives and is good for the purpose.
func (d *Desk) Session(ctx context.Context, token string, purpose tenant.SessionPurpose) (tenant.Session, error) {
	session, err := d.store.Session(ctx, HashToken(token))
	if err != nil && !problem.Is(err, problem.NotFound) {
		return session, err
	}
	live := err == nil && session.Purpose == purpose && d.now().Before(session.Expires)
	if live {
		refused := d.standing(ctx, d.store, session.Administrator, purpose)
		if refused != nil && !isStanding(refused) {
			return tenant.Session{}, refused
		}
		live = refused == nil
	}
	if !live {
		return tenant.Session{}, &problem.Problem{
			Code: problem.Unauthorized, Title: "The sign-in has ended", Text: "It lasts for a limited time.", Hint: "Sign in again.",
		}
	}
	return session, nil
}

// EnrolmentToken makes a token that lets one agent in, as an administrator's word for it. Its hash only is kept.
func (d *Desk) EnrolmentToken(ctx context.Context, by tenant.Administrator, life time.Duration) (string, tenant.EnrolmentToken, error) {
	token, hash := NewToken()
	fresh := tenant.EnrolmentToken{Hash: hash, Administrator: by.ID, Expires: d.now().Add(life)}
	return token, fresh, d.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.AddEnrolmentToken(ctx, fresh); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.TokenMade, Actor: audit.BeingAdministrator(ctx, by), Details: []audit.Detail{audit.Count("minutes it lives", int(life/time.Minute))}})
	})
}

// SignOut ends the session of a token.
func (d *Desk) SignOut(ctx context.Context, token string) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		session, err := tx.Session(ctx, HashToken(token))
		if problem.Is(err, problem.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.EndSession(ctx, session.Hash); err != nil || session.Purpose == tenant.ForSecondStep {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			What: audit.SignedOut, Actor: audit.BeingAdministrator(ctx, session.Administrator), Subject: audit.OfAdministrator(session.Administrator),
		})
	})
}

// NewToken makes a random token and the hash to keep.
func NewToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, HashToken(token)
}

// HashToken gives what is kept of a token. A fast hash does: tokens are random, not chosen.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
