package cycle_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// decide decides on some of the held removals as an administrator does, or on none.
func (m *model) decide() {
	kind := rapid.SampledFrom(control.RemovalKinds).Draw(m.T, "kind")
	ctx := context.Background()
	held := m.heldRows(kind)
	if len(held) == 0 {
		return
	}
	if rapid.IntRange(0, 3).Draw(m.T, "at once") == 0 {
		m.decideAll(kind)
		return
	}
	var rows []string
	for _, one := range held {
		if rapid.Bool().Draw(m.T, "this one") {
			rows = append(rows, one.Row)
		}
	}
	decision := rapid.SampledFrom([]control.Decision{control.DecideApprove, control.DecideReject}).Draw(m.T, "decision")
	done, err := m.mirror.Decide(ctx, kind, decision, rows, true)
	if err != nil || done.Done != len(rows) || done.Stale != 0 {
		m.Fatalf("deciding on %d rows that were just shown: %+v %v", len(rows), done, err)
	}
}

func (m *model) decideAll(kind control.RemovalKind) {
	ctx := context.Background()
	digest, err := m.mirror.Digest(ctx, kind)
	if err != nil {
		m.Fatal(err)
	}
	if rapid.Bool().Draw(m.T, "approve all") {
		m.settings.Approved = append(m.settings.Approved, control.Approval{Kind: kind, Digest: digest})
		return
	}
	if done, err := m.mirror.RejectAll(ctx, kind, digest); err != nil || done.Stale != 0 {
		m.Fatalf("rejecting all: %+v %v", done, err)
	}
	if done, err := m.mirror.RejectAll(ctx, kind, "another"); err != nil || done.Done != 0 {
		m.Fatalf("rejecting another set: %+v %v", done, err)
	}
}

func (m *model) heldRows(kind control.RemovalKind) []mirror.Removal {
	held, next, err := m.mirror.HeldRows(context.Background(), kind, "", mirror.Place{}, 1000)
	if err != nil || next != (mirror.Place{}) {
		m.Fatalf("held rows: %v %v", next, err)
	}
	return held
}

// undo puts back some of what the tenant has been sent, and has the agent compare, as undoing a run does.
func (m *model) undo() {
	for _, id := range slices.Sorted(maps.Keys(m.tenant.objects)) {
		o := m.tenant.objects[id]
		m.undone[o.guid] = true
		switch {
		case rapid.Bool().Draw(m.T, "stands"):
		case o.kind == directory.KindUser && o.active:
			o.active = false
		case o.kind == directory.KindUser && m.tenant.free(o.values, o):
			o.active, o.values.Surname = true, "before"
		case o.kind == directory.KindGroup && rapid.Bool().Draw(m.T, "added"):
			delete(m.tenant.objects, id)
			for _, other := range m.tenant.objects {
				delete(other.members, id)
			}
		case o.kind == directory.KindGroup:
			clear(o.members)
		}
	}
	m.settings.Compare++
}

// checkHeld holds what is held or rejected against the tenant: who waits for a decision, or was rejected, is as active as before.
func (m *model) checkHeld(r cycle.Result) {
	active := map[directory.GUID]bool{}
	for _, o := range m.tenant.objects {
		active[o.guid] = o.active || o.kind == directory.KindGroup
	}
	if r.Err() != nil {
		return // what the tenant has is then in doubt
	}
	for _, kind := range control.RemovalKinds[:2] {
		waits, rejected := 0, 0
		for _, one := range m.heldRows(kind) {
			if !active[one.GUID] && !m.undone[one.GUID] {
				m.Fatalf("%s is held (rejected: %v) and gone from the tenant", one.Name, one.Rejected)
			}
			if one.Rejected {
				rejected++
			} else {
				waits++
			}
		}
		told := control.Held{}
		for _, h := range r.Held {
			if h.Kind == kind {
				told = h
			}
		}
		if told.Count != waits || told.Rejected != rejected {
			m.Fatalf("%s: the cycle tells of %d that wait and %d rejected, the list has %d and %d", kind, told.Count, told.Rejected, waits, rejected)
		}
	}
}

// approveRest approves row by row all that is left; it reports whether there was something.
func (m *model) approveRest() (any bool) {
	for _, kind := range control.RemovalKinds {
		var rows []string
		for _, one := range m.heldRows(kind) {
			rows = append(rows, one.Row)
		}
		if len(rows) == 0 {
			continue
		}
		any = true
		if done, err := m.mirror.Decide(context.Background(), kind, control.DecideApprove, rows, false); err != nil || done.Done != len(rows) {
			m.Fatalf("approving the rest: %+v of %d (%v)", done, len(rows), err)
		}
	}
	return any
}

func TestPartOfAHeldSetDoesNotPassBecauseItIsSmall(t *testing.T) {
	s := newScene(t)
	s.moveOut(30)
	r := s.sync()
	if len(r.Held) != 1 {
		t.Fatalf("held: %+v", r.Held)
	}
	held, _, err := s.mirror.HeldRows(t.Context(), control.RemoveUsers, "", mirror.Place{}, 1000)
	if err != nil || len(held) != 30 {
		t.Fatalf("held rows: %d (%v)", len(held), err)
	}
	var approve, reject []string
	for i, one := range held[:20] {
		if i < 15 {
			approve = append(approve, one.Row)
		} else {
			reject = append(reject, one.Row)
		}
	}
	for decision, rows := range map[control.Decision][]string{control.DecideApprove: approve, control.DecideReject: reject} {
		if done, err := s.mirror.Decide(t.Context(), control.RemoveUsers, decision, rows, true); err != nil || done.Done != len(rows) {
			t.Fatalf("%s: %+v (%v)", decision, done, err)
		}
	}
	for range 3 {
		r = s.sync()
	}
	if n := len(s.tenant.objects) - countActive(s); n != 15 {
		t.Errorf("disabled: got %d, want the 15 that were approved", n)
	}
	if h := r.Held[0]; h.Count != 10 || h.Rejected != 5 || !h.Begun {
		t.Errorf("held: %+v, want 10 that wait and 5 rejected", h)
	}
	s.settings.Approved = []control.Approval{{Kind: control.RemoveUsers, Digest: r.Held[0].Digest}}
	if r = s.sync(); len(r.Held) != 1 || r.Held[0].Count != 0 || r.Held[0].Rejected != 5 || countActive(s) != 35 {
		t.Errorf("after approving all: %+v, %d active; want 35, with the 5 rejected ones", r.Held, countActive(s))
	}
	if counts, err := s.mirror.Counts(t.Context()); err != nil || counts.People != 35 {
		t.Errorf("people: %+v (%v)", counts, err)
	}
	if _, lags, err := s.mirror.Oldest(t.Context()); lags || err != nil {
		t.Errorf("a rejected removal counts as lag (%v)", err)
	}
}

func countActive(s *scene) (n int) {
	for _, o := range s.tenant.objects {
		if o.active {
			n++
		}
	}
	return n
}
