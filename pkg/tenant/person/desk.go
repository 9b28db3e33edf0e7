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
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// How long sessions live.
const (
	sessionLife = 12 * time.Hour
	stepLife    = 5 * time.Minute // between password and code, or another password
)

// refusalTakes is how long a refused sign-in takes at least, where Windows may be asked: longer than Windows usually does.
const refusalTakes = time.Second

// Desk lets people in.
type Desk struct {
	store     store.Store
	passwords *passwords.Desk
	now       func() time.Time
	throttle  *signin.Throttle
	refusals  *signin.Refusals
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, p *passwords.Desk, now func() time.Time) *Desk {
	return &Desk{store: s, passwords: p, now: now, throttle: signin.NewThrottle(now), refusals: signin.NewRefusals(s, now)}
}

// Attempt is what somebody signs in with: e-mail address or user logon name, and password.
type Attempt struct{ Name, Password, From string }

// SignIn checks an attempt and makes a session. Where a code is lacking its purpose is tenant.ForPersonCode, for Confirm.
func (d *Desk) SignIn(ctx context.Context, a Attempt) (string, tenant.PersonSession, error) {
	least := time.NewTimer(refusalTakes)
	defer least.Stop()
	token, session, err := d.signIn(ctx, a)
	if err != nil {
		if slow := d.slowly(ctx, err, least.C); slow != nil {
			return "", session, slow
		}
		var account audit.Subject
		if u, _, unknown := d.known(ctx, strings.TrimSpace(a.Name)); unknown == nil {
			account = audit.OfUser(u)
		}
		err = d.refusals.Note(ctx, tenant.Fold(a.Name), account, err)
	}
	return token, session, err
}

// slowly holds a refusal back for as long as it takes at least, so that the time does not tell whom Windows was asked about. Where it
// is asked about nobody, there is nothing to tell.
func (d *Desk) slowly(ctx context.Context, refused error, least <-chan time.Time) error {
	if !problem.Is(refused, problem.CredentialsBad) {
		return nil
	}
	asks, err := d.passwords.AsksWindows(ctx)
	if err != nil || !asks {
		return err
	}
	select {
	case <-least:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	return d.admit(ctx, u)
}

// admit makes the session of who has shown all that is asked for: for the own pages, or for choosing another password first.
func (d *Desk) admit(ctx context.Context, u tenant.User) (string, tenant.PersonSession, error) {
	account, err := d.store.Account(ctx, u.ID)
	if err != nil {
		return "", tenant.PersonSession{}, err
	}
	due, err := d.passwords.Due(ctx, u, account)
	if err != nil {
		return "", tenant.PersonSession{}, err
	}
	if due {
		return d.let(ctx, u, tenant.ForNewPassword)
	}
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
	right, err := d.passwords.Prove(ctx, u, account, a.Password, a.From)
	if err == nil && !right {
		err = &problem.Problem{
			Code: problem.CredentialsBad, Title: "Name or password is wrong", Text: "Nobody whose account is active has this name and password.",
			Hint: "Check both and try again. If you chose to use your password of Windows, Passly may not reach Windows at the moment: then try again in a few minutes.", Op: "signing in",
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
	life := stepLife
	if purpose == tenant.ForOwnPages {
		life = sessionLife
	}
	token, hash := signin.NewToken()
	session := tenant.PersonSession{Hash: hash, User: u, Purpose: purpose, Created: d.now(), Expires: d.now().Add(life)}
	err := d.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.AddPersonSession(ctx, session); err != nil || purpose != tenant.ForOwnPages {
			return err
		}
		e := by(ctx, audit.SignedIn, u)
		e.Details = []audit.Detail{{Name: "for", After: "the own pages"}, {Name: "with", After: e.Actor.Browser}}
		return tx.Record(ctx, e)
	})
	if err == nil && purpose == tenant.ForOwnPages {
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
	if err := d.passwords.UseCode(ctx, step.User, code); err != nil {
		return "", step, d.refusals.Note(ctx, step.User.ID.String(), audit.OfUser(step.User), err)
	}
	for _, name := range []string{step.User.Mail, step.User.UserName} {
		d.throttle.Forgive(tenant.Fold(name))
	}
	if err := d.store.Write(ctx, func(tx store.Tx) error { return tx.EndPersonSession(ctx, step.Hash) }); err != nil {
		return "", step, err
	}
	return d.admit(ctx, step.User)
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

// ChangePassword has another password take the place of the one that is typed with it, and ends all other sessions.
func (d *Desk) ChangePassword(ctx context.Context, s tenant.PersonSession, w passwords.Wish) error {
	w.User = s.User
	return d.passwords.Change(ctx, w, s.Hash)
}

// ChoosePassword sets the password that has to be chosen before anything else, and makes the session for the own pages.
func (d *Desk) ChoosePassword(ctx context.Context, s tenant.PersonSession, w passwords.Wish) (string, tenant.PersonSession, error) {
	w.User = s.User
	if err := d.passwords.Choose(ctx, w); err != nil {
		return "", s, err
	}
	return d.let(ctx, s.User, tenant.ForOwnPages)
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
	if err := d.passwords.ProveAnew(ctx, s.User, password, from); err != nil {
		return nil, err
	}
	codes, hashes := signin.NewRecoveryCodes()
	return codes, d.store.Write(ctx, func(tx store.Tx) error {
		return errors.Join(tx.PutRecoveryCodes(ctx, s.User.ID, hashes), tx.Record(ctx, by(ctx, audit.RecoveryMade, s.User)))
	})
}
