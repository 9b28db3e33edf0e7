package passwords

import (
	"context"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// UseCode takes a right code once, of the authenticator or for recovery. Guesses are slowed down for each person, wherever the code
// is asked for.
func (d *Desk) UseCode(ctx context.Context, u tenant.User, code string) error {
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
	return signin.UseOnce(ctx, d.store, account.SecondFactor, code, d.now(), func(tx store.Tx, step int64) (bool, error) {
		return tx.UsePersonCode(ctx, u.ID, step)
	})
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
		return tx.Record(ctx, audit.Entry{What: audit.RecoveryUsed, Actor: audit.BeingPerson(ctx, u), Subject: audit.OfUser(u)})
	})
}
