package agent

import (
	"context"
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
	// lookAfter is how old the list of them may become, and lookLimit how long the directory may take to give it.
	lookAfter = time.Hour
	lookLimit = 5 * time.Second
)

// controllers are the domain controllers that the agent may read from: its own, those given beside it, and those that the
// directory itself lists. DNS is not asked: whoever forges it, and has any machine in the domain, could have passwords brought there.
// The own one is preferred. Another one serves while that does not answer, and goes on from the same cursor.
type controllers struct {
	own  handoff.Directory
	now  func() time.Time
	path string // of the file that keeps the list over a start; see kept

	mu      sync.Mutex
	serving string    // URL; empty: none yet
	tried   time.Time // when the own one was tried last
	others  []string  // URLs, as the directory listed them last
	looked  time.Time
	moved   chan struct{} // closed when another one serves
}

// lister is a directory that lists its domain controllers by host name.
type lister interface {
	Controllers(ctx context.Context) ([]string, error)
}

// newControllers knows those that were listed last to an agent with this state folder; empty: to none.
func newControllers(own handoff.Directory, now func() time.Time, state string) *controllers {
	c := &controllers{own: own, now: now, moved: make(chan struct{})}
	if state != "" {
		c.path = filepath.Join(state, controllersFile)
		c.others = c.addresses(c.kept())
	}
	return c
}

// candidates are those to be tried now, in this order.
func (c *controllers) candidates() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	if c.away() && !c.returns() {
		all = append(all, c.serving)
	}
	for _, url := range slices.Concat([]string{c.own.URL}, c.own.Others, c.others) {
		if !slices.Contains(all, url) {
			all = append(all, url)
		}
	}
	return all
}

// learn has the directory that serves list its domain controllers from time to time. What it listed before counts where it does not.
func (c *controllers) learn(ctx context.Context, from directory.Reader) {
	list, can := from.(lister)
	c.mu.Lock()
	fresh := c.now().Sub(c.looked) < lookAfter
	if can && !fresh {
		c.looked = c.now()
	}
	c.mu.Unlock()
	if !can || fresh {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	names, err := list.Controllers(ctx)
	if err != nil || len(names) == 0 {
		return // an account that may not see them has one controller more or less by hand
	}
	names = names[:min(len(names), maxControllers)]
	c.mu.Lock()
	defer c.mu.Unlock()
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
	for _, at := range s.controllers.candidates() {
		d := s.directory
		d.URL = at
		s.controllers.tries(at)
		reader, err := s.signIn(ctx, d)
		if err == nil {
			if before, other := s.controllers.serves(at); other {
				s.o.Log.Warn("another domain controller serves", "before", before, "now", at)
			}
			s.controllers.learn(ctx, reader)
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
