package storetest

import (
	"testing"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// revisions keeps every version of what was chosen for an agent, once, and for each agent its own.
func revisions(t *testing.T, b *bench) {
	ctx := t.Context()
	a := b.one
	for _, name := range []string{"one", "two", "three"} {
		s := a.Settings()
		s.Name = name
		if err := a.Configure(s); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(time.Minute)
		b.write(t, func(tx store.Tx) error { return tx.ConfigureAgent(ctx, a) })
	}
	a.Configuration.Name = "changed without a version"
	b.write(t, func(tx store.Tx) error { return tx.ConfigureAgent(ctx, a) })
	all, err := b.Revisions(ctx, a.ID, 0, 10)
	if err != nil || len(all) != 3 {
		t.Fatalf("revisions: got %+v (%v), want three", all, err)
	}
	for i, want := range []string{"three", "two", "one"} {
		r := all[i]
		if r.Settings.Name != want || r.Settings.Version != int64(3-i) || !r.At.Equal(b.now.Add(-time.Duration(i)*time.Minute)) || r.Settings.Organization != b.org {
			t.Errorf("revision %d: got %+v, want %s", i, r, want)
		}
	}
	older, err := b.Revisions(ctx, a.ID, 3, 1)
	if err != nil || len(older) != 1 || older[0].Settings.Name != "two" {
		t.Errorf("the one before version 3: got %+v (%v)", older, err)
	}
	if others, err := b.Revisions(ctx, b.two.ID, 0, 10); err != nil || len(others) != 0 {
		t.Errorf("another agent's: got %+v (%v), want none", others, err)
	}
	if changes := all[0].Settings.Changes(all[1].Settings, tenant.Names{}); len(changes) != 1 || changes[0] != (tenant.Change{What: "Name", Before: "two", Now: "three"}) {
		t.Errorf("what changed: got %+v, want the name", changes)
	}
}
