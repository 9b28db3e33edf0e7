package cycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"passlysync/agent/cycle"
	"passlysync/agent/explain"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/preview"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// TestPreviewIsWhatTheNextCycleDoes: of random directories, histories, faults and proposed settings, what the preview says
// of each entry is what the following cycle does with it, and the preview itself does nothing.
func TestPreviewIsWhatTheNextCycleDoes(t *testing.T) {
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "preview-*")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := newModel(rt, dir)
		defer m.close()
		for range rapid.IntRange(1, 2).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 5).Draw(rt, "changes") {
				m.change()
			}
			if rapid.Bool().Draw(rt, "cycle") {
				m.faulty()
			}
			if m.comparePreview() {
				compared++
			}
		}
	})
	if compared == 0 {
		t.Error("no preview was ever compared")
	}
}

// comparePreview makes a preview of proposed settings, then runs the cycle with them. Where the tenant refused something,
// which no preview knows, it compares nothing and gives false.
func (m *model) comparePreview() bool {
	m.propose()
	before := m.tenant.sent
	rows, p := m.preview()
	if m.tenant.sent != before {
		m.Fatal("the preview changed the tenant")
	}
	if err := m.mirror.SetScope(context.Background(), m.settings.Scope); err != nil {
		m.Fatal(err)
	}
	real := &recording{fakeTenant: m.tenant, did: map[directory.GUID]control.Action{}}
	c := &cycle.Cycle{Mirror: m.mirror, Target: real, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	r := c.Run(context.Background(), m.world, m.settings)
	if err := r.Err(); err != nil {
		m.Fatal(err)
	}
	m.note()
	if r.Run.Rejected > 0 || len(real.did) != real.items {
		return false
	}
	m.compare(rows, p, real, r)
	return true
}

// propose draws settings that were not in force before.
func (m *model) propose() {
	m.settings.Scope = nil
	for _, u := range alive(m.units)[1:] {
		if rapid.IntRange(0, 2).Draw(m.T, "proposed") > 0 {
			m.settings.Scope = append(m.settings.Scope, u.guid)
		}
	}
	m.settings.Incomplete = rapid.SampledFrom([]control.Incomplete{control.IncompleteHalt, control.IncompleteSkip}).Draw(m.T, "incomplete")
	limit := func(what string) control.Limit { return control.Limit{Number: rapid.IntRange(0, 4).Draw(m.T, what)} }
	m.settings.Guard = control.Guard{Users: limit("users"), Groups: limit("groups"), Memberships: limit("memberships")}
	m.note()
}

// preview makes one and reads all its pages.
func (m *model) preview() ([]control.PreviewRow, control.Preview) {
	ctx := context.Background()
	draft, err := m.mirror.Draft(ctx, filepath.Join(m.dir, "preview.db"))
	if err != nil {
		m.Fatal(err)
	}
	read := 0
	s, err := preview.Of(ctx, draft, m.world, m.tenant, m.settings, time.Now, func(n int) { read += n })
	if err != nil {
		m.Fatal(err)
	}
	defer func() {
		if err := s.Discard(); err != nil {
			m.Fatal(err)
		}
	}()
	var rows []control.PreviewRow
	limit := rapid.IntRange(1, 30).Draw(m.T, "rows a page")
	for after := int64(0); ; {
		p, err := s.Page(ctx, after, limit)
		if err != nil {
			m.Fatal(err)
		}
		rows = append(rows, p.Rows...)
		if after = p.Next; after == 0 {
			if len(rows) != p.Total || p.Read != read {
				m.Fatalf("%d rows of %d, %d entries of %d", len(rows), p.Total, p.Read, read)
			}
			return rows, p
		}
	}
}

// compare holds rows and figures to what the cycle did.
func (m *model) compare(rows []control.PreviewRow, p control.Preview, real *recording, r cycle.Result) {
	said, listed := map[directory.GUID]control.Action{}, map[directory.GUID]control.PreviewRow{}
	for _, row := range rows {
		if _, twice := listed[row.GUID]; twice || row.Reason == "" {
			m.Fatalf("twice, or without a reason: %+v", row)
		}
		listed[row.GUID] = row
		if row.Action != control.ActionNothing {
			said[row.GUID] = row.Action
		}
	}
	if diff := cmp.Diff(real.did, said); diff != "" {
		m.Fatalf("the cycle did other things than the preview said (-did +said):\n%s\n%s", diff, describe(rows))
	}
	run, foretold := r.Run, p.Run
	run.Started, run.Finished, foretold.Started, foretold.Finished = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	if diff := cmp.Diff(run, foretold); diff != "" {
		m.Fatalf("the run's figures (-did +said):\n%s", diff)
	}
	if diff := cmp.Diff(numbers(r.Held), numbers(p.Held)); diff != "" {
		m.Fatalf("held (-did +said):\n%s", diff)
	}
	counts, err := m.mirror.Counts(context.Background())
	if err != nil {
		m.Fatal(err)
	}
	if diff := cmp.Diff(counts, p.Counts); diff != "" {
		m.Fatalf("counts afterwards (-did +said):\n%s", diff)
	}
	m.compareLeft(listed, counts, r.Held)
}

// compareLeft holds the rows of those with whom nothing happens to what the mirror says of them afterwards.
func (m *model) compareLeft(listed map[directory.GUID]control.PreviewRow, counts control.Counts, held []control.Held) {
	byReason := map[control.Because]int{}
	for _, row := range listed {
		if row.Action == control.ActionNothing || row.Because == control.BecauseIncomplete {
			byReason[row.Because]++
		}
	}
	if byReason[control.BecauseIncomplete] != counts.Incomplete || byReason[control.BecauseConflict] < counts.Conflicts || byReason[control.BecauseWaiting] != counts.Waiting {
		m.Fatalf("left out: %v, but the agent counts %+v", byReason, counts)
	}
	inHold := numbers(held)[control.RemoveUsers][0] + numbers(held)[control.RemoveGroups][0]
	if byReason[control.BecauseHeld] != inHold {
		m.Fatalf("held: %v, but the agent holds %d", byReason, inHold)
	}
	ctx := context.Background()
	for guid, row := range listed {
		found, _, err := m.mirror.Find(ctx, mirror.Question{GUID: guid}, 1)
		if err != nil || len(found) != 1 {
			m.Fatalf("%s: %v %v", row.Name, found, err)
		}
		if k := found[0]; k.Todo == plan.Nothing && k.Flag == plan.Clear && !k.Added && row.Action == control.ActionNothing {
			if _, because := (explain.View{Now: time.Now()}).Action(k); because != row.Because || because == "" {
				m.Fatalf("%s: the preview says %q, the explanation %q", row.Name, row.Because, because)
			}
		}
	}
}

// numbers leaves out what names a set of removals: the copy's is its own.
func numbers(all []control.Held) map[control.RemovalKind][2]int {
	kinds := map[control.RemovalKind][2]int{}
	for _, h := range all {
		kinds[h.Kind] = [2]int{h.Count, h.Allowed}
	}
	return kinds
}

func describe(rows []control.PreviewRow) (text string) {
	for _, row := range rows {
		text += fmt.Sprintf("%s: %s %s %s\n", row.Name, row.Action, row.Because, row.Reason)
	}
	return text
}

// recording is a tenant that keeps what it was sent of each entry.
type recording struct {
	*fakeTenant
	mu    sync.Mutex
	did   map[directory.GUID]control.Action
	items int
}

func (r *recording) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	r.mu.Lock()
	for _, i := range items {
		r.items++
		r.did[i.GUID] = explain.Named(i.Todo, i.Kind == directory.KindUser && i.Active && !i.Was)
	}
	r.mu.Unlock()
	return r.fakeTenant.Send(ctx, items)
}

