package wizard

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
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

// unseen reads a password from a terminal without showing it. However it ends, the terminal shows again what is typed.
func unseen(ctx context.Context, file *os.File) (string, error) {
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("looking at the terminal: %w", err)
	}
	got := make(chan reading, 1)
	go func() {
		raw, err := term.ReadPassword(fd)
		got <- reading{raw, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return "", ctx.Err()
	case read := <-got:
		return string(read.bytes), read.err
	}
}
