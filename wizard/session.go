package wizard

import (
	"context"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/terminal"
)

// opened is an administrator's session and where it was opened.
type opened struct {
	control.Session
	tenant Tenant
	base   string
}

// signedIn takes a session as the one to get the enrolment token with. One from before, of a person who went back, is ended
// together with it.
func (s *setup) signedIn(session control.Session) {
	if session.Session == "" {
		return
	}
	session.Name = terminal.Line(session.Name)
	s.session = session
	s.sessions = append(s.sessions, opened{session, s.tenant, s.base})
}

// signOut ends every session that was opened. It is a courtesy: one that stays ends by itself.
func (s *setup) signOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	for _, each := range s.sessions {
		_ = each.tenant.SignOut(ctx, each.base, each.Session.Session)
	}
	s.sessions, s.session = nil, control.Session{}
}
