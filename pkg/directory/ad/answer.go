package ad

import (
	"context"

	"passlysync/pkg/directory"
)

// pageSize is how many entries are handed on at once.
const pageSize = 500

// pass is one read in progress.
type pass struct {
	*session
	full    bool
	yield   func(directory.Page) error
	entries int
	// again are entries that must be read anew because what DirSync said of them is not enough to judge them.
	again []reread
	// parts are the entries that came without saying what they are, and may yet do so.
	parts map[directory.GUID]bool
}

// reread is an entry to fetch at the end of an answer; what was said of it counts when it cannot be fetched.
type reread struct {
	said     directory.Entry
	restored bool
}

// answer makes one request and hands on its entries while they come: the server sends everything in one answer when it
// is Samba, and decoding must overlap with what the caller does.
func (p *pass) answer(ctx context.Context, cookie []byte) (more bool, next []byte, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan []directory.Entry, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(pages)
		var err error
		more, next, err = p.receive(ctx, cookie, pages)
		failed <- err
	}()
	for page := range pages {
		if err == nil {
			if err = p.hand(directory.Page{Entries: page}); err != nil {
				cancel()
			}
		}
	}
	if received := <-failed; err == nil {
		err = received
	}
	if err != nil {
		return false, nil, err
	}
	return more, next, p.finish(ctx, more, next)
}

// hand gives one page to the caller.
func (p *pass) hand(page directory.Page) error {
	p.entries += len(page.Entries)
	return p.yield(page)
}

// finish rereads what has to be, and gives the place to resume at where the pass goes on.
func (p *pass) finish(ctx context.Context, more bool, next []byte) error {
	entries, err := p.readAgain(ctx)
	if err != nil {
		return err
	}
	page := directory.Page{Entries: entries}
	if more {
		page.Cursor = p.cursor(next)
	} else if len(entries) == 0 {
		return nil
	}
	return p.hand(page)
}

// receive runs the request, and gives what its final response says.
func (p *pass) receive(ctx context.Context, cookie []byte, pages chan<- []directory.Entry) (more bool, next []byte, err error) {
	batch := newBatch(p.full)
	send := func() error {
		select {
		case pages <- batch.entries:
			batch = newBatch(true)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	controls, err := p.search(ctx, dirSync(p.domain.BaseDN, passFilter, p.flags(), cookie), func(message []byte) error {
		e, err := batch.decode(message)
		if err != nil {
			return err
		}
		if err := p.judge(&e, batch); err != nil {
			return err
		}
		if len(batch.entries) == pageSize {
			return send()
		}
		return nil
	})
	if err != nil {
		return false, nil, cookieProblem(cookie, err)
	}
	if more, next, err = finalControl(controls); err != nil {
		return false, nil, err
	}
	if len(batch.entries) > 0 {
		err = send()
	}
	return more, next, err
}

// batch is a page being filled.
type batch struct {
	decoder
	entries []directory.Entry
}

// newBatch makes room for a page at once when many entries will come. A delta is mostly empty.
func newBatch(many bool) *batch {
	b := &batch{decoder: decoder{incremental: true}}
	if many {
		b.room = make([]directory.Attribute, 0, 8*pageSize)
		b.entries = make([]directory.Entry, 0, pageSize)
	}
	return b
}

// judge decides whether what DirSync said of an entry can be handed on or must be read anew.
func (p *pass) judge(e *found, into *batch) error {
	switch {
	case !p.full && e.GUID == p.domain.GUID && e.classSaid:
		return refused("the directory answered it with everything")
	case p.restored(e):
		p.again = append(p.again, reread{e.Entry, true})
		return nil
	case p.doubtful(e):
		p.apart(e)
		p.again = append(p.again, reread{said: e.Entry})
		return nil
	case !e.Deleted && (p.full || e.created()):
		e.Whole, e.MembersWhole = true, true
	default:
		p.apart(e)
	}
	into.entries = append(into.entries, e.Entry)
	return nil
}

// restored reports whether an entry may have been a tombstone and lives again. Windows says that isDeleted is gone;
// Samba says only the name, which a tombstone's differs from, as it does of a move or a rename.
func (p *pass) restored(e *found) bool {
	return !e.Deleted && (e.deletedSaid || !p.full && !e.classSaid && e.Name != "")
}

// doubtful reports whether the entry came in parts, its members are incomplete, or its kind may have changed.
func (p *pass) doubtful(e *found) bool {
	if e.Deleted {
		return false
	}
	inParts := p.full && !e.classSaid || e.classSaid && p.parts[e.GUID]
	return inParts || e.unresolved || e.next > 0 || !e.classSaid && (e.criticalSaid || e.trust)
}

// created reports whether an entry in a delta is new, and so came whole: class, name, place and account name change
// together at no other time.
func (e *found) created() bool {
	return e.classSaid && e.Name != "" && !e.Parent.IsZero() && (e.Kind == directory.KindUnit || e.accountSaid)
}

// apart remembers what came in parts: Windows sends links in an order of their own, and a group that follows its
// members must not pass for a whole one without any.
func (p *pass) apart(e *found) {
	if e.classSaid || !p.full && len(e.Members) == 0 {
		return
	}
	if p.parts == nil {
		p.parts = map[directory.GUID]bool{}
	}
	p.parts[e.GUID] = true
}

// readAgain fetches the entries that the answer was not enough for.
func (p *pass) readAgain(ctx context.Context) ([]directory.Entry, error) {
	if len(p.again) == 0 {
		return nil, nil
	}
	again := p.again
	p.again = nil
	restored := map[directory.GUID]bool{}
	ids := make([]directory.GUID, 0, len(again))
	for _, r := range again {
		ids = append(ids, r.said.GUID)
		restored[r.said.GUID] = restored[r.said.GUID] || r.restored
	}
	entries, err := p.fetch(ctx, dedupe(ids), append(requested(), attrMemberOf))
	if err != nil {
		return nil, err
	}
	fetched := map[directory.GUID]bool{}
	for i := range entries {
		fetched[entries[i].GUID] = true
		if entries[i].Restored = restored[entries[i].GUID]; !entries[i].Restored {
			entries[i].Groups = nil
		}
	}
	for _, r := range again { // deleted meanwhile, or visible to replication only
		if !fetched[r.said.GUID] && !p.full {
			entries = append(entries, r.said)
		}
	}
	return entries, nil
}
