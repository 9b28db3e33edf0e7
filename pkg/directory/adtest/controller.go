package adtest

import (
	"encoding/binary"
	"net"

	"passlysync/pkg/directory"
)

// Controller is a further domain controller of the same directory, with an address, name and invocationId of its own. What is
// written is there at once, unless Faults.Lags says otherwise, and DirSync's cookies count at both. Faults are the first one's.
type Controller struct {
	name       string
	invocation directory.GUID
	listener   net.Listener
}

// Second starts one; it ends with the server.
func (s *Server) Second() (*Controller, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Controller{name: "dc2." + s.options.Domain, invocation: randomGUID(), listener: listener}
	s.mu.Lock()
	s.seconds = append(s.seconds, c)
	s.mu.Unlock()
	s.done.Add(1)
	go s.accept(c)
	return c, nil
}

// URL is its LDAPS address, Name its DNS name.
func (c *Controller) URL() string { return "ldaps://" + c.listener.Addr().String() }

// Name is the DNS name.
func (c *Controller) Name() string { return c.name }

// first is the controller that the server itself is, as it is now.
func (s *Server) first() Controller {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Controller{name: s.host(), invocation: s.invocation, listener: s.listener}
}

// identity is the controller that a client talks to.
func (c *client) identity() Controller {
	if c.at != nil {
		return *c.at
	}
	return c.server.first()
}

// upToDate says up to which uSN the controller has the changes of each other one: replUpToDateVector (MS-DRSR 5.166), version 2.
func (c *client) upToDate() string {
	s, own := c.server, c.identity().invocation
	s.mu.RLock()
	defer s.mu.RUnlock()
	applied := s.usn
	if s.faults.Lags {
		applied = 1
	}
	var rows []byte
	count := uint32(0)
	for _, other := range append([]*Controller{{invocation: s.invocation}}, s.seconds...) {
		if other.invocation != own {
			rows = binary.LittleEndian.AppendUint64(append(rows, other.invocation[:]...), uint64(applied))
			rows = append(rows, make([]byte, 8)...) // when that was
			count++
		}
	}
	head := binary.LittleEndian.AppendUint32(nil, 2)
	head = binary.LittleEndian.AppendUint32(append(head, make([]byte, 4)...), count)
	return string(append(append(head, make([]byte, 4)...), rows...))
}
