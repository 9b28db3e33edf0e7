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

// answer makes one request and hands on its entries while they come: the server sends everything in one answer when it
// is Samba, and decoding must overlap with what the caller does.
func (p *pass) answer(ctx context.Context, cookie []byte) (more bool, next []byte, err error) {
	err = handOn(ctx, func(ctx context.Context, pages chan<- []directory.Entry) (err error) {
		more, next, err = p.receive(ctx, cookie, pages)
		return err
	}, func(page []directory.Entry) error { return p.hand(directory.Page{Entries: page}) })
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
		err := put(ctx, pages, batch.entries)
		batch = newBatch(true)
		return err
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
