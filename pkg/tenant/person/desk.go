package person

import (
	"context"
	"errors"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// How long sessions live, and how quickly codes may follow each other.
const (
	sessionLife = 12 * time.Hour
	stepLife    = 5 * time.Minute // between password and code
	codeBurst   = 6
	codePeriod  = 2 * time.Minute
)

// Desk lets people in.
type Desk struct {
	store    store.Store
	hashing  *signin.Hashing
	now      func() time.Time
	throttle *signin.Throttle
	codes    *signin.Limit
	refusals *signin.Refusals
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, h *signin.Hashing, now func() time.Time) *Desk {
	return &Desk{store: s, hashing: h, now: now, throttle: signin.NewThrottle(now), codes: signin.NewLimit(now, codeBurst, codePeriod), refusals: signin.NewRefusals(s, now)}
}

// Attempt is what somebody signs in with: e-mail address or user logon name, and password.
type Attempt struct{ Name, Password, From string }

// SignIn checks an attempt and makes a session. Where a code is lacking its purpose is tenant.ForPersonCode, for Confirm.
func (d *Desk) SignIn(ctx context.Context, a Attempt) (string, tenant.PersonSession, error) {
	token, session, err := d.signIn(ctx, a)
	if err != nil {
		var account audit.Subject
		if u, _, unknown := d.known(ctx, strings.TrimSpace(a.Name)); unknown == nil {
			account = audit.OfUser(u)
		}
		err = d.refusals.Note(ctx, tenant.Fold(a.Name), account, err)
	}
	return token, session, err
}

func (d *Desk) signIn(ctx context.Context, a Attempt) (string, tenant.PersonSession, error) {
	a.Name = strings.TrimSpace(a.Name)
	u, account, err := d.prove(ctx, a)
	if err == nil {
		err = signin.Open(ctx, d.store)
	}
	if err != nil {
		return "", tenant.PersonSession{}, err
	}
	if account.SecondFactor != "" {
		return d.let(ctx, u, tenant.ForPersonCode)
	}
	d.throttle.Forgive(tenant.Fold(a.Name))
	return d.let(ctx, u, tenant.ForOwnPages)
}

// prove checks name and password. Who is not Active is told nothing else than who does not exist.
func (d *Desk) prove(ctx context.Context, a Attempt) (tenant.User, tenant.Account, error) {
	if err := d.throttle.Admit(tenant.Fold(a.Name), a.From); err != nil {
		return tenant.User{}, tenant.Account{}, err
	}
	u, account, err := d.known(ctx, a.Name)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return u, account, err
	}
	right, err := d.hashing.Check(ctx, account.PasswordHash, a.Password)
	if err == nil && !right {
		err = &problem.Problem{
			Code: problem.CredentialsBad, Title: "Name or password is wrong", Text: "Nobody whose account is active has this name and password.",
			Hint: "Check both and try again. Use the password that you chose for Passly, which may not be that of Windows.", Op: "signing in",
		}
	}
	return u, account, err
}

// known finds who is Active under an e-mail address, else under a user logon name.
func (d *Desk) known(ctx context.Context, name string) (tenant.User, tenant.Account, error) {
	for _, attribute := range []string{"emails", "userName"} {
		is := scim.Compare{Path: scim.Path{Name: attribute}, Op: scim.Equal, Value: name}
		users, err := d.store.Users(ctx, tenant.Scope{}, store.Query{Filter: is, State: tenant.Active, Limit: 1})
		if err != nil {
			return tenant.User{}, tenant.Account{}, err
		}
		if len(users) == 1 {
			account, err := d.store.Account(ctx, users[0].ID)
			return users[0], account, err
		}
	}
	return tenant.User{}, tenant.Account{}, tenant.NotFound("person")
}

func (d *Desk) let(ctx context.Context, u tenant.User, purpose tenant.PersonPurpose) (string, tenant.PersonSession, error) {
	life := sessionLife
	if purpose == tenant.ForPersonCode {
		life = stepLife
	}
	token, hash := signin.NewToken()
	session := tenant.PersonSession{Hash: hash, User: u, Purpose: purpose, Created: d.now(), Expires: d.now().Add(life)}
	err := d.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.AddPersonSession(ctx, session); err != nil || purpose == tenant.ForPersonCode {
			return err
		}
		e := by(ctx, audit.SignedIn, u)
		e.Details = []audit.Detail{{Name: "for", After: "the own pages"}, {Name: "with", After: e.Actor.Browser}}
		return tx.Record(ctx, e)
	})
	if err == nil && purpose != tenant.ForPersonCode {
		err = d.refusals.Flush(ctx)
	}
	return token, session, err
}

// by is what a person did to the own account.
func by(ctx context.Context, what audit.What, u tenant.User) audit.Entry {
	return audit.Entry{What: what, Actor: audit.BeingPerson(ctx, u), Subject: audit.OfUser(u)}
}

// Confirm trades a session of the second step and a code, of the authenticator or for recovery, for one for the own pages.
func (d *Desk) Confirm(ctx context.Context, token, code string) (string, tenant.PersonSession, error) {
	step, err := d.Session(ctx, token, tenant.ForPersonCode)
	if err != nil {
		return "", step, err
	}
	if err := d.useCode(ctx, step.User, code); err != nil {
		return "", step, d.refusals.Note(ctx, step.User.ID.String(), audit.OfUser(step.User), err)
	}
	for _, name := range []string{step.User.Mail, step.User.UserName} {
		d.throttle.Forgive(tenant.Fold(name))
	}
	if err := d.store.Write(ctx, func(tx store.Tx) error { return tx.EndPersonSession(ctx, step.Hash) }); err != nil {
		return "", step, err
	}
	return d.let(ctx, step.User, tenant.ForOwnPages)
}

