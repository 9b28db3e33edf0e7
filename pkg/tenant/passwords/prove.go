package passwords

import (
	"context"
	"errors"
	"slices"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// Prove reports whether a password is somebody's. That of who has none here is proven in Windows; the caller has slowed guesses down
// before. The account of nobody costs the same work and is nobody's.
func (d *Desk) Prove(ctx context.Context, u tenant.User, a tenant.Account, password, from string) (bool, error) {
	right, err := d.hashing.Check(ctx, a.PasswordHash, password)
	if err != nil || a.PasswordHash != "" || a.Activated.IsZero() {
		return right, err
	}
	err = d.ProveWindows(ctx, u, password, from)
	expired := problem.Is(err, directory.PasswordExpired)
	if err != nil && !expired {
		return false, passing(err)
	}
	if expired != a.MustChange { // it may have been changed in Windows meanwhile, which has the last word
		return true, d.mustChange(ctx, u, expired)
	}
	return true, nil
}

// passing keeps of what Windows said only faults of ours: of a name that is typed nobody is told more than that it is not right.
func passing(err error) error {
	if err == nil || problem.Of(err) != nil && problem.Of(err).Code != problem.Internal {
		return nil
	}
	return err
}

// ProveWindows proves somebody's password of Windows, by a sign-in there.
func (d *Desk) ProveWindows(ctx context.Context, u tenant.User, password, from string) error {
	typed := []byte(password)
	defer seal.Wipe(typed)
	return d.directory.Verify(ctx, u, typed, from)
}

// AsksWindows reports whether there are people whose password Windows is asked about.
func (d *Desk) AsksWindows(ctx context.Context) (bool, error) {
	all, err := d.directory.Agents.Agents(ctx)
	return slices.ContainsFunc(all, func(a tenant.Agent) bool { return a.Configuration.PasswordPolicy == control.PasswordTwoWay }), err
}

// mustChange has somebody choose another password, or no more, as Windows says.
func (d *Desk) mustChange(ctx context.Context, u tenant.User, due bool) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		account, err := tx.Account(ctx, u.ID)
		if err != nil {
			return err
		}
		account.MustChange = due
		return tx.PutAccount(ctx, account)
	})
}

// ProveAnew asks who is signed in for the password. Guesses are slowed down.
func (d *Desk) ProveAnew(ctx context.Context, u tenant.User, password, from string) error {
	name := u.ID.String()
	if err := d.guesses.Admit(name, from); err != nil {
		return err
	}
	account, err := d.store.Account(ctx, u.ID)
	if err != nil {
		return err
	}
	right, err := d.Prove(ctx, u, account, password, from)
	if err == nil && right {
		d.guesses.Forgive(name)
	}
	return errors.Join(err, wrong(right))
}

// proveToChange is the same before a change of the password. Where it is kept in Windows, the directory proves it with the change.
func (d *Desk) proveToChange(ctx context.Context, w Wish) error {
	if w.Old == "" { // without it the directory would take the change for a reset
		return wrong(false)
	}
	way, err := d.directory.Way(ctx, w.User)
	if err != nil || way.Place == writeback.TwoWay {
		return err
	}
	return d.ProveAnew(ctx, w.User, w.Old, w.From)
}

func wrong(right bool) error {
	if right {
		return nil
	}
	return &problem.Problem{Code: problem.CredentialsBad, Title: "The password is not right", Text: "Nothing was changed.", Hint: "Give the one that you sign in with now."}
}

// Due reports whether another password has to be chosen before anything else: on an administrator's or the directory's word, or because
// a Local user's is older than the organization allows.
func (d *Desk) Due(ctx context.Context, u tenant.User, a tenant.Account) (bool, error) {
	if a.MustChange {
		return true, nil
	}
	way, err := d.directory.Way(ctx, u)
	if err != nil || way.Place != writeback.Local {
		return false, err
	}
	o, err := d.store.Organization(ctx, u.Organization)
	if err != nil || o.MaxAge == 0 {
		return false, err
	}
	return d.now().Sub(a.PasswordSet) >= day*time.Duration(o.MaxAge), nil
}
