package ad

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// session is one bound connection and what is known of its other end.
type session struct {
	tap      *tap
	conn     *ldap.Conn
	settings Settings
	bound    bool // signed in
	sealed   bool // by SASL, without TLS
	domain   directory.Domain
	learned  time.Time // when the rights in domain were found out
}

// connect dials and binds.
func connect(ctx context.Context, settings Settings) (*session, error) {
	s, err := start(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := s.bind(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// establish connects and learns what is there.
func establish(ctx context.Context, settings Settings) (*session, error) {
	s, err := connect(ctx, settings)
	if err != nil {
		return nil, err
	}
	if s.domain, err = s.facts(ctx); err != nil {
		s.close()
		return nil, err
	}
	if err := s.learnRights(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// bind proves who is asking. An empty password is refused here: the server would take it for an anonymous bind
// (RFC 4513 §5.1.2) and answer yes.
func (s *session) bind(ctx context.Context) error {
	if s.bound {
		return nil
	}
	if s.settings.Account == "" || s.settings.Password == "" {
		return noCredentials()
	}
	return s.during(ctx, func() error {
		if err := s.conn.Bind(s.settings.Account, s.settings.Password); err != nil {
			return s.bindProblem(err)
		}
		return nil
	})
}

func (s *session) close() {
	// Through the transport: go-ldap's own Close waits for a reader that may be blocked in a sink.
	_ = closeNow(s.tap.Conn)
	_ = s.conn.Close()
}

func closeNow(c interface{ Close() error }) error {
	if l, ok := c.(line); ok {
		c = l.Conn
	}
	if above, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS, which would say farewell first, or a seal
		return above.NetConn().Close()
	}
	return c.Close()
}

// during runs one exchange with the server: the end of ctx breaks it off, and so does a server that falls silent.
func (s *session) during(ctx context.Context, exchange func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.watchdog(s.settings.Silence)
	defer s.watchdog(0)
	stop := context.AfterFunc(ctx, func() { _ = closeNow(s.tap.Conn) })
	err := exchange()
	if !stop() && err != nil {
		return context.Cause(ctx)
	}
	return err
}

// watchdog lets the server be silent for this long from now on; 0 means for ever.
func (s *session) watchdog(limit time.Duration) {
	s.tap.silence.Store(int64(limit))
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
	}
	_ = s.tap.SetReadDeadline(deadline)
}

// search runs one request and gives each entry to take, raw, in the order they come. It returns the controls of the
// final response; without a final response there is always an error.
func (s *session) search(ctx context.Context, request *ldap.SearchRequest, take sink) ([]ldap.Control, error) {
	var controls []ldap.Control
	take = atMost(asked(request), take)
	err := s.during(ctx, func() error {
		s.tap.sink.Store(&take)
		defer s.tap.sink.Store(nil)
		result, err := s.conn.Search(request)
		if err != nil {
			return s.searchProblem(err)
		}
		controls = result.Controls
		return nil
	})
	return controls, err
}

// asked is how many entries an answer may have: the one of a base search, or a page; 0 where it has no end of its own.
func asked(request *ldap.SearchRequest) int {
	if request.Scope == ldap.ScopeBaseObject {
		return 1
	}
	if page, ok := ldap.FindControl(request.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		return int(page.PagingSize)
	}
	return 0
}

// atMost breaks an answer off that has more entries than were asked for: a server must not fill this machine's memory.
func atMost(most int, take sink) sink {
	if most == 0 {
		return take
	}
	count := 0
	return func(message []byte) error {
		if count++; count > most {
			return wrong("more than the %d entries that were asked for", most)
		}
		return take(message)
	}
}

// broken reports whether err comes from the transport rather than from an answer.
func (s *session) broken(err error) bool {
	var e *ldap.Error
	return s.tap.failure.Load() != nil || errors.As(err, &e) && e.ResultCode == ldap.ErrorNetwork
}