func TestPreviewOfAnotherScopeShowsWhoWouldGo(t *testing.T) {
	s := newScene(t)
	s.user("ann", s.sales)
	off := s.user("off", s.sales)
	s.world.set(off, directory.UserAccountControl, "514")
	s.user("zed", s.attic)
	half := s.user("half", s.attic)
	s.world.set(half, directory.Mail, "")
	s.user("late", s.attic)
	team := s.world.create(directory.KindGroup, s.sales.guid, "team")
	s.world.link(team, s.entry("ann").guid, true)
	s.sync()
	s.settings.Scope = []directory.GUID{s.attic.guid}
	got := map[string]string{}
	draft, err := s.mirror.Draft(t.Context(), s.path+".draft")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := preview.Of(t.Context(), draft, s.world, s.tenant, s.settings, func() time.Time { return s.clock }, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	p, err := snapshot.Page(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range p.Rows {
		got[row.Name] = string(row.Action) + "; " + row.Reason
	}
	want := map[string]string{
		"ann":  "disable; Is disabled: Sales is not in a chosen unit.",
		"team": "remove; Is removed: Sales is not in a chosen unit.",
		"zed":  "add; Is added.",
		"half": "nothing; Is not added: no e-mail.",
		"late": "nothing; Is not added: half in Attic halts additions (no e-mail).",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if p.Run.UsersAdded != 1 || p.Run.UsersDisabled != 1 || p.Run.GroupsRemoved != 1 || p.Counts.Incomplete != 1 || p.Counts.Waiting != 1 {
		t.Errorf("figures: got %+v %+v", p.Run, p.Counts)
	}
	if err := snapshot.Discard(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		names[f.Name()] = true
	}
	if left := slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool { return name[:min(9, len(name))] == "mirror.db" && len(name) <= 13 }); len(left) > 0 {
		t.Errorf("the preview left %v", left)
	}
	s.wantActive("ann")
}
