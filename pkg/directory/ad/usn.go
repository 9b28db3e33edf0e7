package ad

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"passlysync/pkg/directory"
)

// Reading without DirSync. A domain controller numbers the changes it writes, and stamps each object with the number of its
// last one, uSNChanged (MS-ADTS 3.1.1.1.9). A full pass reads every object by a paged search; a delta those whose
// number is above the mark that the last pass began at, tombstones among them.
//
// The mark is highestCommittedUSN of the root DSE, read before the pass: no transaction below it is open, on Windows by its
// definition, on Samba since one writes at a time. So nothing becomes visible behind it, and no overlap is needed; what is
// written while a pass runs has a higher number, and comes with the next one though it may have come already.
//
// A full pass concludes from absence. An object that moves in the server's index while that is gone through page by page may
// be passed over, so a full pass ends by reading what changed since it began.

// usnCookie is what a cursor holds here: up to which number the changes were read, the highest number of an object that came, and
// when that was, in unix seconds.
type usnCookie struct{ mark, seen, at int64 }

func (c usnCookie) bytes() (b []byte) {
	for _, n := range []int64{c.mark, c.seen, c.at} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func usnCookieFrom(b []byte) (c usnCookie, err error) {
	if len(b) != 3*8 {
		return c, refused("it is no USN")
	}
	for i, n := range []*int64{&c.mark, &c.seen, &c.at} {
		*n = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	return c, nil
}

// readByUSN makes one pass.
func (s *session) readByUSN(ctx context.Context, c directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	before, err := s.before(ctx, c)
	if err != nil {
		return directory.Pass{}, err
	}
	mark, err := s.committed(ctx)
	if err != nil {
		return directory.Pass{}, err
	}
	if mark < before.mark {
		return directory.Pass{}, refused("the domain controller's numbers went back, as of one that was put back to an older copy")
	}
	w := &walk{session: s, full: c.IsZero(), yield: yield, seen: before.seen}
	since := before.mark
	if w.full {
		if err = w.everything(ctx); err == nil {
			since = mark
			mark, err = s.committed(ctx)
		}
	}
	if err == nil && mark > since {
		err = w.changes(ctx, since)
	}
	if err != nil {
		return directory.Pass{}, err
	}
	end := usnCookie{mark: mark, seen: w.seen, at: time.Now().Unix()}
	return directory.Pass{Cursor: s.cursor(end.bytes()), Full: w.full, Entries: w.entries}, nil
}

// before takes what a cursor holds out of it.
func (s *session) before(ctx context.Context, c directory.Cursor) (usnCookie, error) {
	if c.IsZero() {
		return usnCookie{}, nil
	}
	cookie, err := s.cookie(c)
	if err != nil {
		return usnCookie{}, err
	}
	before, err := usnCookieFrom(cookie)
	if err == nil && (c.Server != s.domain.Server || c.Invocation != s.domain.Invocation) {
		err = s.otherController(ctx, c.Invocation, before)
	}
	return before, err
}

// committed reads the number of the last change that the server committed.
func (s *session) committed(ctx context.Context) (int64, error) {
	root, err := s.one(ctx, "", rootCommitted)
	if err != nil {
		return 0, err
	}
	usn, err := strconv.ParseInt(root[rootCommitted], 10, 64)
	if err != nil || usn <= 0 {
		return 0, wrong("%s is %q", rootCommitted, root[rootCommitted])
	}
	return usn, nil
}
