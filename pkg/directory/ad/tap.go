package ad

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// maxMessage bounds one LDAP message. A group of a million members in one entry stays below it.
const maxMessage = 256 << 20

// sink takes the search result entries of one operation: the content of the SearchResultEntry, valid during the call.
type sink func(entry []byte) error

// tap is the transport below a go-ldap connection. It hands search result entries to the sink of the running
// operation, undecoded, and all else to go-ldap: requests, results, controls and errors stay the library's business,
// and its 24 µs and 20 kB an entry are not paid. It also watches for a server that has fallen silent.
type tap struct {
	net.Conn
	in      *bufio.Reader
	pending []byte // of a message that go-ldap is reading
	message []byte // reused
	sink    atomic.Pointer[sink]
	silence atomic.Int64 // longest time without a byte; 0 for ever
	failure atomic.Pointer[error]
	wrote   atomic.Pointer[func()]
	secrets standIns
}

func newTap(conn net.Conn) *tap {
	return &tap{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
}

// Read gives go-ldap the next bytes that are for it.
func (t *tap) Read(p []byte) (int, error) {
	for len(t.pending) == 0 {
		if err := t.next(); err != nil {
			t.failure.CompareAndSwap(nil, &err)
			return 0, err
		}
	}
	n := copy(p, t.pending)
	t.pending = t.pending[n:]
	return n, nil
}

// Write passes a request on, with the passwords that belong into it, and says so.
func (t *tap) Write(p []byte) (int, error) {
	n, err := t.secrets.send(p, t.Conn.Write)
	if told := t.wrote.Swap(nil); told != nil {
		(*told)()
	}
	return n, err
}

// onWrite calls told once, when the next request has been written.
func (t *tap) onWrite(told func()) { t.wrote.Store(&told) }

// next reads one message and gives it to whom it is for.
func (t *tap) next() error {
	if err := t.fill(); err != nil {
		return err
	}
	to := t.sink.Load()
	if to == nil {
		t.pending = t.message
		return nil
	}
	tag, content, err := operation(t.message)
	if err != nil {
		return err
	}
	switch tag {
	case tagSearchEntry:
		return (*to)(content)
	case tagSearchRef: // another domain's naming context: not ours to read
		return nil
	}
	t.pending = t.message
	return nil
}

// fill reads one whole message into t.message.
func (t *tap) fill() error {
	length, err := t.peekLength()
	if err != nil {
		return err
	}
	if length > maxMessage {
		return fmt.Errorf("the directory announces a message of %d bytes, the limit is %d", length, maxMessage)
	}
	t.message = t.message[:0]
	for len(t.message) < length { // grows with what really comes, not with what was announced
		step := min(length-len(t.message), 1<<20)
		t.message = append(t.message, make([]byte, step)...)
		if err := t.readFull(t.message[len(t.message)-step:]); err != nil {
			return err
		}
	}
	return nil
}

// peekLength gives the whole length of the message that comes next.
func (t *tap) peekLength() (int, error) {
	for size := 2; ; size++ {
		t.awaitBytes()
		b, err := t.in.Peek(size)
		if err != nil {
			return 0, err
		}
		if b[0] != tagSequence {
			return 0, fmt.Errorf("what the directory sends is no LDAP: a message begins with %#x", b[0])
		}
		if head, length, ok := header(b); ok {
			return head + length, nil
		}
		if size == 6 {
			return 0, errTruncated
		}
	}
}

func (t *tap) readFull(p []byte) error {
	for len(p) > 0 {
		t.awaitBytes()
		n, err := t.in.Read(p)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		p = p[n:]
	}
	return nil
}

// awaitBytes starts the watchdog when the next read will have to wait for the server.
func (t *tap) awaitBytes() {
	if t.in.Buffered() > 0 {
		return
	}
	var deadline time.Time
	if limit := t.silence.Load(); limit > 0 {
		deadline = time.Now().Add(time.Duration(limit))
	}
	_ = t.SetReadDeadline(deadline) // an error shows in the read that follows
}

// operation gives the protocol operation of an LDAP message (RFC 4511 §4.1.1).
func operation(message []byte) (tag byte, content []byte, err error) {
	body, _, err := expect(tagSequence, message)
	if err != nil {
		return 0, nil, err
	}
	if _, body, err = expect(tagInteger, body); err != nil {
		return 0, nil, err
	}
	tag, content, _, err = element(body)
	return tag, content, err
}
