package passwords

import (
	"context"
	"errors"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// Change sets another password for who is signed in and knows the one before; other sessions than keep end.
func (d *Desk) Change(ctx context.Context, w Wish, keep []byte) error {
	if err := d.proveToChange(ctx, w); err != nil {
		return err
	}
	return d.choose(ctx, w, keep)
}

// Choose sets another password for who has to choose one, and has just proven the one before: that is not to be chosen again.
func (d *Desk) Choose(ctx context.Context, w Wish) error {
	account, err := d.store.Account(ctx, w.User.ID)
	if err != nil {
		return err
	}
	same, err := d.hashing.Check(ctx, account.PasswordHash, w.New)
	if err == nil && same {
		err = &problem.Problem{Code: problem.Invalid, Title: "This is the password that you have now", Text: "Nothing was changed.", Hint: "Think of another."}
	}
	if err != nil {
		return err
	}
	return d.choose(ctx, w, nil)
}

func (d *Desk) choose(ctx context.Context, w Wish, keep []byte) error {
	return d.Accept(ctx, w, func(hash string) error {
		return d.take(ctx, taking{Wish: w, hash: hash, keep: keep, notice: tenant.ChangedNotice, what: audit.PasswordChanged})
	})
}

// Give sets a password for somebody on an administrator's word. It gives what the directory could not do beside.
func (d *Desk) Give(ctx context.Context, w Wish) (outcome writeback.Outcome, err error) {
	w.Again = w.New
	if err := d.mayGive(ctx, w.User); err != nil {
		return outcome, err
	}
	err = d.alone(w.User, func() error {
		hash, done, err := d.accept(ctx, w)
		if outcome = done; err != nil {
			return err
		}
		return d.take(ctx, taking{Wish: w, hash: hash, notice: tenant.GivenNotice, what: audit.PasswordGiven, given: true})
	})
	return outcome, err
}

// mayGive refuses whose password is not set here.
func (d *Desk) mayGive(ctx context.Context, u tenant.User) error {
	way, err := d.directory.Way(ctx, u)
	switch {
	case err != nil:
		return err
	case way.Place == writeback.OneWay:
		return managedInWindows()
	case u.State != tenant.Active:
		return &problem.Problem{
			Code: problem.Conflict, Title: u.ShownName() + " is not Active", Text: "Only who is Active has a password; others choose one at enrolment. Nothing was set.",
			Hint: "Update the person to Provisioned, with an enrolment e-mail.", Op: "setting a password",
		}
	}
	return nil
}

func managedInWindows() error {
	return &problem.Problem{
		Code: problem.Conflict, Title: "The password is managed in Windows", Text: "The agent's Password Policy is one-way: Passly sets no passwords there. Nothing was set.",
		Hint: "Set it in Active Directory, or choose the two-way policy on the agent's page.", Op: "setting a password",
	}
}

// taking is a password that the directory took, or that is kept here alone.
type taking struct {
	Wish
	hash   string
	keep   []byte // the session that stays
	notice tenant.MessagePurpose
	what   audit.What
	given  bool // by an administrator, who is who the context says
	also   func(store.Tx) error
}

// take stores a password and ends what the former one let in.
func (d *Desk) take(ctx context.Context, t taking) error {
	err := d.store.Write(context.WithoutCancel(ctx), func(tx store.Tx) error {
		account, err := tx.Account(ctx, t.User.ID)
		if err != nil {
			return err
		}
		if t.also != nil {
			if err := t.also(tx); err != nil {
				return err
			}
		}
		if account.PasswordHash != "" || t.User.Agent == 0 { // else it is that of Windows, which the directory keeps alone
			account.PasswordHash = t.hash
		}
		account.PasswordSet, account.MustChange = d.now(), t.MustChange
		return errors.Join(tx.PutAccount(ctx, account), tx.EndPersonSessions(ctx, t.User.ID, t.keep), tx.EndInvitations(ctx, t.User.ID, d.now()),
			tx.RequeueMessage(ctx, t.notice, t.User.ID), tx.Record(ctx, t.entry(ctx)))
	})
	if err == nil || problem.Is(err, problem.NotFound) {
		return err
	}
	return d.Half(ctx, t.User, err)
}

// Half says of an error what is so after the directory took somebody's password and Passly did not.
func (d *Desk) Half(ctx context.Context, u tenant.User, err error) error {
	way, unknown := d.directory.Way(ctx, u)
	if unknown != nil || way.Place != writeback.TwoWay {
		return err
	}
	return &problem.Problem{
		Code: problem.Unavailable, Title: "Windows took the new password, Passly did not", Text: "In Windows the new one is good now; here the one before stays for the moment.",
		Hint: "Do the same again in a minute. Where the one you have now is asked for, that is the new one.", Op: "storing a password", Err: err,
	}
}

func (t taking) entry(ctx context.Context) audit.Entry {
	e := audit.Entry{What: t.what, Actor: audit.BeingPerson(ctx, t.User), Subject: audit.OfUser(t.User)}
	if t.given {
		e.Actor = audit.By(ctx)
	}
	if t.MustChange {
		e.Details = append(e.Details, audit.Detail{Name: "must change at next sign-in", After: "yes"})
	}
	return e
}
