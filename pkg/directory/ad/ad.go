// Package ad reads Active Directory over LDAP: Windows domain controllers and Samba's.
//
// What always holds here:
//
//   - Nothing is sent in the clear: LDAPS, or StartTLS before the bind; TLS 1.2 or newer, certificate and name verified.
//   - Only directory.Attributes, identity, place and members are asked for; no secret attribute ever is.
//   - A pass is complete only when the server's final response with its DirSync control was seen (MS-ADTS
//     3.1.1.3.4.1.3). A broken, silent or lying server ends it with an error.
//   - A cursor counts only for the domain, the database (invocationId) and the kind of request that it came from;
//     anything else is directory.ErrCursorRefused.
//   - Errors that a person may come to see are problem.Problem with the codes of package directory.
//
// Requests, results, controls and the bind are go-ldap's; the entries themselves are decoded here (see tap), since they
// come by the hundred thousand. One connection serves the reader's calls, one more each watch.
package ad

import (
	"context"
	"sync"
	"time"

	"passlysync/pkg/directory"
)

// Settings say which directory to read, and as whom.
type Settings struct {
	URL      string // ldaps://dc1.example.test, or ldap:// which then requires StartTLS
	CA       []byte // PEM certificates to trust beside the system's; may be empty
	Account  string // user principal name, distinguished name, or DOMAIN\name
	Password string
	// Silence is how long the server may say nothing while an answer is due; zero means two minutes. Samba prepares a
	// whole first pass before its first byte: a million entries take about 90 seconds.
	Silence time.Duration
	// Heartbeat is how often an idle watch asks whether the server still lives; zero means one minute.
	Heartbeat time.Duration
}

func (s Settings) withDefaults() Settings {
	if s.Silence == 0 {
		s.Silence = 2 * time.Minute
	}
	if s.Heartbeat == 0 {
		s.Heartbeat = time.Minute
	}
	return s
}

// Reader reads one Active Directory domain. It reconnects by itself: after an error the next call dials again.
type Reader struct {
	settings Settings
	calls    sync.Mutex // one call at a time
	session  *session
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

// Close ends the connection.
func (r *Reader) Close() error {
	r.calls.Lock()
	defer r.calls.Unlock()
	r.drop()
	return nil
}

// with runs a call on the reader's session, making one when there is none. A session that broke is dropped.
func (r *Reader) with(ctx context.Context, call func(*session) error) error {
	r.calls.Lock()
	defer r.calls.Unlock()
	if r.session != nil && r.session.conn.IsClosing() {
		r.drop()
	}
	if r.session == nil {
		s, err := establish(ctx, r.settings)
		if err != nil {
			return err
		}
		r.session = s
	}
	err := call(r.session)
	if ctx.Err() != nil || err != nil && r.session.conn.IsClosing() {
		r.drop() // the end of ctx may have closed it
	}
	return err
}

func (r *Reader) drop() {
	if r.session != nil {
		r.session.close()
		r.session = nil
	}
}
