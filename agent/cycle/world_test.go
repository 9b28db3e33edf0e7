package cycle_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"passlysync/pkg/directory"
)

// world is a directory in memory with a history, and its reader. It knows nothing of the engine: only what
// package directory promises.
type world struct {
	usn     int64
	entries map[directory.GUID]*thing
	order   []directory.GUID // creation
	// faults of the next read
	cutAfter int // entries until the connection breaks; -1: never
	refuse   bool
	pageSize int
	way
	busy bool // a call is under way
}

// call holds the engine to one call at a time.
func (w *world) call() func() {
	if w.busy {
		panic("a reader takes one call at a time")
	}
	w.busy = true
	return func() { w.busy = false }
}

// thing is one entry; each fact with the usn of its last change.
type thing struct {
	guid      directory.GUID
	kind      directory.Kind
	created   int64
	parent    stamped[directory.GUID]
	name      stamped[string]
	deleted   stamped[bool]
	restored  int64 // usn of its restoration
	attrs     map[string]stamped[string]
	members   map[directory.GUID]stamped[bool]
	lastTouch int64
}

type stamped[T any] struct {
	value T
	usn   int64
}

func newWorld() *world {
	w := &world{entries: map[directory.GUID]*thing{}, cutAfter: -1, pageSize: 3, way: way{closesAfter: -1}}
	w.create(directory.KindUnit, directory.GUID{}, "example.test")
	return w
}

func (w *world) root() directory.GUID { return w.order[0] }

func (w *world) touch(t *thing) int64 {
	w.usn++
	t.lastTouch = w.usn
	return w.usn
}

func (w *world) create(kind directory.Kind, parent directory.GUID, name string) *thing {
	t := &thing{kind: kind, attrs: map[string]stamped[string]{}, members: map[directory.GUID]stamped[bool]{}}
	binary.BigEndian.PutUint64(t.guid[8:], uint64(len(w.order)+1))
	n := w.touch(t)
	t.created = n
	t.parent, t.name = stamped[directory.GUID]{parent, n}, stamped[string]{name, n}
	w.entries[t.guid] = t
	w.order = append(w.order, t.guid)
	return t
}

func (w *world) set(t *thing, name, value string) {
	t.attrs[name] = stamped[string]{value, w.touch(t)}
}

func (w *world) move(t *thing, parent directory.GUID) {
	t.parent = stamped[directory.GUID]{parent, w.touch(t)}
}

func (w *world) rename(t *thing, name string) { t.name = stamped[string]{name, w.touch(t)} }

// remove makes a tombstone: attributes are lost, and so are the links to and from it, without the groups being reported.
func (w *world) remove(t *thing) {
	t.deleted = stamped[bool]{true, w.touch(t)}
	t.attrs = map[string]stamped[string]{}
	t.members = map[directory.GUID]stamped[bool]{}
	for _, other := range w.entries {
		delete(other.members, t.guid)
	}
}

// restore brings a tombstone back, with new attributes and in no group.
func (w *world) restore(t *thing) {
	n := w.touch(t)
	t.deleted, t.restored = stamped[bool]{false, n}, n
	t.parent.usn, t.name.usn = n, n
}

// groupsOf gives who has the entry as a member.
func (w *world) groupsOf(member directory.GUID) (groups []directory.GUID) {
	for guid, t := range w.entries {
		if t.members[member].value && !t.deleted.value {
			groups = append(groups, guid)
		}
	}
	return groups
}

func (w *world) link(group *thing, member directory.GUID, there bool) {
	if old, known := group.members[member]; known && old.value == there || !known && !there {
		return
	}
	group.members[member] = stamped[bool]{there, w.touch(group)}
}

// report tells what changed of t since the cursor, or all of it.
func (w *world) report(t *thing, since int64) directory.Entry {
	if t.deleted.value {
		return directory.Entry{GUID: t.guid, Kind: t.kind, Deleted: true}
	}
	e := directory.Entry{GUID: t.guid}
	if since > 0 && t.restored > since {
		e.Restored, e.Groups, since = true, w.groupsOf(t.guid), 0
	}
	e.Whole = since == 0
	if t.created > since {
		e.Kind = t.kind
	}
	if t.parent.usn > since {
		e.Parent = t.parent.value
	}
	if t.name.usn > since || t.parent.usn > since {
		e.Name = t.name.value
	}
	for _, name := range slices.Sorted(maps.Keys(t.attrs)) {
		if a := t.attrs[name]; a.usn > since && (since > 0 || a.value != "") {
			e.Attributes = append(e.Attributes, directory.Attribute{Name: name, Value: a.value})
		}
	}
	e.MembersWhole = since == 0 && t.kind == directory.KindGroup
	for guid, link := range t.members {
		switch {
		case link.usn <= since:
		case link.value:
			e.Members = append(e.Members, guid)
		case since > 0:
			e.MembersGone = append(e.MembersGone, guid)
		}
	}
	return e
}

