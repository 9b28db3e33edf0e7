package agent

import (
	"context"
	"slices"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// until waits for something to hold.
func (s *stage) until(what string, holds func() bool) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatal("waited in vain: " + what)
		}
	}
}

// lastRun waits until the newest one, none of those named, was reported, and gives it.
func (s *stage) lastRun(but ...string) (run tenant.Run) {
	s.Helper()
	s.until("a run with rows", func() bool {
		all, err := s.tenant.Store().Runs(s.Context(), s.id(), tenant.Run{}, 1)
		if err != nil {
			s.Fatal(err)
		}
		if len(all) > 0 {
			run = all[0]
		}
		return run.Reported && run.Rows > 0 && !slices.Contains(but, run.ID)
	})
	return run
}

func (s *stage) counted() (active, disabled, groups, members int) {
	s.Helper()
	ctx := s.Context()
	all, err := s.tenant.CountUsers(ctx, "")
	if err == nil {
		disabled, err = s.tenant.CountUsers(ctx, tenant.Disabled)
	}
	found, wrong := s.tenant.Store().Groups(ctx, tenant.Scope{}, store.Query{})
	if err != nil || wrong != nil {
		s.Fatal(err, wrong)
	}
	for _, g := range found {
		n, err := s.tenant.Store().CountMembers(ctx, g.ID)
		if err != nil {
			s.Fatal(err)
		}
		members += n
	}
	return all - disabled, disabled, len(found), members
}

// An undone run is pushed again once the agent goes on, for the directory still asks for it; the mirror believes until then that
// the tenant has it.
func TestUndoneRunIsPushedAgainWhenTheAgentGoesOn(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.await(control.InSync)
	run := s.lastRun()
	active, disabled, groups, members := s.counted()
	if run.Rows != active+groups+members || disabled != 0 || groups == 0 || members == 0 {
		t.Fatalf("the first run has %d rows for %d people, %d groups and %d memberships", run.Rows, active, groups, members)
	}
	forecast, err := s.tenant.History().Try(t.Context(), s.id(), run.ID)
	if err != nil || forecast.Total() != run.Rows || forecast.KeptN != 0 || forecast.Undone[tenant.UserAdded] != active {
		t.Fatalf("what undoing it would do: %+v (%v), want all %d", forecast, err, run.Rows)
	}
	undo, err := s.tenant.History().Undo(t.Context(), s.id(), run.ID)
	if err != nil || !undo.Done() || undo.Undone != run.Rows {
		t.Fatalf("undoing: %+v (%v)", undo, err)
	}
	s.until("held", func() bool { return s.await(control.Paused).Title == "Held after an undo" })
	if a, d, g, m := s.counted(); a != 0 || d != active || g != 0 || m != 0 {
		t.Errorf("after the undo: %d active, %d disabled, %d groups, %d memberships; want everybody disabled and no group", a, d, g, m)
	}
	s.choose(func(settings *tenant.Settings) { settings.Status = control.StatusEnabled })
	s.until("everything is there again", func() bool {
		a, d, g, m := s.counted()
		return a == active && d == 0 && g == groups && m == members
	})
	s.await(control.InSync)
	if again := s.lastRun(run.ID); again.UsersEnabled != active || again.GroupsAdded != groups {
		t.Errorf("the run that followed: %+v, want %d enabled again and %d groups", again.Run, active, groups)
	}
}

// A later run that only removed people is undone, mended in the directory, and stays undone.
func TestUndoneRemovalStaysUndoneWhereTheDirectoryWasMended(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.await(control.InSync)
	before := s.lastRun()
	active, _, groups, members := s.counted()
	s.choose(func(settings *tenant.Settings) {
		settings.Scope = s.seeded.Units[1:]
		settings.Guard = control.Guard{Users: control.Limit{Percent: 100}, Groups: control.Limit{Percent: 100}, Memberships: control.Limit{Percent: 100}}
	})
	s.until("somebody is disabled", func() bool { _, d, _, _ := s.counted(); return d > 0 })
	s.await(control.InSync)
	run := s.lastRun(before.ID)
	undo, err := s.tenant.History().Undo(t.Context(), s.id(), run.ID)
	if err != nil || undo.Kept != 0 {
		t.Fatalf("undoing: %+v (%v)", undo, err)
	}
	if a, d, g, m := s.counted(); a != active || d != 0 || g != groups || m != members {
		t.Errorf("after the undo: %d active, %d disabled, %d groups, %d memberships; want %d, 0, %d, %d", a, d, g, m, active, groups, members)
	}
	s.until("held", func() bool { return s.await(control.Paused).Title == "Held after an undo" })
	s.choose(func(settings *tenant.Settings) {
		settings.Status, settings.Scope = control.StatusEnabled, append(settings.Scope[:0:0], s.seeded.Units...)
	})
	s.await(control.InSync)
	s.reconcile()
	if a, d, g, m := s.counted(); a != active || d != 0 || g != groups || m != members {
		t.Errorf("after it went on: %d active, %d disabled, %d groups, %d memberships; want %d, 0, %d, %d", a, d, g, m, active, groups, members)
	}
}

