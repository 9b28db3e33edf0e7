package wizard

import (
	"context"
	"io"
)

// interruptible reads until its context ends: somebody who presses Ctrl+C waits for no line.
type interruptible struct {
	ctx  context.Context
	from io.Reader
	got  chan reading
	busy bool
}

type reading struct {
	bytes []byte
	err   error
}

func newInterruptible(ctx context.Context, from io.Reader) *interruptible {
	return &interruptible{ctx: ctx, from: from, got: make(chan reading, 1)}
}

// Read gives what comes next. A read that was broken off goes on in the background, and the next Read gets what it brings.
func (r *interruptible) Read(p []byte) (int, error) {
	if !r.busy {
		r.busy = true
		room := make([]byte, len(p))
		go func() {
			n, err := r.from.Read(room)
			r.got <- reading{room[:n], err}
		}()
	}
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case read := <-r.got:
		r.busy = false
		return copy(p, read.bytes), read.err
	}
}
