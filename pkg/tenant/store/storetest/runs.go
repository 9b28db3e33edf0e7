package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// told writes rows as text, for comparing.
func told(rows []tenant.RunRow) string {
	var all []string
	for _, r := range rows {
		text := string(r.What) + " " + r.Name
		if r.Member != 0 {
			text += " < " + r.MemberName
		}
		for _, a := range r.Attributes {
			if a.Name == "displayName" || a.Name == tenant.AttributeState {
				text += fmt.Sprintf(" %s %q→%q", a.Name, a.Before, a.After)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// record adds users in a run and gives its number.
func (b *bench) record(t *testing.T, id string, users []tenant.User) (run tenant.ID) {
	t.Helper()
	b.now = b.now.Add(time.Minute)
	b.write(t, func(tx store.Tx) (err error) {
		if run, err = tx.BeginRun(t.Context(), b.one.ID, id); err != nil {
			return err
		}
		outcome, err := tx.AddUsers(t.Context(), users)
		return errors.Join(err, tx.RecordAdded(t.Context(), run, users, outcome))
	})
	return run
}

// rename gives a user another display name, in a run.
func (b *bench) rename(t *testing.T, run tenant.ID, u *tenant.User, name string) tenant.RunRow {
	t.Helper()
	before := *u
	u.DisplayName = name
	what, attributes := tenant.Differences(before, *u)
	row := tenant.RunRow{What: what, Object: u.ID, Name: u.ShownName(), Attributes: attributes}
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.ReplaceUser(t.Context(), u), tx.RecordRows(t.Context(), run, row))
	})
	rows, err := b.RunRows(t.Context(), run, store.RowQuery{Backwards: true, Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatalf("the last row: %+v %v", rows, err)
	}
	return rows[0]
}

func (b *bench) rows(t *testing.T, run tenant.ID, q store.RowQuery) []tenant.RunRow {
	t.Helper()
	rows, err := b.RunRows(t.Context(), run, q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func (b *bench) wantRows(t *testing.T, run tenant.ID, q store.RowQuery, want string) {
	t.Helper()
	if got := told(b.rows(t, run, q)); got != want {
		t.Errorf("rows of %+v:\n got %s\nwant %s", q, got, want)
	}
}

// runRows keeps what runs changed: of added users as they were then, whatever came later.
func runRows(t *testing.T, b *bench) {
	ctx := t.Context()
	people := []tenant.User{b.user(b.one.ID, "ann"), b.user(b.one.ID, "bob"), b.user(b.one.ID, "ann"), b.user(b.one.ID, "cyd")}
	first := b.record(t, "r1", people)
	ann := people[0]
	const asAdded = `user-added ann Ödegård displayName ""→"ann Ödegård"; user-added bob Ödegård displayName ""→"bob Ödegård"; user-added cyd Ödegård displayName ""→"cyd Ödegård"`
	b.wantRows(t, first, store.RowQuery{}, asAdded)

	second := b.record(t, "r2", nil)
	if second <= first {
		t.Errorf("numbers have to grow: %d after %d", second, first)
	}
	renamed := b.rename(t, second, &ann, "Änne")
	group := tenant.Group{Agent: b.one.ID, Organization: b.org, ExternalID: "g", DisplayName: "Sales"}
	b.write(t, func(tx store.Tx) error {
		err := tx.AddGroup(ctx, &group)
		members := []tenant.ID{people[1].ID, people[0].ID, people[1].ID, 12345}
		err = errors.Join(err, tx.RecordMembers(ctx, second, group, tenant.MemberAdded, members))
		_, more := tx.AddMembers(ctx, tenant.Scope{}, group.ID, members[:3])
		err = errors.Join(err, more, tx.RecordMembers(ctx, second, group, tenant.MemberAdded, members[:1]), // is in it already
			tx.RecordMembers(ctx, second, group, tenant.MemberRemoved, []tenant.ID{people[3].ID})) // never was
		return errors.Join(err, tx.RecordEmptied(ctx, second, group), tx.RecordLeft(ctx, second, people[0].ID))
	})
	b.wantRows(t, first, store.RowQuery{}, asAdded)
	b.wantRows(t, second, store.RowQuery{}, `user-updated Änne displayName "ann Ödegård"→"Änne"; `+
		"member-added Sales < Änne; member-added Sales < bob Ödegård; member-removed Sales < Änne; member-removed Sales < bob Ödegård; member-removed Sales < Änne")
	runRowsFound(t, b, first, second, people, renamed)
	runRowsSettled(t, b, first, people, asAdded)
}

func runRowsFound(t *testing.T, b *bench, first, second tenant.ID, people []tenant.User, renamed tenant.RunRow) {
	ctx := t.Context()
	b.wantRows(t, first, store.RowQuery{Search: "BOB"}, `user-added bob Ödegård displayName ""→"bob Ödegård"`)
	b.wantRows(t, second, store.RowQuery{Search: "ÄNN", What: tenant.UserUpdated}, `user-updated Änne displayName "ann Ödegård"→"Änne"`)
	b.wantRows(t, second, store.RowQuery{Search: "bob"}, "member-added Sales < bob Ödegård; member-removed Sales < bob Ödegård")
	b.wantRows(t, second, store.RowQuery{What: tenant.UserAdded}, "")
	b.wantRows(t, first, store.RowQuery{What: tenant.UserDisabled}, "")
	one := b.rows(t, first, store.RowQuery{Limit: 1})
	b.wantRows(t, first, store.RowQuery{After: one[0].Number, Limit: 1}, `user-added bob Ödegård displayName ""→"bob Ödegård"`)
	last := b.rows(t, first, store.RowQuery{Backwards: true, Limit: 1})
	b.wantRows(t, first, store.RowQuery{Backwards: true, After: last[0].Number, Limit: 1}, `user-added bob Ödegård displayName ""→"bob Ödegård"`)
	counts, err := b.CountRunRows(ctx, second)
	if diff := cmp.Diff(map[tenant.RowKind]int{tenant.UserUpdated: 1, tenant.MemberAdded: 2, tenant.MemberRemoved: 3}, counts); diff != "" || err != nil {
		t.Errorf("counts (-want +got):\n%s (%v)", diff, err)
	}
	history, err := b.RowsOf(ctx, people[0].ID, 0, 10)
	want := `member-removed Sales < Änne; member-removed Sales < Änne; member-added Sales < Änne; user-updated Änne displayName "ann Ödegård"→"Änne"; user-added ann Ödegård displayName ""→"ann Ödegård"`
	if got := told(history); got != want || err != nil || history[4].RunID != "r1" || history[0].RunID != "r2" || history[0].At.IsZero() {
		t.Errorf("history: got %s (%v), want %s", got, err, want)
	}
	if rest, err := b.RowsOf(ctx, people[0].ID, history[3].Number, 10); err != nil || len(rest) != 1 {
		t.Errorf("the history goes on with %s (%v), want the addition", told(rest), err)
	}
	added := b.rows(t, first, store.RowQuery{Limit: 1})[0]
	if newer, err := b.Newer(ctx, added, 10); err != nil || len(newer) != 1 || newer[0].Number != renamed.Number {
		t.Errorf("newer than the addition: got %s (%v), want the new name", told(newer), err)
	}
	if newer, err := b.Newer(ctx, renamed, 10); err != nil || len(newer) != 0 {
		t.Errorf("newer than the new name: got %s (%v), want none", told(newer), err)
	}
}

// runRowsSettled puts one back, keeps another, and removes a user.
func runRowsSettled(t *testing.T, b *bench, run tenant.ID, people []tenant.User, asAdded string) {
	ctx := t.Context()
	rows := b.rows(t, run, store.RowQuery{})
	rows[0].Kept, rows[1].Undone = "because", b.now
	b.write(t, func(tx store.Tx) error {
		return errors.Join(tx.SettleRow(ctx, rows[0]), tx.SettleRow(ctx, rows[1]), tx.RemoveUser(ctx, tenant.Scope{}, people[3].ID))
	})
	b.wantRows(t, run, store.RowQuery{}, asAdded)
	b.wantRows(t, run, store.RowQuery{Kept: true}, `user-added ann Ödegård displayName ""→"ann Ödegård"`)
	b.wantRows(t, run, store.RowQuery{What: tenant.UserAdded, Search: "cyd"}, `user-added cyd Ödegård displayName ""→"cyd Ödegård"`)
	if got := b.rows(t, run, store.RowQuery{}); got[0].Kept != "because" || !got[1].Undone.Equal(b.now) || !got[0].Undone.IsZero() {
		t.Errorf("what became of the rows: %+v", got)
	}
}

// runsForgotten begins, completes, undoes and forgets runs.
func runsForgotten(t *testing.T, b *bench) {
	ctx := t.Context()
	var numbers []tenant.ID
	for i := range 4 {
		run := b.record(t, fmt.Sprint("r", i), []tenant.User{b.user(b.one.ID, fmt.Sprint("a", i)), b.user(b.one.ID, fmt.Sprint("b", i))})
		numbers = append(numbers, run)
		u := tenant.Undo{Run: run, Agent: b.one.ID, Begun: b.now, By: "me", Before: 7, Undone: 1, Kept: 2}
		if i != 1 {
			u.Ended = b.now
		}
		if i < 2 {
			b.write(t, func(tx store.Tx) error {
				return errors.Join(tx.PutUndo(ctx, tenant.Undo{Run: run, Agent: b.one.ID}), tx.PutUndo(ctx, u))
			})
			if got, err := b.Undo(ctx, run); cmp.Diff(u, got) != "" || err != nil {
				t.Errorf("undo: got %+v (%v), want %+v", got, err, u)
			}
		}
	}
	run, err := b.Run(ctx, b.one.ID, "r2")
	if err != nil || run.Reported || run.Rows != 2 || run.Number != numbers[2] || !run.Finished.IsZero() {
		t.Errorf("a run that was not reported: %+v (%v)", run, err)
	}
	report := control.Run{ID: "r2", Kind: control.RunFull, Started: run.Started.Add(-time.Second), Finished: b.now, UsersAdded: 2}
	b.write(t, func(tx store.Tx) error {
		for _, want := range []bool{true, false} {
			if fresh, err := tx.AddRun(ctx, b.one.ID, report); fresh != want || err != nil {
				t.Errorf("reporting: new is %v (%v), want %v", fresh, err, want)
			}
		}
		return nil
	})
	if run, err = b.RunNumbered(ctx, numbers[2]); err != nil || !run.Reported || run.Rows != 2 || cmp.Diff(report, run.Run) != "" {
		t.Errorf("a run that was reported: %+v (%v)", run, err)
	}
	page, err := b.Runs(ctx, b.one.ID, tenant.Run{}, 2)
	if err != nil || len(page) != 2 || page[0].ID != "r3" || page[1].ID != "r2" {
		t.Fatalf("the newest runs: %+v (%v)", page, err)
	}
	if page, err = b.Runs(ctx, b.one.ID, page[1], 2); err != nil || len(page) != 2 || page[0].ID != "r1" {
		t.Errorf("the runs before: %+v (%v)", page, err)
	}
	if all, err := b.UndosUnderWay(ctx, b.one.ID); err != nil || len(all) != 1 || all[0].Run != numbers[1] {
		t.Errorf("under way: %+v (%v), want that of r1", all, err)
	}
	if all, err := b.UndosUnderWay(ctx, b.two.ID); err != nil || len(all) != 0 {
		t.Errorf("under way of another agent: %+v (%v), want none", all, err)
	}
	if _, err := b.Run(ctx, b.two.ID, "r2"); !problem.Is(err, problem.NotFound) {
		t.Errorf("another agent's run: %v, want that there is none", err)
	}
	b.forget(t, run.Started, 1000, "r3 r2 r1") // r1 is being undone
	b.forget(t, time.Time{}, 5, "r3 r1")       // too many rows
	b.wantRows(t, numbers[0], store.RowQuery{}, "")
	b.write(t, func(tx store.Tx) error { _, err := tx.RemoveAgent(ctx, b.one.ID, false, b.now); return err })
	b.wantRows(t, numbers[3], store.RowQuery{}, "")
	if all, err := b.UndosUnderWay(ctx, 0); err != nil || len(all) != 0 {
		t.Errorf("a removed agent's undo is still there: %+v (%v)", all, err)
	}
}

// forget forgets until there is nothing more, and looks at what is left.
func (b *bench) forget(t *testing.T, before time.Time, most int, want string) {
	t.Helper()
	for more, rounds := true, 0; more; rounds++ {
		if rounds > 20 {
			t.Fatal("there is always more to forget")
		}
		b.write(t, func(tx store.Tx) (err error) { more, err = tx.ForgetRuns(t.Context(), before, most, 1); return err })
	}
	all, err := b.Runs(t.Context(), b.one.ID, tenant.Run{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, r := range all {
		left = append(left, r.ID)
	}
	if got := strings.Join(left, " "); got != want {
		t.Errorf("left: got %q, want %q", got, want)
	}
}
