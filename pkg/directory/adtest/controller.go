package adtest

import (
	"net"

	"passlysync/pkg/directory"
)

// Controller is a further domain controller of the same directory, with an address, name and invocationId of its own. What is
// written is there at once, and cookies count at both. Faults are the first one's.
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
