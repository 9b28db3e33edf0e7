package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

func signIn(t *testing.T, b *bench) {
	ctx := t.Context()
	admin := tenant.Administrator{ID: 77, Email: "Anna@acme.test", PasswordHash: "hash", Created: b.now}
	session := tenant.Session{Hash: []byte("h1"), Administrator: tenant.Administrator{ID: 77, Email: admin.Email, Created: b.now}, Purpose: tenant.ForConsole, Created: b.now, Expires: b.now.Add(time.Hour)}
	token := tenant.EnrolmentToken{Hash: []byte("h2"), Administrator: 77, Expires: b.now.Add(time.Minute)}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddAdministrator(ctx, admin), tx.AddSession(ctx, session), tx.AddEnrolmentToken(ctx, token))
	})
	if got, err := b.Administrator(ctx, "anna@ACME.test"); err != nil || cmp.Diff(admin, got) != "" {
		t.Errorf("the administrator: %v\n%s", err, cmp.Diff(admin, got))
	}
	admin.SecondFactor, admin.CodeStep = "SECRET", 5
	b.write(t, func(tx store.Tx) error { return tx.ReplaceAdministrator(ctx, admin) })
	if got, err := b.AdministratorByID(ctx, 77); err != nil || cmp.Diff(admin, got) != "" {
		t.Errorf("the administrator, changed: %v\n%s", err, cmp.Diff(admin, got))
	}
	for _, use := range []struct {
		step int64
		want bool
	}{{5, false}, {7, true}, {7, false}, {6, false}, {8, true}} {
		b.write(t, func(tx store.Tx) error {
			fresh, err := tx.UseCode(ctx, 77, use.step)
			if fresh != use.want {
				t.Errorf("the code of step %d: fresh is %v, want %v", use.step, fresh, use.want)
			}
			return err
		})
	}
	if got, err := b.Session(ctx, []byte("h1")); err != nil || cmp.Diff(session, got) != "" {
		t.Errorf("the session: %v\n%s", err, cmp.Diff(session, got))
	}
	token.Agent, token.PublicKey = b.one.ID, []byte("key")
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.RedeemToken(ctx, token), tx.EndSession(ctx, []byte("h1")))
	})
	err := b.Write(context.WithoutCancel(ctx), func(tx store.Tx) error { return tx.RedeemToken(ctx, token) })
	if !problem.Is(err, problem.NotFound) {
		t.Errorf("redeeming a token twice: got %v, want not-found", err)
	}
	if _, err := b.Session(ctx, []byte("h1")); !problem.Is(err, problem.NotFound) {
		t.Errorf("an ended session: got %v, want not-found", err)
	}
}
