package cycle_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

func (s *scene) mailOf(name string) string {
	for _, o := range s.tenant.objects {
		if o.guid == s.entry(name).guid {
			return o.values.Mail
		}
	}
	return ""
}

// The clock jumps ahead (a VM resumed with a wrong time), then is right again.
func TestClockJumpIsHealed(t *testing.T) {
	s := newScene(t)
	ann := s.user("ann", s.sales)
	const ticks = 10_000_000
	s.world.set(ann, directory.AccountExpires, fmt.Sprint(s.clock.Add(24*time.Hour).Unix()*ticks+116444736000000000))
	s.sync()
	s.wantActive("ann")
	right := s.clock
	s.clock = s.clock.Add(365 * 24 * time.Hour)
	s.sync()
	s.wantActive("")
	s.clock = right.Add(time.Minute)
	s.sync()
	s.mirror.Forget(context.Background()) // the daily reconcile
	s.sync()
	s.wantActive("ann")
}

// A held set stays shown although one read breaks.
func TestHeldStaysHeldWhenAReadBreaks(t *testing.T) {
	s := newScene(t)
	s.moveOut(30)
	if r := s.sync(); len(r.Held) != 1 {
		t.Fatal("not held")
	}
	s.user("x", s.sales)
	s.user("y", s.sales)
	s.world.cutAfter, s.world.pageSize = 1, 1
	if r := s.try(); len(r.Held) != 1 {
		t.Errorf("held after a cut read: got %+v; the 30 removals still wait", r.Held)
	}
	s.tenant.fail = 0
	s.user("z", s.sales)
	if r := s.try(); len(r.Held) != 1 {
		t.Errorf("held after a failed send: got %+v; the 30 removals still wait", r.Held)
	}
}

// An approval lets one set pass once.
func TestApprovalIsUsedOnce(t *testing.T) {
	s := newScene(t)
	all := s.moveOut(30)
	r := s.sync()
	s.settings.Approved = []control.Approval{{Kind: control.RemoveUsers, Digest: r.Held[0].Digest}}
	s.sync()
	for _, u := range all[:30] {
		s.world.move(u, s.sales.guid)
	}
	s.sync()
	if n := len(strings.Fields(s.active())); n != 60 {
		t.Fatalf("back: %d", n)
	}
	s.clock = s.clock.Add(time.Hour)
	for _, u := range all[:30] { // months later, the same accident
		s.world.move(u, s.attic.guid)
	}
	if r := s.sync(); len(r.Held) != 1 {
		t.Errorf("30 people were disabled without being held: the approval of the first time counted again (%d disabled)", r.Run.UsersDisabled)
	}
}

// A whole unit is deleted and imported anew with the same names; the removals are held, then approved.
func TestRecreatedPeopleComeWithTheApproval(t *testing.T) {
	s := newScene(t)
	all := s.users(60)
	s.sync()
	for _, u := range all[:30] {
		s.world.remove(u)
	}
	for i := range 30 {
		s.user(fmt.Sprintf("u%03d", i), s.sales)
	}
	r := s.sync()
	s.settings.Approved = []control.Approval{{Kind: control.RemoveUsers, Digest: r.Held[0].Digest}}
	s.sync()
	s.sync()
	s.sync()
	if n := len(strings.Fields(s.active())); n != 60 {
		t.Errorf("active after the approval and three cycles: got %d, want 60: the new accounts wait for RetryRefused (5 minutes)", n)
	}
}

// The tenant was restored from a backup taken before the last people were added.
func TestRestoredTenantIsRepairedByTheReconcile(t *testing.T) {
	s := newScene(t)
	s.users(5)
	s.sync()
	for id, o := range s.tenant.objects {
		if o.values.Name == "u004" {
			delete(s.tenant.objects, id) // not in the backup
		}
		if o.values.Name == "u003" {
			o.active = false // as it was then
		}
		if o.values.Name == "u002" {
			o.values.Mail = "old@example.test"
		}
	}
	s.mirror.Forget(context.Background())
	s.sync()
	s.sync()
	if got := s.active(); got != "u000 u001 u002 u003 u004" {
		t.Errorf("active after the reconcile: got %q, want all five", got)
	}
	if got := s.mailOf("u002"); got == "old@example.test" {
		t.Errorf("u002 still has %s", got)
	}
}

// A refused membership waits for its retry.
func TestRefusedMembershipIsNotSentInEachCycle(t *testing.T) {
	s := newScene(t)
	ann := s.user("ann", s.sales)
	team := s.world.create(directory.KindGroup, s.sales.guid, "team")
	s.sync()
	for id, o := range s.tenant.objects {
		if o.guid == ann.guid {
			delete(s.tenant.objects, id)
		}
	}
	s.world.link(team, ann.guid, true)
	s.sync()
	sent := s.tenant.sent
	for range 10 {
		s.sync()
	}
	if n := s.tenant.sent - sent; n > 0 {
		t.Errorf("ten quiet cycles sent %d changes that were refused before", n)
	}
}

func TestRecreatedAccountOfTheSameNameIsAdded(t *testing.T) {
	s := newScene(t)
	ann := s.user("ann", s.sales)
	s.sync()
	s.world.set(ann, directory.UserAccountControl, "514")
	s.sync()
	s.world.remove(ann)
	s.sync()
	s.user("ann", s.sales)
	s.sync()
	s.wantActive("ann")
}

func TestNestedCycleSettles(t *testing.T) {
	s := newScene(t)
	a := s.world.create(directory.KindGroup, s.sales.guid, "a")
	b := s.world.create(directory.KindGroup, s.sales.guid, "b")
	s.world.link(a, b.guid, true)
	s.world.link(b, a.guid, true)
	s.sync()
	if r := s.sync(); r.Changed() {
		t.Error("never rests")
	}
}
