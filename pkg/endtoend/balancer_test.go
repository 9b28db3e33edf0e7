//go:build linux

package endtoend

import (
	"io"
	"net"
	"sync"
	"testing"
)

// balancer is one address before many: each connection goes to the next backend that answers.
type balancer struct {
	mu       sync.Mutex
	backends []string
	next     int
	served   map[string]int
	open     map[net.Conn]bool
}

// balance listens on an address until the test ends.
func balance(t testing.TB, listen string, backends ...string) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	b := &balancer{backends: backends, served: map[string]int{}, open: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carry(conn)
		}
	}()
	return b
}

func (b *balancer) carry(conn net.Conn) {
	defer conn.Close()
	for range b.backends {
		to := b.turn()
		other, err := net.Dial("tcp", to)
		if err != nil {
			continue
		}
		b.count(to)
		b.holds(conn, true)
		defer b.holds(conn, false)
		go func() {
			_, _ = io.Copy(other, conn)
			_ = other.Close()
		}()
		_, _ = io.Copy(conn, other) // until either side is gone
		return
	}
}

func (b *balancer) holds(conn net.Conn, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[conn] = open; !open {
		delete(b.open, conn)
	}
}

// cut breaks every connection there is.
func (b *balancer) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.open {
		_ = conn.Close()
	}
}

func (b *balancer) turn() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.backends[b.next%len(b.backends)]
}

func (b *balancer) count(to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.served[to]++
}

func (b *balancer) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]int{}
	for to, n := range b.served {
		all[to] = n
	}
	return all
}
