package ad

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"passlysync/pkg/directory"
)

// A cursor's opaque part is four bytes that stand for the shape of the request (attributes, filter, flags), then the
// server's cookie. A cookie says nothing of an attribute that was not asked for before, and one got with fewer rights
// says nothing of what more rights would show.

func (s *session) cursor(cookie []byte) directory.Cursor {
	return directory.Cursor{
		Opaque: append(s.shape(), cookie...),
		Domain: s.domain.GUID, Server: s.domain.Server, Invocation: s.domain.Invocation,
	}
}

// cookie takes the server's cookie out of a cursor, when the cursor is for this domain, database and request. The
// server would not notice: a cookie of another domain is answered with everything, as if it were the first.
func (s *session) cookie(c directory.Cursor) ([]byte, error) {
	if c.IsZero() {
		return nil, nil
	}
	shape := s.shape()
	switch {
	case c.Domain != s.domain.GUID:
		return nil, fmt.Errorf("%w: it is of another domain", directory.ErrCursorRefused)
	case c.Invocation != s.domain.Invocation:
		return nil, fmt.Errorf("%w: it is of another server, or of this one before it was restored", directory.ErrCursorRefused)
	case len(c.Opaque) <= len(shape) || string(c.Opaque[:len(shape)]) != string(shape):
		return nil, fmt.Errorf("%w: it was made for another request or other rights", directory.ErrCursorRefused)
	}
	return c.Opaque[len(shape):], nil
}

func (s *session) shape() []byte {
	h := fnv.New32a()
	fmt.Fprint(h, requested(), passFilter, s.flags())
	return binary.BigEndian.AppendUint32(nil, h.Sum32())
}