// held lists what is held of a kind, once as many rows are there.
func (s *stage) held(kind control.RemovalKind, waiting, rejected int) (page control.HeldPage) {
	s.Helper()
	s.until("held rows", func() bool {
		var err error
		page, err = s.tenant.Held(s.Context(), s.id(), control.HeldArgs{Kind: kind})
		return err == nil && page.Held.Count == waiting && page.Held.Rejected == rejected
	})
	return page
}

func (s *stage) decides(kind control.RemovalKind, decision control.Decision, rows ...control.HeldRow) control.Decided {
	s.Helper()
	args := control.DecideArgs{Kind: kind, Decision: decision}
	for _, r := range rows {
		args.Rows = append(args.Rows, r.Row)
	}
	done, err := s.tenant.Decide(s.Context(), s.id(), args)
	if err != nil {
		s.Fatal(err)
	}
	return done
}

// Held removals are decided on row by row; a rejection outlives a restart, and can be taken back.
func TestHeldRowsAreApprovedAndRejected(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	s.await(control.InSync)
	active, _, _, _ := s.counted()
	s.choose(func(settings *tenant.Settings) {
		settings.Scope = []directory.GUID{s.seeded.Units[len(s.seeded.Units)-1]}
		all := control.Limit{Percent: 100}
		settings.Guard = control.Guard{Groups: all, Memberships: all}
	})
	s.await(control.HeldRemovals)
	var page control.HeldPage
	s.until("held rows", func() bool {
		page, _ = s.tenant.Held(s.Context(), s.id(), control.HeldArgs{Kind: control.RemoveUsers})
		return len(page.Rows) > 6
	})
	n := len(page.Rows)
	if r := page.Rows[0]; r.Because != control.BecauseOutOfScope || r.Reason == "" || r.Name == "" || page.Held.Count != n {
		t.Errorf("a held row says too little: %+v of %+v", r, page.Held)
	}
	found, err := s.tenant.Held(t.Context(), s.id(), control.HeldArgs{Kind: control.RemoveUsers, Search: page.Rows[3].Logon})
	if err != nil || !slices.ContainsFunc(found.Rows, func(r control.HeldRow) bool { return r.Row == page.Rows[3].Row }) || len(found.Rows) == n {
		t.Errorf("searching for %s: %+v (%v)", page.Rows[3].Logon, found, err)
	}
	first, err := s.tenant.Held(t.Context(), s.id(), control.HeldArgs{Kind: control.RemoveUsers, Limit: n - 2})
	rest, wrong := s.tenant.Held(t.Context(), s.id(), control.HeldArgs{Kind: control.RemoveUsers, After: first.Next})
	if err != nil || wrong != nil || len(first.Rows) != n-2 || len(rest.Rows) != 2 || rest.Rows[1].Row != page.Rows[n-1].Row || rest.Next != "" {
		t.Errorf("pages: %d and %d rows (%v, %v), want %d and 2", len(first.Rows), len(rest.Rows), err, wrong, n-2)
	}
	s.decidesInTurn(page, active, n)
}

func (s *stage) decidesInTurn(page control.HeldPage, active, n int) {
	if done := s.decides(control.RemoveUsers, control.DecideReject, page.Rows[:2]...); done != (control.Decided{Done: 2}) {
		s.Errorf("rejecting: %+v", done)
	}
	if done := s.decides(control.RemoveUsers, control.DecideApprove, page.Rows[2], page.Rows[2]); done != (control.Decided{Done: 1, Stale: 1}) {
		s.Errorf("approving: %+v", done)
	}
	s.until("the approved one is disabled", func() bool { _, d, _, _ := s.counted(); return d == 1 })
	s.stop()
	s.start()
	page = s.held(control.RemoveUsers, n-3, 2)
	if a, d, _, _ := s.counted(); a != active-1 || d != 1 {
		s.Errorf("after a restart: %d active, %d disabled; want that only the approved one went", a, d)
	}
	if !page.Rows[0].Rejected || page.Rows[2].Rejected {
		s.Errorf("which are rejected is not shown: %+v", page.Rows[:3])
	}
	id := s.id()
	s.until("all that is left is approved", func() bool {
		_, err := s.tenant.Approve(s.Context(), id, control.Approval{Kind: control.RemoveUsers, Digest: page.Held.Digest})
		return err == nil
	})
	s.until("all but the rejected are disabled", func() bool { a, _, _, _ := s.counted(); return a == active-n+2 })
	page = s.held(control.RemoveUsers, 0, 2)
	s.await(control.InSync)
	s.lifted(control.HeldRemovals)
	s.decides(control.RemoveUsers, control.DecideApprove, page.Rows[0])
	s.until("a rejected one is approved later", func() bool { a, _, _, _ := s.counted(); return a == active-n+1 })
	guid, err := directory.ParseGUID(page.Rows[1].Row[:36])
	if err != nil {
		s.Fatal(err)
	}
	if err := s.directory.Modify(context.Background(), guid, directory.DisplayName, "Another Name"); err != nil {
		s.Fatal(err)
	}
	s.held(control.RemoveUsers, 1, 0) // something changed about it: it is judged anew
}
