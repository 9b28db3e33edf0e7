package agent

import (
	"context"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

const (
	// returnEvery is how often the agent's own domain controller is tried again while another one serves.
	returnEvery = 5 * time.Minute
	// lookAfter is how old what DNS said may become, and lookLimit how long it may take to answer.
	lookAfter = time.Hour
	lookLimit = 5 * time.Second
)

// controllers are the domain controllers that the agent may read from: its own, those given beside it, and those that DNS
// names. The own one is preferred. Another one serves while that does not answer, and goes on from the same cursor.
type controllers struct {
	own   handoff.Directory
	named func(ctx context.Context) ([]string, error) // host names by DNS
	now   func() time.Time
	path  string // of the file that keeps what DNS said over a start; see kept

	mu      sync.Mutex
	serving string    // URL; empty: none yet
	tried   time.Time // when the own one was tried last
	others  []string  // URLs, as DNS said last
	looked  time.Time
	moved   chan struct{} // closed when another one serves
}

// newControllers knows those that DNS named last to an agent with this state folder; empty: to none.
func newControllers(own handoff.Directory, named func(context.Context) ([]string, error), now func() time.Time, state string) *controllers {
	c := &controllers{own: own, named: named, now: now, moved: make(chan struct{})}
	if state != "" {
		c.path = filepath.Join(state, controllersFile)
		c.others = c.addresses(c.kept())
	}
	return c
}

// candidates are those to be tried now, in this order. DNS is waited for only where those that need none did not do.
func (c *controllers) candidates(ctx context.Context) iter.Seq[string] {
	return func(yield func(string) bool) {
		seen := map[string]bool{"": true}
		for _, some := range []func() []string{c.near, func() []string { c.look(ctx); return c.found() }} {
			for _, url := range some() {
				if !seen[url] && !yield(url) {
					return
				}
				seen[url] = true
			}
		}
	}
}

// near are those that are known without DNS.
func (c *controllers) near() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := ""
	if c.away() && !c.returns() {
		first = c.serving
	}
	return append([]string{first, c.own.URL}, c.own.Others...)
}

// found are those that DNS named last.
func (c *controllers) found() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.others)
}

// look asks DNS from time to time. What it said before counts while it does not answer: it may run on the very machine that is
// down.
func (c *controllers) look(ctx context.Context) {
	c.mu.Lock()
	fresh := c.now().Sub(c.looked) < lookAfter
	c.mu.Unlock()
	if fresh || c.named == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	names, err := c.named(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = c.now()
	if err != nil {
		return // a domain without DNS here has one controller more or less by hand
	}
	names = names[:min(len(names), maxControllers)]
	if others := c.addresses(names); !slices.Equal(others, c.others) {
		c.others = others
		c.keep(names)
	}
}

func (c *controllers) addresses(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, at(c.own.URL, name))
	}
	return all
}

// at is an address like own's at another host. A port of its own is the own controller's only.
func at(own, host string) string {
	u, err := url.Parse(own)
	if err != nil {
		return own
	}
	u.Host = host
	return u.String()
}

// away reports whether another than the own one serves; callers hold the lock.
func (c *controllers) away() bool { return c.serving != "" && c.serving != c.own.URL }

func (c *controllers) returns() bool { return c.now().Sub(c.tried) >= returnEvery }

// Away reports whether another than the own one serves, and whether it is time to try the own one again.
func (c *controllers) Away() (away, due bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.away(), c.away() && c.returns()
}

// tries notes that one is tried.
func (c *controllers) tries(at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at == c.own.URL {
		c.tried = c.now()
	}
}

// serves notes which one answered, and reports whether it is another than before.
func (c *controllers) serves(at string) (before string, other bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, other = c.serving, c.serving != "" && c.serving != at
	c.serving = at
	if other {
		close(c.moved)
		c.moved = make(chan struct{})
	}
	return before, other
}

// Serving is the one that serves; empty: none yet.
func (c *controllers) Serving() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.serving
}

// Moved is closed when another one serves than now.
func (c *controllers) Moved() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}

// elsewhere reports whether another domain controller may do better. What is wrong with the account is wrong with it
// everywhere, and each try counts towards its lock.
func elsewhere(err error) bool {
	return problem.Is(err, directory.Unreachable) || problem.Is(err, directory.Untrusted) || problem.Is(err, directory.Busy)
}

// openDirectory connects and signs in, past the gate, at the first domain controller that answers. Where none does, the error
// is the own one's.
func (s *session) openDirectory(ctx context.Context) (directory.Reader, error) {
	reader, _, err := s.openAt(ctx)
	return reader, err
}

// openAt is openDirectory, and says which one answered.
func (s *session) openAt(ctx context.Context) (_ directory.Reader, url string, _ error) {
	var first error
	for at := range s.controllers.candidates(ctx) {
		d := s.directory
		d.URL = at
		s.controllers.tries(at)
		reader, err := s.signIn(ctx, d)
		if err == nil {
			if before, other := s.controllers.serves(at); other {
				s.o.Log.Warn("another domain controller serves", "before", before, "now", at)
			}
			go s.controllers.look(ctx) // for when none of those that are known answers, and DNS does not either
			return reader, at, nil
		}
		if first == nil || at == s.directory.URL {
			first = err
		}
		if ctx.Err() != nil || !elsewhere(err) {
			break
		}
	}
	return nil, "", first
}
