package passwords

import (
	"context"
	"sync"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// line keeps the directory open between passwords: signing in anew takes longer than setting one.
type line struct {
	open func(ctx context.Context) (directory.Reader, error)

	mu     sync.Mutex
	reader directory.Reader // nil: none is open
}

func (l *line) writer(ctx context.Context) (directory.PasswordWriter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		reader, err := l.open(ctx)
		if err != nil {
			return nil, err
		}
		l.reader = reader
	}
	to, can := l.reader.(directory.PasswordWriter)
	if !can {
		return nil, cannotWrite()
	}
	return to, nil
}

// judge has the next one sign in anew, by Open, where the directory does not answer or refuses the agent itself.
func (l *line) judge(err error) {
	for _, code := range []problem.Code{directory.Unreachable, directory.CredentialsRefused, directory.Untrusted, directory.AnswerWrong, control.PasswordUnknown} {
		if problem.Is(err, code) {
			_ = l.close() // it failed already
			return
		}
	}
}

func (l *line) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		return nil
	}
	err := l.reader.Close()
	l.reader = nil
	return err
}

// turns has what is done for one person done one after the other.
type turns struct {
	mu   sync.Mutex
	held map[directory.GUID]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

func (t *turns) take(id directory.GUID) (done func()) {
	t.mu.Lock()
	if t.held == nil {
		t.held = map[directory.GUID]*turn{}
	}
	own := t.held[id]
	if own == nil {
		own = &turn{}
		t.held[id] = own
	}
	own.waiting++
	t.mu.Unlock()
	own.Lock()
	return func() {
		own.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.waiting--; own.waiting == 0 {
			delete(t.held, id)
		}
	}
}
