package adtest

import "errors"

// chunk is how many objects are looked at before writers get their turn and the bytes go out.
const chunk = 256

var errCut = errors.New("an injected fault: the connection is cut")

// emitter writes entries in chunks, and counts them for the faults.
type emitter struct {
	client *client
	writing
	count int
	cut   int // after how many entries the connection breaks; 0 never
	fail  bool
}

func (c *client) emitter(r *request, since int64) *emitter {
	return &emitter{
		client: c, cut: c.server.faulty().CutAfter,
		writing: writing{packet: &packet{b: make([]byte, 0, chunk<<10)}, server: c.server, request: r, since: since},
	}
}

// write encodes one object. The caller holds the read lock.
func (e *emitter) write(n int32, changes []change) {
	if e.fail {
		return
	}
	e.changes = changes
	e.entry(n)
	e.count++
	e.fail = e.cut > 0 && e.count >= e.cut
}

// flush sends what was written; the caller does not hold the lock.
func (e *emitter) flush() error {
	if len(e.b) > 0 {
		if err := e.client.send(e.b); err != nil {
			return err
		}
		e.b = e.b[:0]
	}
	if e.fail {
		return errCut
	}
	return nil
}
