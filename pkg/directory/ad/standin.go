package ad

import (
	"bytes"
	"crypto/rand"
	"errors"
	"sync"
)

// standIns keep passwords out of go-ldap, which copies what it encodes many times and wipes nothing. The library is given random
// bytes of the same length, a stand-in, and the tap puts the password in their place as the request is written, into a copy that
// is wiped. A stand-in itself never reaches the server, which would take it for the password: what does not hold all of them, or
// comes when the passwords are gone, is not sent. The zero standIns is ready.
type standIns struct {
	mu       sync.Mutex
	all      []standIn // of the next request; empty: it has none
	readable bool      // others can read what is sent: no password is
}

type standIn struct {
	mark   []byte
	secret []byte // nil: it is gone
	last   bool   // it stands at the request's end, where even a very short one is found for certain
}

var errStandIn = errors.New("a request did not come as it was prepared, and was not sent")

// standFor gives what stands for a password in the next request, until forget is called. The password stays the caller's.
func (s *standIns) standFor(secret []byte, last bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := standIn{make([]byte, len(secret)), secret, last}
	_, _ = rand.Read(one.mark) // never fails (crypto/rand)
	s.all = append(s.all, one)
	return string(one.mark)
}

// forget lets the passwords go. It reports whether the request was written; if not, it never will be, nor anything else.
func (s *standIns) forget() (written bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		s.all[i].secret = nil
	}
	return len(s.all) == 0
}

// send hands a request to write: itself, or a copy with the passwords.
func (s *standIns) send(request []byte, write func([]byte) (int, error)) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return write(request)
	}
	whole := bytes.Clone(request)
	defer clear(whole)
	for _, one := range s.all {
		at := one.in(request)
		if at < 0 || one.secret == nil || s.readable {
			return 0, errStandIn
		}
		copy(whole[at:], one.secret)
	}
	s.all = nil
	return write(whole)
}

// in says where a stand-in is; -1: nowhere.
func (o standIn) in(request []byte) int {
	if !o.last {
		return bytes.Index(request, o.mark)
	}
	if bytes.HasSuffix(request, o.mark) {
		return len(request) - len(o.mark)
	}
	return -1
}
