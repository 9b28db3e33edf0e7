package cycle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// scene is a world, a tenant and an engine between them, with one chosen unit.
type scene struct {
	*testing.T
	world    *world
	tenant   *fakeTenant
	mirror   *mirror.Mirror
	path     string
	settings control.Configuration
	sales    *thing // the chosen unit
	attic    *thing // a unit that is not chosen
	clock    time.Time
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, world: newWorld(), tenant: newFakeTenant(), clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s.sales = s.world.create(directory.KindUnit, s.world.root(), "Sales")
	s.attic = s.world.create(directory.KindUnit, s.world.root(), "Attic")
	s.path = filepath.Join(t.TempDir(), "mirror.db")
	s.settings = control.Configuration{
		Version: 1, Status: control.StatusEnabled, Incomplete: control.IncompleteHalt, Guard: control.DefaultGuard,
		Scope: []directory.GUID{s.sales.guid},
	}
	s.open()
	return s
}

func (s *scene) open() {
	s.Helper()
	var err error
	s.mirror, err = mirror.Open(context.Background(), s.path, "a", func() time.Time { return s.clock })
	if err == nil {
		err = s.mirror.SetScope(context.Background(), s.settings.Scope)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { s.mirror.Close() })
}

func (s *scene) user(name string, parent *thing) *thing {
	u := s.world.create(directory.KindUser, parent.guid, name)
	s.world.set(u, directory.GivenName, "G"+name)
	s.world.set(u, directory.Surname, "S"+name)
	s.world.set(u, directory.Mail, name+"@example.test")
	s.world.set(u, directory.UserPrincipalName, name+"@example.test")
	s.world.set(u, directory.UserAccountControl, "512")
	return u
}

func (s *scene) users(n int) []*thing {
	all := make([]*thing, n)
	for i := range all {
		all[i] = s.user(fmt.Sprintf("u%03d", i), s.sales)
	}
	return all
}

// sync runs a cycle that must go well.
func (s *scene) sync() cycle.Result {
	s.Helper()
	r := s.try()
	if err := r.Err(); err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *scene) try() cycle.Result {
	c := &cycle.Cycle{Mirror: s.mirror, Target: s.tenant, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.clock }}
	return c.Run(context.Background(), s.world, s.settings)
}

