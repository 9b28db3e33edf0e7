package ad_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/problem"
)

// everybody makes a full pass, which must complete, and gives what lives by GUID.
func everybody(t *testing.T, r directory.Reader) (map[directory.GUID]directory.Entry, directory.Cursor) {
	t.Helper()
	entries, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil || !pass.Full {
		t.Fatalf("a full pass: %+v, %v", pass, err)
	}
	all := map[directory.GUID]directory.Entry{}
	for _, e := range entries {
		if !e.Deleted {
			all[e.GUID] = e
		}
	}
	return all, pass.Cursor
}

// without wants the directory read without DirSync, or not.
func without(t *testing.T, r directory.Reader, want bool) {
	t.Helper()
	if d, err := r.Domain(t.Context()); err != nil || d.ByUSN != want {
		t.Errorf("read without DirSync: got %v and %v, want %v", d.ByUSN, err, want)
	}
}

// TestDirSyncRefused refuses DirSync from the start, and in the middle: with each code that directories have for it.
func TestDirSyncRefused(t *testing.T) {
	for _, code := range []int{12, 50, 53} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s, r := people(t, 2500, adtest.Options{PageLimit: 1000, RangeLimit: 100})
			want, cursor := everybody(t, r)
			without(t, r, false)
			s.SetRefusesDirSync(code)
			if _, _, err := drain(t.Context(), r, cursor); !errors.Is(err, directory.ErrCursorRefused) {
				t.Errorf("got %v, want a refused cursor", err)
			}
			got, cursor := everybody(t, r)
			without(t, r, true)
			same(t, got, want)
			same(t, first(everybody(t, open(t, settings(s)))), want)

			s.SetRefusesDirSync(0)
			if _, _, err := drain(t.Context(), r, cursor); err != nil {
				t.Errorf("a cursor counts as long as nobody looked for a better way: %v", err)
			}
			got, _ = everybody(t, r)
			without(t, r, false)
			same(t, got, want)
			if _, _, err := drain(t.Context(), r, cursor); !errors.Is(err, directory.ErrCursorRefused) {
				t.Errorf("the other way's cursor: got %v, want it refused", err)
			}
		})
	}
}

func first[A, B any](a A, _ B) A { return a }

func same(t *testing.T, got, want map[directory.GUID]directory.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d entries, want %d", len(got), len(want))
	}
	for id, w := range want {
		if g := got[id]; g.Kind != w.Kind || g.Parent != w.Parent || g.Name != w.Name || fmt.Sprint(g.Attributes) != fmt.Sprint(w.Attributes) || !sameMembers(g.Members, w.Members) {
			t.Fatalf("got  %+v\nwant %+v", g, w)
		}
	}
}

func sameMembers(a, b []directory.GUID) bool {
	in := map[directory.GUID]bool{}
	for _, id := range a {
		in[id] = true
	}
	for _, id := range b {
		if !in[id] {
			return false
		}
	}
	return len(in) == len(b)
}

