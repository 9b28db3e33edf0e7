package mirror

import (
	"testing"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// TestALostAnswerIsAboutThoseWhoWereSent: of a group of many, half of whom are out of scope, two were sent and the answer is lost. Nobody
// who stands between them is to be taken out.
func TestALostAnswerIsAboutThoseWhoWereSent(t *testing.T) {
	m, ctx := fresh(t), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(m.SetScope(ctx, []directory.GUID{someUnit(1)}))
	must(m.Begin(ctx, directory.Cursor{}))
	entries := []directory.Entry{{GUID: someUnit(0), Kind: directory.KindUnit, Name: "Root", Whole: true}}
	for n := range 2 {
		entries = append(entries, directory.Entry{GUID: someUnit(1 + n), Parent: someUnit(0), Kind: directory.KindUnit, Name: "Unit", Whole: true})
	}
	group := directory.Entry{GUID: directory.GUID{0: 3}, Parent: someUnit(1), Kind: directory.KindGroup, Name: "Everybody", Whole: true, MembersWhole: true}
	const people = 40
	for n := range people {
		e := directory.Entry{GUID: directory.GUID{0: 2, 15: byte(n)}, Parent: someUnit(1 + n%2), Kind: directory.KindUser, Name: "Somebody", Whole: true}
		group.Members = append(group.Members, e.GUID)
		entries = append(entries, e)
	}
	must(m.Apply(ctx, directory.Page{Entries: append(entries, group)}))
	must(m.Complete(ctx, directory.Pass{Cursor: directory.Cursor{Opaque: []byte("c")}}))
	_, err := m.write.ExecContext(ctx, "UPDATE entries SET remote = 'r' || seq, remote_kind = kind WHERE inside = 1; UPDATE members SET dirty = 1")
	must(err)
	must(m.JudgeMembers(ctx))
	add, err := m.Memberships(ctx, plan.Add, false, Membership{}, 100)
	must(err)
	if len(add) != people/2 {
		t.Fatalf("%d are to join, want half of %d", len(add), people)
	}
	_, err = m.DepartMembers(ctx, []Membership{add[0], add[len(add)-1]})
	must(err)
	// What was sent is carried out, and the first is taken out of the group meanwhile.
	must(m.Apply(ctx, directory.Page{Entries: []directory.Entry{{GUID: group.GUID, MembersGone: []directory.GUID{add[0].Member}}}}))
	must(m.JudgeMembers(ctx))
	must(m.Strand(ctx))
	must(m.JudgeMembers(ctx))
	gone, err := m.Memberships(ctx, plan.Remove, false, Membership{}, 100)
	must(err)
	if len(gone) != 1 || gone[0].Member != add[0].Member {
		t.Errorf("%d are to be taken out, want the one who was sent and left", len(gone))
	}
	again, err := m.Memberships(ctx, plan.Add, false, Membership{}, 100)
	must(err)
	if len(again) != people/2-1 {
		t.Errorf("%d are to join, want %d", len(again), people/2-1)
	}
}
