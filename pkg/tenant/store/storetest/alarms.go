package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

func alarms(t *testing.T, b *bench) {
	ctx := t.Context()
	first := tenant.Alarm{Agent: b.one.ID, Code: control.Halted, Since: b.now}
	put := func(a *tenant.Alarm) (mine bool) {
		t.Helper()
		b.write(t, func(tx store.Tx) (err error) {
			mine, err = tx.PutAlarm(ctx, a)
			return err
		})
		return mine
	}
	late := first
	if !put(&first) || put(&late) {
		t.Error("of two who make an alarm, want the first to have it")
	}
	read := first
	first.Told, first.Tried, first.Well = control.Halted, b.now.Add(time.Minute), b.now.Add(time.Hour)
	first.Reached = []tenant.ID{70, 71}
	if !put(&first) || put(&read) {
		t.Error("of two who change an alarm, want the first to have it")
	}
	if got, err := b.Alarms(ctx); err != nil || cmp.Diff([]tenant.Alarm{first}, got) != "" {
		t.Errorf("alarms: %v\n%s", err, cmp.Diff([]tenant.Alarm{first}, got))
	}
	var ended []bool
	b.write(t, func(tx store.Tx) error {
		stale, err := tx.EndAlarm(ctx, read)
		mine, again := tx.EndAlarm(ctx, first)
		ended = []bool{stale, mine}
		return errors.Join(err, again)
	})
	if ended[0] || !ended[1] {
		t.Errorf("ending it as it was, and as it is: got %v, want only the second", ended)
	}
	if got, err := b.Alarms(ctx); err != nil || len(got) != 0 {
		t.Errorf("an ended alarm: %v (%v)", got, err)
	}
	ann := tenant.Administrator{ID: 70, Email: "ann@acme.test", Role: tenant.RoleOwner, Created: b.now}
	for _, wanted := range []bool{false, true} {
		b.write(t, func(tx store.Tx) error {
			if !wanted {
				if err := tx.AddAdministrator(ctx, ann); err != nil {
					return err
				}
			}
			return tx.SetAlarms(ctx, 70, wanted)
		})
		if got, err := b.AdministratorByID(ctx, 70); err != nil || got.Alarms != wanted {
			t.Errorf("wanted %v: got %v (%v)", wanted, got.Alarms, err)
		}
	}
	err := b.Write(ctx, func(tx store.Tx) error { return tx.SetAlarms(ctx, 71, true) })
	if !problem.Is(err, problem.NotFound) {
		t.Errorf("nobody's wish: %v", err)
	}
}
