package passwords

import (
	"context"
	"errors"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// Forgot has a link sent to an address, if somebody who is Active has it. It leads to Find.
func (d *Desk) Forgot(ctx context.Context, address, from string) error {
	return d.links.Ask(ctx, tenant.ToReset, address, from)
}

// slack is what a reset takes beside the directory's answer.
const slack = 15 * time.Second

// Visit is somebody who came with a link that works, or with what ShowCode gave for it.
type Visit struct {
	User         tenant.User
	Organization tenant.Organization
	Factor       bool // a code has to be shown first
	hash         []byte
	began        time.Time // when the link was made
	expires      time.Time
}

// Find gives who a token is for: that of the link, or the one that took its place.
func (d *Desk) Find(ctx context.Context, token, from string) (v Visit, err error) {
	err = d.links.Slowly(from, func() error {
		v, err = d.find(ctx, d.store, signin.HashToken(token))
		return err
	})
	return v, err
}

func (d *Desk) find(ctx context.Context, from store.Reader, hash []byte) (Visit, error) {
	i, u, err := d.links.Open(ctx, from, hash, tenant.ToReset, tenant.ToResetNow)
	v := Visit{User: u, hash: hash, began: i.Created, expires: i.Expires}
	if err != nil {
		return v, err
	}
	if v.Organization, err = from.Organization(ctx, u.Organization); err != nil {
		return v, err
	}
	account, err := from.Account(ctx, u.ID)
	v.Factor = account.SecondFactor != "" && i.Purpose == tenant.ToReset
	return v, err
}

// ShowCode takes the code of the second factor, and gives the token that takes the link's place: the link itself works no more, so
// that nobody who finds it can go on from here.
func (d *Desk) ShowCode(ctx context.Context, v Visit, code string) (token string, err error) {
	if err := d.UseCode(ctx, v.User, code); err != nil {
		return "", err
	}
	return d.trade(ctx, v)
}

// trade uses a token up for one that only this browser has. Of two who try at once, one gets it. It outlives what the directory may
// take to answer, so that no password is set there whose link has ended meanwhile.
func (d *Desk) trade(ctx context.Context, v Visit) (token string, err error) {
	token, hash := signin.NewToken()
	return token, d.store.Write(ctx, func(tx store.Tx) error {
		now, err := d.find(ctx, tx, v.hash)
		if err != nil {
			return err
		}
		expires := now.expires
		const takes = control.PasswordLife + slack
		if least := d.now().Add(takes); expires.Before(least) {
			expires = least
		}
		if last := now.began.Add(tenant.ResetLife + takes); expires.After(last) { // however often it is tried
			expires = last
		}
		return errors.Join(tx.UseInvitation(ctx, v.hash, d.now()), tx.AddInvitation(ctx, tenant.Invitation{
			Hash: hash, User: now.User.ID, Purpose: tenant.ToResetNow, Address: tenant.Fold(now.User.Mail), Created: now.began, Expires: expires,
		}))
	})
}

// Reset sets the password that a person chose. Where the directory has to take it first, the token is used up by each attempt: where it was
// refused, again is the one to go on with.
func (d *Desk) Reset(ctx context.Context, v Visit, w Wish) (again string, err error) {
	if v.Factor {
		return "", &problem.Problem{Code: problem.Conflict, Title: "The code comes first", Text: "Nothing was changed.", Hint: "Enter the code of your authenticator."}
	}
	w.User, w.Organization, w.Old = v.User, v.Organization, ""
	way, err := d.directory.Way(ctx, v.User)
	if err == nil && way.Place == writeback.OneWay {
		err = managedInWindows()
	}
	if err == nil {
		err = d.ready(ctx, w)
	}
	if err != nil {
		return "", err
	}
	err = d.alone(v.User, func() error {
		again, err = d.reset(ctx, v, w, way)
		return err
	})
	return again, err
}

func (d *Desk) reset(ctx context.Context, v Visit, w Wish, way writeback.Way) (again string, err error) {
	if way.Place == writeback.TwoWay {
		if again, err = d.trade(ctx, v); err != nil {
			return "", err
		}
		v.hash = signin.HashToken(again)
	}
	hash, _, err := d.carry(ctx, w)
	if err != nil {
		return again, err
	}
	return again, d.take(ctx, taking{Wish: w, hash: hash, notice: tenant.WasResetNotice, what: audit.PasswordReset, also: func(tx store.Tx) error {
		if _, err := d.find(ctx, tx, v.hash); err != nil {
			return err
		}
		return tx.UseInvitation(ctx, v.hash, d.now())
	}})
}