// TestLyingPagesCompleteNoPass holds reading without DirSync to what TestLyingAnswersCompleteNoPass holds DirSync to.
func TestLyingPagesCompleteNoPass(t *testing.T) {
	for name, c := range map[string]struct {
		faults adtest.Faults
		want   problem.Code
	}{
		"cut after the first entry":      {adtest.Faults{CutAfter: 1}, directory.Unreachable},
		"cut in the middle of a page":    {adtest.Faults{CutAfter: 700}, directory.Unreachable},
		"no word whether there are more": {adtest.Faults{NoFinalControl: true}, directory.AnswerWrong},
		"entries without GUID":           {adtest.Faults{NoGUID: true}, directory.AnswerWrong},
		"GUIDs of 15 bytes":              {adtest.Faults{ShortGUID: true}, directory.AnswerWrong},
		"busy":                           {adtest.Faults{SearchCode: 51}, directory.Busy},
		"size limit":                     {adtest.Faults{SearchCode: 4}, directory.AnswerWrong},
		"no rights":                      {adtest.Faults{SearchCode: 50}, directory.RightsMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := people(t, 1500, adtest.Options{RefusesDirSync: 53})
			_, cursor := everybody(t, r)
			if _, err := s.AddUnit(t.Context(), s.Root(), "New"); err != nil {
				t.Fatal(err)
			}
			s.SetFaults(c.faults)
			if _, pass, err := drain(t.Context(), r, cursor); c.faults.CutAfter < 2 && (!problem.Is(err, c.want) || !pass.Cursor.IsZero()) {
				t.Errorf("a delta: got %+v and %v, want a problem of code %s", pass, err, c.want)
			}
			if _, pass, err := drain(t.Context(), r, directory.Cursor{}); !problem.Is(err, c.want) || !pass.Cursor.IsZero() {
				t.Errorf("a full pass: got %+v and %v, want a problem of code %s", pass, err, c.want)
			}
			s.SetFaults(adtest.Faults{})
			everybody(t, r)
		})
	}
}

// TestUSNCountsAtOneDatabase: a USN means nothing at another domain controller, after a restore, or where the numbers went back.
func TestUSNCountsAtOneDatabase(t *testing.T) {
	s, r := people(t, 10, adtest.Options{RefusesDirSync: 53})
	_, cursor := everybody(t, r)
	refuses := func(what string, at directory.Reader) {
		t.Helper()
		if _, _, err := drain(t.Context(), at, cursor); !errors.Is(err, directory.ErrCursorRefused) {
			t.Errorf("%s: got %v, want a refused cursor", what, err)
		}
	}
	second, err := s.Second()
	if err != nil {
		t.Fatal(err)
	}
	other := settings(s)
	other.URL = second.URL()
	refuses("another domain controller", open(t, other))
	s.SetFaults(adtest.Faults{Lags: true})
	if _, _, err := drain(t.Context(), open(t, other), cursor); !problem.Is(err, directory.Busy) {
		t.Errorf("one that may lag behind: got %v, want that it is not read yet", err)
	}
	other.Lag = time.Nanosecond
	refuses("one that lags behind for too long", open(t, other))
	s.SetFaults(adtest.Faults{CommittedUSN: 5})
	refuses("numbers that went back", r)
	s.SetFaults(adtest.Faults{})
	if _, _, err := drain(t.Context(), r, cursor); err != nil {
		t.Errorf("back again: %v", err)
	}
	s.ChangeInvocation()
	refuses("a restored one", open(t, settings(s)))
}

// TestWhoIsPassedOverIsNotGone moves somebody in the server's index while a full pass goes through it.
func TestWhoIsPassedOverIsNotGone(t *testing.T) {
	s, r := people(t, 50, adtest.Options{RefusesDirSync: 53, PageLimit: 10})
	var lost directory.GUID
	for _, e := range s.Snapshot() {
		if e.Kind == directory.KindUser {
			lost = e.GUID
		}
	}
	s.SetFaults(adtest.Faults{PassedOver: lost})
	moved, came := false, false
	_, err := r.Read(t.Context(), directory.Cursor{}, func(p directory.Page) error {
		for _, e := range p.Entries {
			came = came || e.GUID == lost
		}
		if moved {
			return nil
		}
		moved = true
		return s.Move(t.Context(), lost, s.Root())
	})
	if err != nil || !came {
		t.Errorf("who moved meanwhile came: %v, %v", came, err)
	}
}

