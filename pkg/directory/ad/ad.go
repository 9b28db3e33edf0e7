// Package ad reads Active Directory over LDAP: Windows domain controllers and Samba's.
//
// What always holds here:
//
//   - Nothing that matters is sent in the clear: LDAPS, or StartTLS before the bind; TLS 1.2 or newer, certificate and name verified.
//     Where a domain controller has no certificate, Kerberos signs in and a SASL layer seals all that follows (package sasl). Only its
//     clock is read in the clear, by CurrentTime, which asks nobody to sign in.
//   - Of people only directory.Attributes, identity, place and members are read; no secret attribute ever is. Examine and
//     ManagedAccounts also read who may do what: security descriptors, and the groups of one account.
//   - Changes are read by DirSync, and where the directory refuses that by uSNChanged; see way.go.
//   - A pass is complete only when the server's final response with its DirSync control was seen (MS-ADTS
//     3.1.1.3.4.1.3), or a last page that says that it is the last. A broken, silent or lying server ends it with an error.
//   - A cursor counts only for the domain, the database (invocationId) and the kind of request that it came from;
//     anything else is directory.ErrCursorRefused.
//   - Errors that a person may come to see are problem.Problem with the codes of package directory.
//
// Requests, results, controls and the bind are go-ldap's; the entries themselves are decoded here (see tap), since they
// come by the hundred thousand. A call has a connection to itself, kept for the next one; so has each watch.
package ad

import (
	"context"
	"net"
	"sync"
	"time"

	"passlysync/pkg/directory"
)

// Settings say which directory to read, and as whom.
type Settings struct {
	URL      string // ldaps://dc1.example.test, or ldap://: StartTLS, or where there is none and no CA is given, sealed by SASL
	CA       []byte // PEM certificates to trust beside the system's; may be empty
	Account  string // user principal name, distinguished name, or DOMAIN\name
	Password string
	Keytab   []byte // a keytab's content, where there is no password: sign in by Kerberos
	// Own is to sign in as the account that this process runs under, by Kerberos of the system (Windows); there is no Account then.
	Own bool
	// Silence is how long the server may say nothing while an answer is due; zero means two minutes. Samba prepares a
	// whole first pass before its first byte: a million entries take about 90 seconds.
	Silence time.Duration
	// Heartbeat is how often an idle watch asks whether the server still lives; zero means one minute.
	Heartbeat time.Duration
	// Lag is how long another domain controller may lack what was read at the one before, where that cannot be told from what it
	// says, and DirSync is refused; zero means 15 minutes, what replication between sites may take by default.
	Lag time.Duration
	// Resolver looks names up; nil: the system's.
	Resolver *net.Resolver
}

func (s Settings) withDefaults() Settings {
	if s.Silence == 0 {
		s.Silence = 2 * time.Minute
	}
	if s.Heartbeat == 0 {
		s.Heartbeat = time.Minute
	}
	if s.Lag == 0 {
		s.Lag = 15 * time.Minute
	}
	return s
}

// Reader reads one Active Directory domain. It reconnects by itself: after an error the next call dials again. Calls may
// overlap, such as a Fetch while Read hands on a page: each has a connection of its own as long as it runs.
type Reader struct {
	settings Settings

	mu     sync.Mutex // guards what follows
	idle   []*session
	closed bool
}

var (
	_ directory.Reader  = (*Reader)(nil)
	_ directory.Watcher = (*Reader)(nil)
)

// Open connects, binds and learns what it is connected to.
func Open(ctx context.Context, s Settings) (*Reader, error) {
	r := &Reader{settings: s.withDefaults()}
	if err := r.with(ctx, func(*session) error { return nil }); err != nil {
		return nil, err
	}
	return r, nil
}

// rightsAge is how long rights that were found out count: what an administrator grants shows within it.
const rightsAge = 30 * time.Second

// Domain says what this reader is connected to, and as whom it may see what.
func (r *Reader) Domain(ctx context.Context) (domain directory.Domain, err error) {
	err = r.with(ctx, func(s *session) error {
		if time.Since(s.learned) > rightsAge {
			if err := s.learnRights(ctx); err != nil {
				return err
			}
		}
		domain = s.domain
		return nil
	})
	return domain, err
}

// Close ends the connections that no call is using, and the others with their calls.
func (r *Reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.closeIdle()
	return nil
}

func (r *Reader) closeIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.idle {
		s.close()
	}
	r.idle = nil
}

// with runs a call on a session: an idle one, or a new one when there is none.
func (r *Reader) with(ctx context.Context, call func(*session) error) (err error) {
	s := r.take()
	if s == nil {
		if s, err = establish(ctx, r.settings); err != nil {
			return err
		}
	}
	before := s.domain
	err = call(s)
	if s.domain != before {
		r.closeIdle() // they go by rights that are no longer so
	}
	r.put(s, ctx.Err() == nil) // the end of ctx may have closed it
	return err
}

// take gives an idle session that still stands, or nil.
func (r *Reader) take() *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.idle) > 0 {
		s := r.idle[len(r.idle)-1]
		r.idle = r.idle[:len(r.idle)-1]
		if !s.conn.IsClosing() {
			return s
		}
		s.close()
	}
	return nil
}

// put keeps a session for the next call, if it can be.
func (r *Reader) put(s *session, sound bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !sound || r.closed || s.conn.IsClosing() {
		s.close()
		return
	}
	r.idle = append(r.idle, s)
}