var errCut = errors.New("the connection broke")

// Read implements directory.Reader: everything touched since the cursor, by usn, in small pages.
func (w *world) Read(_ context.Context, c directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	defer w.call()()
	if w.refuse && !c.IsZero() {
		w.refuse = false
		return directory.Pass{}, fmt.Errorf("pass: %w", directory.ErrCursorRefused)
	}
	since, err := w.since(c)
	if err != nil {
		return directory.Pass{}, err
	}
	count, err := w.tell(since, yield)
	if errors.Is(err, errClosed) && since == 0 {
		count, err = w.tell(0, yield)
	}
	w.cutAfter, w.closesAfter = -1, -1
	if err != nil {
		return directory.Pass{}, err
	}
	return directory.Pass{Cursor: w.cursor(), Full: since == 0, Entries: count}, nil
}

// tell hands on what was touched, until something goes wrong.
func (w *world) tell(since int64, yield func(directory.Page) error) (count int, err error) {
	changed := w.touched(since)
	for part := range slices.Chunk(changed, w.pageSize) {
		var page directory.Page
		for _, t := range part {
			if w.cutAfter == 0 {
				return 0, errCut
			}
			if err := w.closes(); err != nil {
				return 0, err
			}
			w.cutAfter--
			page.Entries = append(page.Entries, w.inWay(t, since))
		}
		if err := yield(page); err != nil {
			return 0, err
		}
	}
	return len(changed), nil
}

func (w *world) touched(since int64) (changed []*thing) {
	for _, t := range w.entries {
		if t.lastTouch > since && w.shows(t, since) {
			changed = append(changed, t)
		}
	}
	slices.SortFunc(changed, func(a, b *thing) int { return int(a.lastTouch - b.lastTouch) })
	return changed
}

// Units implements directory.Reader.
func (w *world) Units(context.Context) ([]directory.Entry, error) {
	defer w.call()()
	var units []directory.Entry
	for _, guid := range w.order {
		if t := w.entries[guid]; t.kind == directory.KindUnit && !t.deleted.value {
			units = append(units, w.report(t, 0))
		}
	}
	return units, nil
}

// Fetch implements directory.Reader.
func (w *world) Fetch(_ context.Context, ids []directory.GUID) ([]directory.Entry, error) {
	defer w.call()()
	var found []directory.Entry
	for _, guid := range ids {
		if t, ok := w.entries[guid]; ok && !t.deleted.value {
			found = append(found, w.report(t, 0))
		}
	}
	return found, nil
}

// Find implements directory.Reader.
func (w *world) Find(_ context.Context, text string, limit int) (found []directory.Entry, err error) {
	for _, guid := range w.order {
		if t := w.entries[guid]; !t.deleted.value && t.kind != directory.KindUnit && strings.HasPrefix(t.name.value, text) && len(found) < limit {
			found = append(found, w.report(t, 0))
		}
	}
	return found, nil
}

// Domain implements directory.Reader.
func (w *world) Domain(context.Context) (directory.Domain, error) {
	return directory.Domain{GUID: w.root(), Name: "example.test", Server: "dc1", SeesDeleted: !w.blind, Replicates: !w.byUSN, ByUSN: w.byUSN}, nil
}

// Close implements directory.Reader.
func (w *world) Close() error { return nil }

// The projection: what the tenant should hold, by DESIGN's rules, computed from the directory alone.

func (w *world) inside(t *thing, scope []directory.GUID) bool {
	for at := t.parent.value; at != (directory.GUID{}); at = w.entries[at].parent.value {
		if w.entries[at].deleted.value {
			return false
		}
		if slices.Contains(scope, at) {
			return true
		}
	}
	return false
}

func (w *world) enabled(t *thing) bool {
	control, _ := strconv.ParseInt(t.attrs[directory.UserAccountControl].value, 10, 64)
	return !t.deleted.value && control&2 == 0
}

func (t *thing) complete() bool {
	for _, name := range []string{directory.GivenName, directory.Surname, directory.Mail, directory.UserPrincipalName} {
		if t.attrs[name].value == "" {
			return false
		}
	}
	return true
}

// wants says that the user should be active in the tenant, conflicts aside.
func (w *world) wants(t *thing, scope []directory.GUID) bool {
	return t.kind == directory.KindUser && !t.deleted.value && w.inside(t, scope) && w.enabled(t)
}