// useCode takes a right code once. Guesses are slowed down for each person.
func (d *Desk) useCode(ctx context.Context, u tenant.User, code string) error {
	if err := d.codes.Admit(u.ID.String()); err != nil {
		return err
	}
	account, err := d.store.Account(ctx, u.ID)
	if err != nil {
		return err
	}
	if signin.LikeRecoveryCode(code) {
		return d.useRecovery(ctx, u, code)
	}
	step, err := signin.MatchCode(account.SecondFactor, code, d.now())
	if err != nil {
		return err
	}
	var fresh bool
	err = d.store.Write(ctx, func(tx store.Tx) (err error) {
		fresh, err = tx.UsePersonCode(ctx, u.ID, step)
		return err
	})
	if err == nil && !fresh {
		err = signin.CodeUsed()
	}
	return err
}

func (d *Desk) useRecovery(ctx context.Context, u tenant.User, code string) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		there, err := tx.UseRecoveryCode(ctx, u.ID, signin.HashRecoveryCode(code))
		if err != nil {
			return err
		}
		if !there {
			return signin.RecoveryWrong()
		}
		return tx.Record(ctx, by(ctx, audit.RecoveryUsed, u))
	})
}

// Session finds the session of a token, if it lives and is good for the purpose.
func (d *Desk) Session(ctx context.Context, token string, purpose tenant.PersonPurpose) (tenant.PersonSession, error) {
	session, err := d.store.PersonSession(ctx, signin.HashToken(token))
	if err != nil && !problem.Is(err, problem.NotFound) {
		return session, err
	}
	if err == nil {
		if err := signin.Open(ctx, d.store); err != nil {
			return tenant.PersonSession{}, err
		}
	}
	if err != nil || session.Purpose != purpose || !d.now().Before(session.Expires) {
		return tenant.PersonSession{}, &problem.Problem{
			Code: problem.Unauthorized, Title: "You are signed out", Text: "A sign-in lasts for a limited time.", Hint: "Sign in again.",
		}
	}
	return session, nil
}

// SignOut ends the session of a token.
func (d *Desk) SignOut(ctx context.Context, token string) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		session, err := tx.PersonSession(ctx, signin.HashToken(token))
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		if err := tx.EndPersonSession(ctx, signin.HashToken(token)); err != nil || session.Purpose != tenant.ForOwnPages {
			return err
		}
		return tx.Record(ctx, by(ctx, audit.SignedOut, session.User))
	})
}

// Change is a person's wish for another password.
type Change struct{ Old, New, Again, From string }

// ChangePassword stores another password and ends all other sessions.
func (d *Desk) ChangePassword(ctx context.Context, s tenant.PersonSession, o tenant.Organization, c Change) error {
	if c.New != c.Again {
		return &problem.Problem{Code: problem.Invalid, Title: "The two new passwords are not the same", Text: "Nothing was changed.", Hint: "Type the same password into both fields."}
	}
	if err := onboarding.CheckPassword(c.New, o, s.User); err != nil {
		return err
	}
	if err := d.proveAnew(ctx, s, c.Old, c.From); err != nil {
		return err
	}
	hash, err := d.hashing.Hash(ctx, c.New)
	if err != nil {
		return err
	}
	return d.store.Write(ctx, func(tx store.Tx) error {
		account, err := tx.Account(ctx, s.User.ID)
		if err != nil {
			return err
		}
		account.PasswordHash, account.PasswordSet, account.MustChange = hash, d.now(), false
		return errors.Join(tx.PutAccount(ctx, account), tx.EndPersonSessions(ctx, s.User.ID, s.Hash), tx.Record(ctx, by(ctx, audit.PasswordChanged, s.User)))
	})
}

// NewRecoveryCodes makes recovery codes that take the place of all before. The password is asked again.
func (d *Desk) NewRecoveryCodes(ctx context.Context, s tenant.PersonSession, password, from string) ([]string, error) {
	account, err := d.store.Account(ctx, s.User.ID)
	if err != nil {
		return nil, err
	}
	if account.SecondFactor == "" {
		return nil, &problem.Problem{Code: problem.Conflict, Title: "Recovery codes are for accounts with an authenticator", Hint: "Yours has none."}
	}
	if err := d.proveAnew(ctx, s, password, from); err != nil {
		return nil, err
	}
	codes, hashes := signin.NewRecoveryCodes()
	return codes, d.store.Write(ctx, func(tx store.Tx) error {
		return errors.Join(tx.PutRecoveryCodes(ctx, s.User.ID, hashes), tx.Record(ctx, by(ctx, audit.RecoveryMade, s.User)))
	})
}

// proveAnew asks who is signed in for the password.
func (d *Desk) proveAnew(ctx context.Context, s tenant.PersonSession, password, from string) error {
	name := s.User.ID.String()
	if err := d.throttle.Admit(name, from); err != nil {
		return err
	}
	account, err := d.store.Account(ctx, s.User.ID)
	if err != nil {
		return err
	}
	right, err := d.hashing.Check(ctx, account.PasswordHash, password)
	switch {
	case err != nil:
		return err
	case !right:
		return &problem.Problem{Code: problem.CredentialsBad, Title: "The password is not right", Text: "Nothing was changed.", Hint: "Give the one that you sign in with now."}
	}
	d.throttle.Forgive(name)
	return nil
}
