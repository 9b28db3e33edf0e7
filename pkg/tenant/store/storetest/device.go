package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

func deviceSignIns(t *testing.T, b *bench) {
	ctx := t.Context()
	first := tenant.DeviceSignIn{
		Hash: []byte("d1"), UserHash: []byte("u1"), Host: "dc1", Address: "192.0.2.1", Created: b.now, Expires: b.now.Add(10 * time.Minute),
		Decision: tenant.DevicePending,
	}
	second := first
	second.Hash, second.UserHash, second.Address = []byte("d2"), []byte("u2"), "192.0.2.2"
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddDeviceSignIn(ctx, first), tx.AddDeviceSignIn(ctx, second))
	})
	byDevice, err1 := b.DeviceSignIn(ctx, []byte("d1"))
	byUser, err2 := b.DeviceSignInOf(ctx, []byte("u1"))
	if diff := cmp.Diff(first, byDevice) + cmp.Diff(first, byUser); diff != "" || err1 != nil || err2 != nil {
		t.Errorf("reading it back: %v, %v (-want +got)\n%s", err1, err2, diff)
	}
	if _, err := b.DeviceSignIn(ctx, []byte("u1")); !problem.Is(err, problem.NotFound) {
		t.Errorf("a user code in the device code's place: got %v, want not-found", err)
	}
	wantWaiting(t, b, "", 2)
	wantWaiting(t, b, "192.0.2.1", 1)

	first.Decision, first.Administrator, first.Expires = tenant.DeviceApproved, 77, b.now.Add(11*time.Minute)
	b.write(t, func(tx store.Tx) error { return tx.DecideDeviceSignIn(ctx, first) })
	if got, err := b.DeviceSignIn(ctx, []byte("d1")); err != nil || cmp.Diff(first, got) != "" {
		t.Errorf("the decision: %v\n%s", err, cmp.Diff(first, got))
	}
	wantWaiting(t, b, "", 1)
	again := first
	again.Decision = tenant.DeviceDenied
	wantNotFound(t, b, "deciding twice", func(tx store.Tx) error { return tx.DecideDeviceSignIn(ctx, again) })
	b.write(t, func(tx store.Tx) error { return tx.EndDeviceSignIn(ctx, []byte("d1")) })
	wantNotFound(t, b, "ending twice", func(tx store.Tx) error { return tx.EndDeviceSignIn(ctx, []byte("d1")) })

	late := second
	late.Hash, late.UserHash, late.Created = []byte("d3"), []byte("u3"), second.Expires.Add(2*time.Hour)
	b.write(t, func(tx store.Tx) error { return tx.AddDeviceSignIn(ctx, late) })
	if _, err := b.DeviceSignIn(ctx, []byte("d2")); !problem.Is(err, problem.NotFound) {
		t.Errorf("one that ended long ago: got %v, want it forgotten", err)
	}
}

func wantWaiting(t *testing.T, b *bench, address string, want int) {
	t.Helper()
	if got, err := b.CountDeviceSignIns(t.Context(), address, b.now); err != nil || got != want {
		t.Errorf("%d sign-ins of %q wait (%v), want %d", got, address, err, want)
	}
}

func wantNotFound(t *testing.T, b *bench, what string, do func(store.Tx) error) {
	t.Helper()
	if err := b.Write(t.Context(), do); !problem.Is(err, problem.NotFound) {
		t.Errorf("%s: got %v, want not-found", what, err)
	}
}
