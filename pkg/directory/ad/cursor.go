package ad

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"passlysync/pkg/directory"
)

// A cursor's opaque part is four bytes for the shape of the request (attributes, filter, way of reading, rights), four that sum
// up the cookie, and the cookie: the server's own, or a usnCookie. A cookie says nothing of an attribute that was not asked for
// before, and one got with fewer rights says nothing of what more rights would show; a damaged one may be answered as if it
// were none.
const cookieAt = 8

func (s *session) cursor(cookie []byte) directory.Cursor {
	opaque := make([]byte, 0, cookieAt+len(cookie))
	opaque = binary.BigEndian.AppendUint32(opaque, s.shape())
	opaque = binary.BigEndian.AppendUint32(opaque, crc32.ChecksumIEEE(cookie))
	return directory.Cursor{
		Opaque: append(opaque, cookie...),
		Domain: s.domain.GUID, Server: s.domain.Server, Invocation: s.domain.Invocation,
	}
}

// cookie takes the server's cookie out of a cursor, when the cursor is for this domain and request. The server would not
// notice: a cookie of another domain is answered with everything, as if it were the first. One of another domain controller
// of the same domain counts: it says, for every one of them, up to which of its changes was read (MS-ADTS 3.1.1.3.4.1.3), so
// that a controller which lags behind reports nothing older. A USN says that of one controller only:
// see otherController.
func (s *session) cookie(c directory.Cursor) ([]byte, error) {
	if c.IsZero() {
		return nil, nil
	}
	switch {
	case c.Domain != s.domain.GUID:
		return nil, refused("it is of another domain")
	case c.Server == s.domain.Server && c.Invocation != s.domain.Invocation:
		return nil, refused("it is of this server before it was restored")
	case len(c.Opaque) <= cookieAt:
		return nil, refused("it is cut off")
	case binary.BigEndian.Uint32(c.Opaque) != s.shape():
		return nil, refused("it was made for another request or other rights")
	case binary.BigEndian.Uint32(c.Opaque[4:]) != crc32.ChecksumIEEE(c.Opaque[cookieAt:]):
		return nil, refused("it is damaged")
	}
	return c.Opaque[cookieAt:], nil
}

func refused(why string) error { return fmt.Errorf("%w: %s", directory.ErrCursorRefused, why) }

func (s *session) shape() uint32 {
	return crc32.ChecksumIEEE(fmt.Append(nil, requested(), passFilter, s.flags(), s.domain.ByUSN, s.domain.SeesDeleted))
}
