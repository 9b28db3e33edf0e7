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
	admin := tenant.Administrator{ID: 77, Email: "Anna@acme.test", PasswordHash: "hash", Role: tenant.RoleAdministrator, Created: b.now, Alarms: true}
	session := tenant.Session{Hash: []byte("h1"), Administrator: tenant.Administrator{ID: 77, Email: admin.Email, Role: tenant.RoleReader, Locked: true, Created: b.now}, Purpose: tenant.ForConsole, Created: b.now, Expires: b.now.Add(time.Hour)}
	token := tenant.EnrolmentToken{Hash: []byte("h2"), Administrator: 77, Expires: b.now.Add(time.Minute)}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddAdministrator(ctx, admin), tx.AddSession(ctx, session), tx.AddEnrolmentToken(ctx, token))
	})
	if got, err := b.Administrator(ctx, "anna@ACME.test"); err != nil || cmp.Diff(admin, got) != "" {
		t.Errorf("the administrator: %v\n%s", err, cmp.Diff(admin, got))
	}
	admin.Role, admin.Locked, admin.SecondFactor, admin.CodeStep = tenant.RoleReader, true, "SECRET", 5
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

func endAccess(t *testing.T, b *bench) {
	ctx := t.Context()
	b.write(t, func(tx store.Tx) error {
		var all error
		for i, name := range []string{"ann", "bob"} {
			admin := tenant.Administrator{ID: tenant.ID(70 + i), Email: name + "@acme.test", Role: tenant.RoleAdministrator, Created: b.now}
			session := tenant.Session{Hash: []byte("s" + name), Administrator: admin, Purpose: tenant.ForConsole, Created: b.now, Expires: b.now.Add(time.Hour)}
			token := tenant.EnrolmentToken{Hash: []byte("t" + name), Administrator: admin.ID, Expires: b.now.Add(time.Hour)}
			all = errors.Join(all, tx.AddAdministrator(ctx, admin), tx.AddSession(ctx, session), tx.AddEnrolmentToken(ctx, token))
		}
		return errors.Join(all, tx.EndAccess(ctx, 70))
	})
	for name, left := range map[string]bool{"ann": false, "bob": true} {
		_, session := b.Session(ctx, []byte("s"+name))
		var token error
		b.write(t, func(tx store.Tx) error {
			_, token = tx.EnrolmentToken(ctx, []byte("t"+name))
			return nil
		})
		if (session == nil) != left || (token == nil) != left {
			t.Errorf("%s: the session gives %v, the token %v; want them there: %v", name, session, token, left)
		}
	}
}

func disable(t *testing.T, b *bench) {
	for _, want := range []bool{true, false} {
		b.write(t, func(tx store.Tx) error { return tx.Disable(t.Context(), want) })
		if got, err := b.Tenant(t.Context()); err != nil || got.Disabled != want {
			t.Errorf("disabled is %v (%v), want %v", got.Disabled, err, want)
		}
	}
}
