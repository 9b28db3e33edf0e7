package agent

import (
	"context"
	"sync"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

// gate keeps the agent from signing in again and again with credentials that the directory refuses: a domain locks an
// account after a handful of tries, and the account may be somebody's.
type gate struct {
	mu      sync.Mutex
	refused int // in a row
	until   time.Time
	err     error
}

// closedFor gives how long no sign-in is tried after the given number of refusals: four tries in the first half hour.
func closedFor(refused int) time.Duration {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}
	return steps[min(refused, len(steps))-1]
}

// open lets the next sign-in pass: a person asked for it, or something changed.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = time.Time{}
}

// pass runs a sign-in unless the gate is closed; then it gives the refusal that closed it.
func (g *gate) pass(now func() time.Time, signIn func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now().Before(g.until) {
		return g.err
	}
	err := signIn()
	if !problem.Is(err, directory.CredentialsRefused) {
		g.refused = 0
		return err
	}
	g.refused++
	g.err, g.until = err, now().Add(closedFor(g.refused))
	return err
}

// signIn connects to one domain controller and signs in, past the gate.
func (s *session) signIn(ctx context.Context, d handoff.Directory) (reader directory.Reader, err error) {
	err = s.gate.pass(s.o.Now, func() error {
		reader, err = s.o.OpenDirectory(ctx, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reader, nil
}
