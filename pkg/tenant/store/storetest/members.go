package storetest

import (
	"errors"
	"testing"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// memberNames: a member is called as its own page calls it.
func memberNames(t *testing.T, b *bench) {
	named, nameless, bare := b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob"), b.user(b.one.ID, "cy")
	nameless.DisplayName = ""
	bare.DisplayName, bare.GivenName, bare.FamilyName = "", "", ""
	users := b.add(t, named, nameless, bare)
	g := tenant.Group{Agent: b.one.ID, Organization: b.org, DisplayName: "All"}
	b.write(t, func(tx store.Tx) error {
		err := tx.AddGroup(t.Context(), &g)
		_, more := tx.AddMembers(t.Context(), tenant.Scope{Agent: b.one.ID}, g.ID, []tenant.ID{users[0].ID, users[1].ID, users[2].ID})
		return errors.Join(err, more)
	})
	members, err := b.Members(t.Context(), g.ID, 0, 9)
	if err != nil || len(members) != 3 {
		t.Fatalf("got %d members (%v), want 3", len(members), err)
	}
	for i, m := range members {
		if m.Display != users[i].ShownName() {
			t.Errorf("a member is called %q, want %q", m.Display, users[i].ShownName())
		}
	}
}

func members(t *testing.T, b *bench) {
	in := tenant.Scope{Agent: b.one.ID}
	users := b.add(t, b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob"), b.user(b.one.ID, "cy"))
	g, nested := tenant.Group{Agent: b.one.ID, Organization: b.org, DisplayName: "All"}, tenant.Group{Agent: b.one.ID, Organization: b.org, DisplayName: "Some"}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.AddGroup(t.Context(), &g), tx.AddGroup(t.Context(), &nested))
	})
	moves := []struct {
		what    string
		do      func(store.Tx) (int, error)
		changed int
		left    int
	}{
		{"adding two", func(tx store.Tx) (int, error) {
			return tx.AddMembers(t.Context(), in, g.ID, []tenant.ID{users[0].ID, users[1].ID})
		}, 2, 2},
		{"adding one again and a group", func(tx store.Tx) (int, error) {
			return tx.AddMembers(t.Context(), in, g.ID, []tenant.ID{users[1].ID, nested.ID})
		}, 1, 3},
		{"removing an absent one", func(tx store.Tx) (int, error) {
			return tx.RemoveMembers(t.Context(), g.ID, []tenant.ID{users[2].ID})
		}, 0, 3},
		{"removing one", func(tx store.Tx) (int, error) {
			return tx.RemoveMembers(t.Context(), g.ID, []tenant.ID{users[0].ID, users[2].ID})
		}, 1, 2},
		{"clearing", func(tx store.Tx) (int, error) { return tx.ClearMembers(t.Context(), g.ID) }, 2, 0},
		{"adding one more", func(tx store.Tx) (int, error) {
			return tx.AddMembers(t.Context(), in, g.ID, []tenant.ID{users[2].ID})
		}, 1, 1},
		{"removing the user", func(tx store.Tx) (int, error) { return 0, tx.RemoveUser(t.Context(), in, users[2].ID) }, 0, 0},
	}
	for _, move := range moves {
		b.write(t, func(tx store.Tx) error {
			n, err := move.do(tx)
			if n != move.changed {
				t.Errorf("%s: changed %d rows, want %d", move.what, n, move.changed)
			}
			return err
		})
		if n, err := b.CountMembers(t.Context(), g.ID); err != nil || n != move.left {
			t.Errorf("%s: %d members left (%v), want %d", move.what, n, err, move.left)
		}
	}
}
