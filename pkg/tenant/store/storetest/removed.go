package storetest

import (
	"errors"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// agentRemoved removes both agents: the people of the one stay as they are, those of the other are disabled.
func agentRemoved(t *testing.T, b *bench) {
	ctx := t.Context()
	active, left := b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob")
	active.State, left.State = tenant.Active, tenant.Disabled
	other := b.user(b.two.ID, "cyd")
	other.State = tenant.Provisioned
	people := b.add(t, active, left, other)
	group := tenant.Group{Agent: b.one.ID, Organization: b.org, ExternalID: "g", DisplayName: "Sales"}
	b.write(t, func(tx store.Tx) error {
		err := errors.Join(tx.AddGroup(ctx, &group), addRuns(ctx, tx, b.one.ID, control.Run{ID: "r", Started: b.now}))
		_, more := tx.AddMembers(ctx, tenant.Scope{}, group.ID, []tenant.ID{people[0].ID})
		return errors.Join(err, more)
	})
	for id, row := range map[tenant.ID]struct {
		disable bool
		people  int
	}{b.one.ID: {false, 2}, b.two.ID: {true, 1}} {
		b.write(t, func(tx store.Tx) error {
			n, err := tx.RemoveAgent(ctx, id, row.disable, b.now.Add(time.Minute))
			if n != row.people {
				t.Errorf("people let go: got %d, want %d", n, row.people)
			}
			return err
		})
		if _, err := b.Agent(ctx, id); !problem.Is(err, problem.NotFound) {
			t.Errorf("the agent is still there (%v)", err)
		}
	}
	for i, want := range []tenant.State{tenant.Active, tenant.Disabled, tenant.Disabled} {
		u, err := b.User(ctx, tenant.Scope{}, people[i].ID)
		if err != nil || u.State != want || u.Agent != 0 || u.ExternalID != "" || u.Version != people[i].Version+1 {
			t.Errorf("%s: got %+v (%v), want Local, %s and a version later", people[i].UserName, u, err, want)
		}
	}
	if u, _ := b.User(ctx, tenant.Scope{}, people[2].ID); u.Former != tenant.Provisioned {
		t.Errorf("the state before: got %q, want it remembered", u.Former)
	}
	if g, err := b.Group(ctx, tenant.Scope{}, group.ID); err != nil || g.Agent != 0 {
		t.Errorf("the group: %+v (%v), want it Local", g, err)
	}
	if n, err := b.CountMembers(ctx, group.ID); err != nil || n != 1 {
		t.Errorf("members of the group: got %d (%v), want 1", n, err)
	}
	err := b.Write(ctx, func(tx store.Tx) error { _, err := tx.RemoveAgent(ctx, b.one.ID, true, b.now); return err })
	if !problem.Is(err, problem.NotFound) {
		t.Errorf("removing it again: got %v, want that there is none", err)
	}
}
