package adtest

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// client is one connection.
type client struct {
	server    *Server
	at        *Controller // nil: the first
	transport net.Conn
	conn      net.Conn // under TLS, once it is
	secure    bool
	bound     bool

	mu  sync.Mutex // one answer at a time
	out *bufio.Writer
}

// accept takes connections at a controller; nil: the first.
func (s *Server) accept(at *Controller) {
	defer s.done.Done()
	listener := s.listener
	if at != nil {
		listener = at.listener
	}
	for {
		transport, err := listener.Accept()
		if err != nil {
			return
		}
		c := &client{server: s, at: at, transport: transport, conn: transport}
		if !s.admit(c) {
			_ = transport.Close()
			continue
		}
		go func() {
			defer s.done.Done()
			c.serve()
		}()
	}
}

func (s *Server) admit(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.faults.Refuse && c.at == nil {
		return false
	}
	s.clients[c] = true
	s.done.Add(1)
	return true
}

// serve answers requests until the connection ends.
func (c *client) serve() {
	defer c.leave()
	in := bufio.NewReader(c.transport)
	if first, err := in.Peek(1); err != nil {
		return
	} else if first[0] == 0x16 { // a TLS handshake: LDAPS
		c.startTLS(in)
		in = bufio.NewReader(c.conn)
	}
	c.out = bufio.NewWriterSize(c.conn, 64<<10)
	for {
		message, err := ber.ReadPacket(in)
		if err != nil {
			return
		}
		f := c.server.faulty()
		if f.Hang {
			continue
		}
		time.Sleep(f.Delay)
		upgrade, goOn := c.request(message)
		if !goOn {
			return
		}
		if upgrade {
			c.startTLS(in)
			in, c.out = bufio.NewReader(c.conn), bufio.NewWriterSize(c.conn, 64<<10)
		}
	}
}

// startTLS puts TLS on the transport; what in has read already belongs to it.
func (c *client) startTLS(in *bufio.Reader) {
	c.conn, c.secure = tls.Server(buffered{c.transport, in}, c.server.tls), true
}

// buffered is a connection of which a reader has taken some bytes.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

func (c *client) leave() {
	_ = c.transport.Close()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.clients, c)
	for w := range c.server.watchers {
		if w.client == c {
			delete(c.server.watchers, w)
			close(w.wake)
		}
	}
}

// request answers one message. It says whether TLS begins now, and whether the connection goes on.
func (c *client) request(message *ber.Packet) (upgrade, goOn bool) {
	id, op := number(child(message, 0)), child(message, 1)
	switch op.Tag {
	case 0: // bind
		return false, c.bind(id, op)
	case 2: // unbind
		return false, false
	case 3: // search
		return false, c.search(id, op, child(message, 2))
	case 16: // abandon
		return false, true
	case 23: // extended
		return c.extended(id, op)
	}
	return false, c.done(id, int(op.Tag)+1, 53, "00002035: this directory in a test has no such operation") == nil
}

// extended knows StartTLS only (RFC 4511 §4.14).
func (c *client) extended(id int64, op *ber.Packet) (upgrade, goOn bool) {
	if text(child(op, 0)) != "1.3.6.1.4.1.1466.20037" || c.secure {
		return false, c.done(id, opExtendedResponse&0x1f, 2, "unknown extended operation") == nil
	}
	return true, c.done(id, opExtendedResponse&0x1f, 0, "") == nil
}

// done sends a final response without controls. op is the number of the operation's application tag.
func (c *client) done(id int64, op, code int, text string) error {
	var p packet
	outer, inner := p.message(id, 0x60|byte(op))
	p.result(code, text)
	p.close(inner)
	p.close(outer)
	return c.send(p.b)
}

// send writes whole messages and flushes them.
func (c *client) send(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.out.Write(b); err != nil {
		return err
	}
	return c.out.Flush()
}