// TestAttackHiddenDisabling: where an account may not see who is disabled, a leaver must not pass for somebody who works here.
func TestAttackHiddenDisabling(t *testing.T) {
	s, r := people(t, 10, adtest.Options{RefusesDirSync: 53})
	_, cursor := everybody(t, r)
	s.SetFaults(adtest.Faults{Unreadable: directory.UserAccountControl})
	if _, _, err := drain(t.Context(), r, directory.Cursor{}); !problem.Is(err, directory.RightsMissing) {
		t.Errorf("nobody can be judged: got %v", err)
	}
	user, err := s.AddUser(t.Context(), s.Root(), "Leaver", directory.Attribute{Name: directory.UserAccountControl, Value: "514"})
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := drain(t.Context(), r, cursor)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.GUID == user {
			t.Errorf("who may be disabled was reported: %+v", e)
		}
	}
}

// TestPartsThatDoNotFitAreNoList changes a group between two parts of its members, so that one would be passed over.
func TestPartsThatDoNotFitAreNoList(t *testing.T) {
	s, r := people(t, 60, adtest.Options{RefusesDirSync: 53, RangeLimit: 10})
	var all []directory.GUID
	for _, e := range s.Snapshot() {
		if e.Kind == directory.KindUser {
			all = append(all, e.GUID)
		}
	}
	group, err := s.AddGroup(t.Context(), s.Root(), "Everybody", all[:30]...)
	if err != nil {
		t.Fatal(err)
	}
	_, cursor := everybody(t, r)
	if err := s.AddMember(t.Context(), group, all[30]); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	s.SetFaults(adtest.Faults{BeforeRange: func() {
		once.Do(func() { _ = s.RemoveMember(t.Context(), group, all[0]) })
	}})
	entries, pass, err := drain(t.Context(), r, cursor)
	if err != nil || len(entries) != 1 || entries[0].MembersWhole || len(entries[0].Members) > 0 {
		t.Errorf("while it changes: got %+v and %v, want nothing of its members", entries, err)
	}
	entries, _, err = drain(t.Context(), r, pass.Cursor)
	if err != nil || len(entries) != 1 || !entries[0].MembersWhole || !sameMembers(entries[0].Members, all[1:31]) {
		t.Errorf("afterwards: got %+v and %v, want the 30 members", entries, err)
	}
}

// TestNoiseChangesNothing: what raises uSNChanged and concerns nobody brings the same entry again.
func TestNoiseChangesNothing(t *testing.T) {
	s, r := people(t, 10, adtest.Options{RefusesDirSync: 53})
	before, cursor := everybody(t, r)
	for id, e := range before {
		if e.Kind == directory.KindUser {
			if err := s.Modify(t.Context(), id, "lastLogonTimestamp", "133000000000000000"); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, _, err := drain(t.Context(), r, cursor)
	if err != nil || len(entries) != 10 {
		t.Fatalf("got %d entries and %v, want the 10 people", len(entries), err)
	}
	for _, e := range entries {
		if fmt.Sprint(e.Attributes) != fmt.Sprint(before[e.GUID].Attributes) {
			t.Errorf("got %v, want %v", e.Attributes, before[e.GUID].Attributes)
		}
	}
}

// TestDeletionsUnseen: without rights on Deleted Objects a deletion is missing from a delta; once they are there, a full pass is asked for.
func TestDeletionsUnseen(t *testing.T) {
	s, r := people(t, 10, adtest.Options{RefusesDirSync: 53, HidesDeleted: true})
	before, cursor := everybody(t, r)
	for id, e := range before {
		if e.Kind == directory.KindUser {
			if err := s.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	entries, pass, err := drain(t.Context(), r, cursor)
	if err != nil || len(entries) != 0 {
		t.Errorf("got %+v and %v, want nothing", entries, err)
	}
	if after, _ := everybody(t, r); len(after) != len(before)-1 {
		t.Errorf("a full pass: got %d entries of %d", len(after), len(before))
	}
	s.SetHidesDeleted(false)
	if _, _, err := drain(t.Context(), open(t, settings(s)), pass.Cursor); !errors.Is(err, directory.ErrCursorRefused) {
		t.Errorf("deletions can be seen now: got %v, want the cursor refused, since some were missed", err)
	}
}
