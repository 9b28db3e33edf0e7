package directorytest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
)

// object is a live entry as the mirror knows it.
type object struct {
	Kind       directory.Kind
	Name       string
	Parent     directory.GUID
	Attributes map[string]string
	Members    map[directory.GUID]bool
}

// mirror applies passes by the rules of package directory.
type mirror struct {
	reader  directory.Reader
	objects map[directory.GUID]*object
	cursor  directory.Cursor
	last    []directory.Entry // of the last pass
}

// refresh makes a pass from where the last one ended.
func (m *mirror) refresh(t *testing.T) {
	t.Helper()
	full := m.cursor.IsZero()
	if full {
		m.objects = map[directory.GUID]*object{}
	}
	m.last = nil
	pass, err := m.reader.Read(t.Context(), m.cursor, func(p directory.Page) error {
		for _, e := range p.Entries {
			if full && !e.Whole && !e.Deleted {
				t.Errorf("%s came in a full pass and not whole", e.DN)
			}
			m.apply(t, e)
			m.last = append(m.last, e)
		}
		return nil
	})
	switch {
	case err != nil:
		t.Fatalf("reading: %v", err)
	case pass.Full != full:
		t.Errorf("the pass says full = %v from a cursor where that is %v", pass.Full, full)
	case pass.Cursor.IsZero():
		t.Fatal("a completed pass has no cursor")
	case pass.Entries != len(m.last):
		t.Errorf("the pass counts %d entries, %d came", pass.Entries, len(m.last))
	}
	m.cursor = pass.Cursor
}

func (m *mirror) apply(t *testing.T, e directory.Entry) {
	t.Helper()
	if e.GUID.IsZero() {
		t.Fatalf("%s came without its GUID", e.DN)
	}
	if e.Deleted {
		m.forget(e.GUID)
		return
	}
	o := m.objects[e.GUID]
	if o == nil || e.Whole {
		o = &object{Attributes: map[string]string{}, Members: map[directory.GUID]bool{}}
		m.objects[e.GUID] = o
	}
	if e.Restored {
		m.rejoin(e)
	}
	if e.Kind != "" {
		o.Kind = e.Kind
	}
	if e.Name != "" {
		o.Name = e.Name
	}
	if !e.Parent.IsZero() {
		o.Parent = e.Parent
	}
	for _, a := range e.Attributes {
		if a.Value == "" {
			delete(o.Attributes, a.Name)
			continue
		}
		o.Attributes[a.Name] = a.Value
	}
	if e.MembersWhole {
		clear(o.Members)
	}
	for _, id := range e.Members {
		o.Members[id] = true
	}
	for _, id := range e.MembersGone {
		delete(o.Members, id)
	}
}

// forget removes an object and its memberships: groups of a deleted member are not reported.
func (m *mirror) forget(id directory.GUID) {
	delete(m.objects, id)
	for _, o := range m.objects {
		delete(o.Members, id)
	}
}

// rejoin gives a restored entry the memberships it has now.
func (m *mirror) rejoin(e directory.Entry) {
	for _, o := range m.objects {
		delete(o.Members, e.GUID)
	}
	for _, group := range e.Groups {
		if o := m.objects[group]; o != nil {
			o.Members[e.GUID] = true
		}
	}
}

// check compares the mirror with a full pass.
func (m *mirror) check(t *testing.T, after string) {
	t.Helper()
	fresh := &mirror{reader: m.reader}
	fresh.refresh(t)
	if diff := cmp.Diff(fresh.objects, m.objects); diff != "" {
		t.Fatalf("after %s the mirror differs from a full pass (-full +mirror):\n%s", after, diff)
	}
}

// step makes a change, reads a delta and checks the mirror.
func (m *mirror) step(t *testing.T, what string, change func(ctx context.Context) error) {
	t.Helper()
	if err := change(t.Context()); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	m.refresh(t)
	m.check(t, what)
}

// only fails unless the last delta was about these entries and no others.
func (m *mirror) only(t *testing.T, what string, ids ...directory.GUID) {
	t.Helper()
	got, want := map[directory.GUID]bool{}, map[directory.GUID]bool{}
	for _, e := range m.last {
		got[e.GUID] = true
	}
	for _, id := range ids {
		want[id] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is reported on (-want +got):\n%s", what, diff)
	}
}
