package sasl

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// lengthSize is what stands before each buffer: its length (RFC 4422 §3.7).
const lengthSize = 4

// Conn is a connection of which a layer seals both directions.
type Conn struct {
	net.Conn
	layer Layer

	reading sync.Mutex // guards what follows
	plain   []byte     // opened, not yet given on
	buffer  []byte     // reused
	broken  error      // why nothing more is read

	writing sync.Mutex
	failed  error // why nothing more is written: the server would miss a number in the row
}

// NewConn puts a layer on a connection, on which the server seals whatever it sends from now on.
func NewConn(conn net.Conn, layer Layer) *Conn { return &Conn{Conn: conn, layer: layer} }

// NetConn gives the connection below.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Read gives what the server sealed, and nothing else. After a violation the connection is closed.
func (c *Conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(c.plain) == 0 {
		if c.broken != nil {
			return 0, c.broken
		}
		if err := c.next(); err != nil {
			return 0, c.broke(err)
		}
	}
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

// broke ends the connection where what came cannot be trusted, or is half a buffer of which the rest would be taken for another.
func (c *Conn) broke(err error) error {
	c.broken = err
	if v := (*Violation)(nil); errors.As(err, &v) {
		_ = c.Conn.Close()
	}
	return err
}

// next reads and opens one buffer.
func (c *Conn) next() error {
	var length [lengthSize]byte
	if n, err := io.ReadFull(c.Conn, length[:]); err != nil {
		return cut(n, err)
	}
	size := int64(binary.BigEndian.Uint32(length[:]))
	if size == 0 || size > int64(c.layer.MaxSealed()) {
		return violation("a buffer of %d bytes was announced, where at most %d were agreed on", size, c.layer.MaxSealed())
	}
	if int64(cap(c.buffer)) < size {
		c.buffer = make([]byte, size)
	}
	c.buffer = c.buffer[:size]
	if n, err := io.ReadFull(c.Conn, c.buffer); err != nil {
		return cut(lengthSize+n, err)
	}
	plain, err := c.layer.Unwrap(c.buffer)
	c.plain = plain
	return err
}

// cut tells an end between two buffers, which may be a server's that goes, from one within a buffer.
func cut(read int, err error) error {
	if read > 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return violation("it ended in the middle of a buffer")
	}
	return err
}

// Write seals p, in as many buffers as it takes.
func (c *Conn) Write(p []byte) (written int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for len(p) > 0 && c.failed == nil {
		part := p[:min(len(p), c.layer.MaxPlain())]
		if c.failed = c.send(part); c.failed != nil {
			break
		}
		written += len(part)
		p = p[len(part):]
	}
	return written, c.failed
}

func (c *Conn) send(part []byte) error {
	sealed, err := c.layer.Wrap(part)
	if err != nil {
		return err
	}
	buffer := binary.BigEndian.AppendUint32(make([]byte, 0, lengthSize+len(sealed)), uint32(len(sealed)))
	_, err = c.Conn.Write(append(buffer, sealed...))
	return err
}