// active lists who is active in the tenant.
func (s *scene) active() string {
	var names []string
	for _, o := range s.tenant.objects {
		if o.active {
			names = append(names, o.values.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (s *scene) wantActive(want string) {
	s.Helper()
	if got := s.active(); got != want {
		s.Fatalf("active in the tenant: got %q, want %q", got, want)
	}
}

// moveOut adds 60 people and moves the first n out of scope after they were synced.
func (s *scene) moveOut(n int) []*thing {
	s.Helper()
	all := s.users(60)
	s.sync()
	for _, u := range all[:n] {
		s.world.move(u, s.attic.guid)
	}
	return all
}

func TestHaltAddsNobodyBehindAnIncompleteUser(t *testing.T) {
	s := newScene(t)
	s.user("ann", s.sales)
	bob := s.user("bob", s.sales)
	s.world.set(bob, directory.Mail, "")
	s.sync()
	cyd := s.user("cyd", s.sales)
	s.world.set(s.entry("ann"), directory.DisplayName, "Ann!")
	r := s.sync()
	s.wantActive("ann")
	if r.Run.UsersUpdated != 1 {
		t.Errorf("updates of those already added must go on: got %d", r.Run.UsersUpdated)
	}
	subjects, total, err := s.mirror.Flagged(context.Background(), plan.Incomplete)
	if err != nil || total != 1 || subjects[0].Name != "bob" || subjects[0].Place != "Sales" || subjects[0].Missing[0] != plan.Email {
		t.Errorf("incomplete: got %+v, %d, %v; want bob in Sales without e-mail", subjects, total, err)
	}
	s.world.set(bob, directory.Mail, "bob@example.test")
	s.sync()
	s.wantActive("ann bob cyd")
	_ = cyd
}

func (s *scene) entry(name string) *thing {
	for _, t := range s.world.entries {
		if t.name.value == name {
			return t
		}
	}
	s.Fatalf("no entry %s", name)
	return nil
}

func TestHaltKeepsNoLeaverAlive(t *testing.T) {
	s := newScene(t)
	ann := s.user("ann", s.sales)
	s.sync()
	s.world.set(s.user("bob", s.sales), directory.Surname, "")
	s.world.set(ann, directory.UserAccountControl, "514")
	s.sync()
	s.wantActive("")
}

func TestSkipAddsEveryoneComplete(t *testing.T) {
	s := newScene(t)
	s.settings.Incomplete = control.IncompleteSkip
	s.world.set(s.user("ann", s.sales), directory.GivenName, " ")
	s.user("bob", s.sales)
	s.sync()
	s.wantActive("bob")
}

func TestConflictNamesBothAndOverwritesNeither(t *testing.T) {
	s := newScene(t)
	s.settings.Incomplete = control.IncompleteSkip
	s.user("ann", s.sales)
	s.world.set(s.user("bob", s.sales), directory.Mail, "ANN@example.test")
	s.sync()
	s.wantActive("ann")
	subjects, _, err := s.mirror.Flagged(context.Background(), plan.Conflicting)
	if err != nil || len(subjects) != 1 || subjects[0].Name != "bob" || !strings.Contains(subjects[0].Reason, "ann in Sales has the same e-mail") {
		t.Fatalf("conflicts: got %+v, %v; want bob, naming ann", subjects, err)
	}
	s.world.remove(s.entry("ann"))
	s.sync()
	s.wantActive("bob")
}

func TestExpiresAtItsTimeWithoutAChangeInTheDirectory(t *testing.T) {
	s := newScene(t)
	ann := s.user("ann", s.sales)
	const ticks = 10_000_000
	expires := s.clock.Add(time.Hour)
	s.world.set(ann, directory.AccountExpires, fmt.Sprint(expires.Unix()*ticks+116444736000000000))
	s.sync()
	s.wantActive("ann")
	if due, any := s.mirror.NextDue(context.Background()); !any || !due.Equal(expires) {
		t.Fatalf("due: got %v, want %v", due, expires)
	}
	s.clock = expires
	s.sync()
	s.wantActive("")
}

func TestGuardHoldsManyRemovalsUntilApproved(t *testing.T) {
	s := newScene(t)
	s.moveOut(30)
	s.user("new", s.sales)
	r := s.sync()
	if len(r.Held) != 1 || r.Held[0].Kind != control.RemoveUsers || r.Held[0].Count != 30 || r.Held[0].Allowed != 20 {
		t.Fatalf("held: got %+v, want 30 users where 20 pass", r.Held)
	}
	if got := len(strings.Fields(s.active())); got != 61 {
		t.Fatalf("active while held: got %d, want all 60 and the new one", got)
	}
	s.settings.Approved = []control.Approval{{Kind: control.RemoveUsers, Digest: "of another set"}}
	if r := s.sync(); len(r.Held) != 1 {
		t.Fatal("an approval of another set must not count")
	}
	s.settings.Approved[0].Digest = r.Held[0].Digest
	if r := s.sync(); len(r.Held) != 0 || r.Run.UsersDisabled != 30 {
		t.Fatalf("approved: got %+v", r)
	}
}

func TestApprovalSurvivesBeingCutOff(t *testing.T) {
	s := newScene(t)
	all := s.moveOut(30)
	r := s.sync()
	s.settings.Approved = []control.Approval{{Kind: control.RemoveUsers, Digest: r.Held[0].Digest}}
	s.tenant.fail = 0
	if r := s.try(); r.Send == nil {
		t.Fatal("the tenant should have been away")
	}
	s.world.move(all[30], s.attic.guid) // the set is no longer the approved one
	if r := s.sync(); r.Run.UsersDisabled != 31 {
		t.Fatalf("disabled: got %d, want the 30 approved and one within the limit", r.Run.UsersDisabled)
	}
}

func TestGuardWatchesTheFirstRunOfANewMirror(t *testing.T) {
	s := newScene(t)
	all := s.users(60)
	s.sync()
	for _, u := range all[:30] {
		s.world.remove(u)
	}
	s.mirror.Close()
	s.path += "2" // the mirror is lost
	s.open()
	r := s.sync()
	if len(r.Held) != 1 || r.Held[0].Count != 30 {
		t.Fatalf("held: got %+v, want the 30 that are gone", r.Held)
	}
	if got := len(s.tenant.objects); got != 60 {
		t.Fatalf("objects in the tenant: got %d, want 60: nothing doubled", got)
	}
}

func TestCutReadRemovesNobody(t *testing.T) {
	s := newScene(t)
	s.users(10)
	s.sync()
	s.mirror.Forget(context.Background())
	s.world.cutAfter = 4
	if r := s.try(); !errors.Is(r.Read, errCut) {
		t.Fatalf("read: got %v", r.Read)
	}
	if got := len(strings.Fields(s.active())); got != 10 {
		t.Fatalf("active after a cut read: got %d, want 10", got)
	}
}

func TestEmptyReadDisablesNobody(t *testing.T) {
	s := newScene(t)
	s.users(5)
	s.sync()
	s.mirror.Forget(context.Background())
	empty := newWorld() // a wrong base, or a right that was lost
	s.world, empty = empty, s.world
	if r := s.try(); !errors.Is(r.Read, mirror.ErrEmpty) {
		t.Fatalf("read: got %v, want ErrEmpty", r.Read)
	}
	s.world = empty
	s.sync()
	if got := len(strings.Fields(s.active())); got != 5 {
		t.Fatalf("active: got %d, want 5", got)
	}
}

func TestDamagedMirrorIsSetAsideAndNothingIsDoubled(t *testing.T) {
	s := newScene(t)
	s.users(5)
	s.sync()
	s.mirror.Close()
	overwrite(t, s.path)
	m, err := mirror.Open(context.Background(), s.path, "a", time.Now)
	var damaged *mirror.ErrDamaged
	if !errors.As(err, &damaged) || m == nil {
		t.Fatalf("opening a damaged mirror: got %v", err)
	}
	exists(t, damaged.Aside)
	s.mirror = m
	if err := m.SetScope(context.Background(), s.settings.Scope); err != nil {
		t.Fatal(err)
	}
	s.sync()
	if got := len(s.tenant.objects); got != 5 {
		t.Fatalf("objects in the tenant: got %d, want 5", got)
	}
}

// What an enrolment before this one left is no damage: nobody has to look at it.
func TestMirrorOfAFormerAgentIsMadeAnewInSilence(t *testing.T) {
	s := newScene(t)
	s.users(5)
	s.sync()
	s.mirror.Close()
	m, err := mirror.Open(context.Background(), s.path, "another", time.Now)
	if err != nil {
		t.Fatalf("opening the mirror of a former agent: %v", err)
	}
	s.mirror = m
	if c := m.Cursor(); !c.IsZero() {
		t.Errorf("the cursor of a former agent is still there: %+v", c)
	}
	if err := m.SetScope(context.Background(), s.settings.Scope); err != nil {
		t.Fatal(err)
	}
	s.sync()
	if got := len(s.tenant.objects); got != 5 {
		t.Errorf("objects in the tenant: got %d, want 5", got)
	}
	left, err := filepath.Glob(s.path + "*damaged*")
	if err != nil || len(left) > 0 {
		t.Errorf("set aside: %v, %v; want nothing", left, err)
	}
}

func TestNoChangeSendsAndWritesNothing(t *testing.T) {
	s := newScene(t)
	s.users(5)
	s.sync()
	sent := s.tenant.sent
	if r := s.sync(); r.Run.Read != 0 || r.Changed() || s.tenant.sent != sent {
		t.Fatalf("a cycle without changes: read %d, sent %d", r.Run.Read, s.tenant.sent-sent)
	}
}

func TestOneMemberOfABigGroupCostsOneChange(t *testing.T) {
	s := newScene(t)
	all := s.users(200)
	team := s.world.create(directory.KindGroup, s.sales.guid, "everyone")
	for _, u := range all {
		s.world.link(team, u.guid, true)
	}
	s.sync()
	sent := s.tenant.sent
	s.world.link(team, all[7].guid, false)
	r := s.sync()
	if r.Run.MembersRemoved != 1 || s.tenant.sent != sent+1 {
		t.Fatalf("sent %d changes, %d of them removals; want one", s.tenant.sent-sent, r.Run.MembersRemoved)
	}
}

func TestEntryThatBecomesVisibleIsReadWhole(t *testing.T) {
	s := newScene(t)
	s.sync()
	ann := s.user("ann", s.sales)
	ann.created, ann.parent.usn, ann.name.usn = 1, 1, 1 // the delta says only what changed of her
	for name, a := range ann.attrs {
		ann.attrs[name] = stamped[string]{a.value, 1}
	}
	s.world.set(ann, directory.DisplayName, "Ann")
	s.sync()
	s.wantActive("ann")
}

// TestWhoComesWhileUnitsMove: in one answer the unit above a hire's leaves the scope, somebody is hired, and the hire's unit comes
// back under a chosen one.
func TestWhoComesWhileUnitsMove(t *testing.T) {
	s := newScene(t)
	berlin := s.world.create(directory.KindUnit, s.sales.guid, "Berlin")
	pilots := s.world.create(directory.KindUnit, berlin.guid, "Pilots")
	s.user("ann", pilots)
	s.sync()
	s.world.move(berlin, s.attic.guid)
	s.user("bob", pilots)
	s.world.move(pilots, s.sales.guid)
	s.sync()
	s.wantActive("ann bob")
}
