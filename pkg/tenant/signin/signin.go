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
	"fmt"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// How long sessions and enrolment tokens live.
const (
	ConsoleLife   = 12 * time.Hour
	EnrolmentLife = 15 * time.Minute
	TokenLife     = 10 * time.Minute
)

// Desk signs administrators in.
type Desk struct {
	Devices  *Devices // sign-ins in a browser, of machines
	store    store.Store
	now      func() time.Time
	throttle *Throttle
	hashing  chan struct{} // bounds how many hashes are computed at once: each takes memory
	dummy    string
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, now func() time.Time) *Desk {
	d := &Desk{
		store: s, now: now, throttle: NewThrottle(now), hashing: make(chan struct{}, 2),
		dummy: dummyHash(),
	}
	d.Devices = newDevices(d)
	return d
}

// SignIn checks e-mail and password and makes a session. from is the address of who asks. Errors are problems; a
// throttled attempt's has a control.RetryAfter as cause.
func (d *Desk) SignIn(ctx context.Context, email, password, from string, purpose tenant.SessionPurpose) (string, tenant.Session, error) {
	email = strings.TrimSpace(email)
	if err := d.throttle.Admit(tenant.Fold(email), from); err != nil {
		return "", tenant.Session{}, err
	}
	admin, err := d.check(ctx, email, password)
	if err != nil {
		return "", tenant.Session{}, err
	}
	d.throttle.Forgive(tenant.Fold(email))
	token, session := d.newSession(admin, purpose)
	err = d.store.Write(ctx, func(tx store.Tx) error { return tx.AddSession(ctx, session) })
	return token, session, err
}

// newSession makes a session and its token; it counts once it is stored.
func (d *Desk) newSession(admin tenant.Administrator, purpose tenant.SessionPurpose) (string, tenant.Session) {
	life := ConsoleLife
	if purpose == tenant.ForEnrolment {
		life = EnrolmentLife
	}
	token, hash := NewToken()
	return token, tenant.Session{Hash: hash, Administrator: admin, Purpose: purpose, Created: d.now(), Expires: d.now().Add(life)}
}

func (d *Desk) check(ctx context.Context, email, password string) (tenant.Administrator, error) {
	admin, err := d.store.Administrator(ctx, email)
	unknown := problem.Is(err, problem.NotFound)
	if err != nil && !unknown {
		return admin, err
	}
	hash := admin.PasswordHash
	if unknown {
		hash = d.dummy
	}
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return admin, fmt.Errorf("checking a password: %w", ctx.Err())
	}
	if !CheckPassword(hash, password) || unknown {
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
	if err != nil || session.Purpose != purpose || !d.now().Before(session.Expires) {
		return tenant.Session{}, &problem.Problem{
			Code: problem.Unauthorized, Title: "The sign-in has ended", Text: "It lasts for a limited time.", Hint: "Sign in again.",
		}
	}
	return session, nil
}

// SignOut ends the session of a token.
func (d *Desk) SignOut(ctx context.Context, token string) error {
	return d.store.Write(ctx, func(tx store.Tx) error { return tx.EndSession(ctx, HashToken(token)) })
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
