package storetest

import (
	"errors"
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// departures lets an agent leave twice and come back.
func departures(t *testing.T, b *bench, id tenant.ID) {
	t.Helper()
	ctx := t.Context()
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.DepartAgent(ctx, id, b.now), tx.DepartAgent(ctx, id, b.now.Add(time.Hour)))
	})
	if got, err := b.Agent(ctx, id); err != nil || !got.Departed.Equal(b.now) {
		t.Errorf("an agent that left twice: departed at %v (%v), want the first time, %v", got.Departed, err, b.now)
	}
	b.write(t, func(tx store.Tx) error { return tx.RekeyAgent(ctx, id, make([]byte, 32)) })
	if got, err := b.Agent(ctx, id); err != nil || got.HasLeft() {
		t.Errorf("an agent with a new key: departed at %v (%v), want it back", got.Departed, err)
	}
}
