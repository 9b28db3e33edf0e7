package directorytest

import (
	"errors"
	"fmt"
	"testing"

	"passlysync/pkg/directory"
)

// testUnits holds Units to parents before children, and to all of them.
func testUnits(t *testing.T, d Directory, r Reader) {
	ctx := t.Context()
	top := must(d.AddUnit(ctx, d.Root(), "Units top"))(t)
	later := must(d.AddUnit(ctx, d.Root(), "Units later"))(t)
	below := must(d.AddUnit(ctx, top, "Units below"))(t)
	if err := d.Move(ctx, top, later); err != nil { // a parent that is younger than its child
		t.Fatal(err)
	}
	units := must(r.Units(ctx))(t)
	known := map[directory.GUID]directory.Entry{}
	for _, u := range units {
		if u.Kind != directory.KindUnit || !u.Whole || u.Name == "" {
			t.Errorf("a unit is whole and has a name, got %+v", u)
		}
		if _, before := known[u.Parent]; !before && u.GUID != d.Root() {
			t.Errorf("%s came before its parent", u.DN)
		}
		known[u.GUID] = u
	}
	for id, parent := range map[directory.GUID]directory.GUID{top: later, later: d.Root(), below: top, d.Root(): {}} {
		if got, there := known[id]; !there || got.Parent != parent {
			t.Errorf("unit %s: there %v below %s, want below %s", id, there, got.Parent, parent)
		}
	}
}

// testFetch holds Fetch to whole entries of what there is, and to nothing of what there is not.
func testFetch(t *testing.T, d Directory, r Reader) {
	ctx := t.Context()
	unit := must(d.AddUnit(ctx, d.Root(), "Fetch"))(t)
	gone := must(d.AddUser(ctx, unit, "Gone"))(t)
	var ids []directory.GUID
	for i := range 120 { // more than one request's worth
		ids = append(ids, must(d.AddUser(ctx, unit, fmt.Sprintf("Person %d", i), set(directory.Surname, fmt.Sprint(i))))(t))
	}
	group := must(d.AddGroup(ctx, unit, "Fetch group", ids...))(t)
	if err := d.Delete(ctx, gone); err != nil {
		t.Fatal(err)
	}
	asked := append([]directory.GUID{gone, {1, 2, 3}, group, unit}, ids...)
	got := map[directory.GUID]directory.Entry{}
	for _, e := range must(r.Fetch(ctx, asked))(t) {
		if !e.Whole {
			t.Errorf("%s was fetched and is not whole", e.DN)
		}
		got[e.GUID] = e
	}
	if want := len(asked) - 2; len(got) != want {
		t.Errorf("got %d entries, want %d", len(got), want)
	}
	if n := len(got[group].Members); n != len(ids) || !got[group].MembersWhole {
		t.Errorf("got %d members, want %d", n, len(ids))
	}
	if got[unit].Kind != directory.KindUnit || got[ids[7]].Kind != directory.KindUser || got[ids[7]].Parent != unit {
		t.Errorf("got %+v and %+v", got[unit], got[ids[7]])
	}
	if none := must(r.Fetch(ctx, nil))(t); len(none) != 0 {
		t.Errorf("got %d entries for no question", len(none))
	}
}

// testCursors holds Read to refusing what is not its own.
func testCursors(t *testing.T, _ Directory, r Reader) {
	m := &mirror{reader: r}
	m.refresh(t)
	domain := must(r.Domain(t.Context()))(t)
	if m.cursor.Domain != domain.GUID || m.cursor.Invocation != domain.Invocation {
		t.Error("the cursor does not say where it is from")
	}
	for name, spoil := range map[string]func(*directory.Cursor){
		"another domain":   func(c *directory.Cursor) { c.Domain[0] ^= 1 },
		"another database": func(c *directory.Cursor) { c.Invocation[0] ^= 1 },
		"cut off":          func(c *directory.Cursor) { c.Opaque = c.Opaque[:len(c.Opaque)/2] },
		"cut to a stump":   func(c *directory.Cursor) { c.Opaque = c.Opaque[:1] },
		"first byte":       func(c *directory.Cursor) { c.Opaque[0] ^= 0x10 },
		"last byte":        func(c *directory.Cursor) { c.Opaque[len(c.Opaque)-1] ^= 0x10 },
		"something else":   func(c *directory.Cursor) { c.Opaque = []byte("no cursor at all, but rather long") },
	} {
		t.Run(name, func(t *testing.T) {
			c := m.cursor
			c.Opaque = append([]byte{}, c.Opaque...)
			spoil(&c)
			_, err := r.Read(t.Context(), c, func(directory.Page) error { return nil })
			if !errors.Is(err, directory.ErrCursorRefused) {
				t.Errorf("got %v, want a refused cursor", err)
			}
		})
	}
	m.refresh(t) // the reader still works
}

// must gives a value, or ends the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
