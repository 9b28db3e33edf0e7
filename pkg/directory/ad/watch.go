package ad

import (
	"context"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// notification asks the server to answer with each object that changes from now on (MS-ADTS 3.1.1.3.4.1.9).
const notification = ldap.ControlTypeMicrosoftNotification

// Watch waits for changes on a connection of its own, by a search that never ends. Deletions are told only with the
// control that shows tombstones.
func (r *Reader) Watch(ctx context.Context, ready, changed func()) error {
	s, err := connect(ctx, r.settings)
	if err != nil {
		return err
	}
	defer s.close()
	root, err := s.one(ctx, "", "defaultNamingContext")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan struct{})
	s.tap.onWrite(func() { close(sent) })
	ended := make(chan error, 1)
	go func() { ended <- s.follow(ctx, root["defaultNamingContext"], changed) }()
	select {
	case <-sent:
	case err := <-ended:
		return err
	}
	return s.keep(ctx, ready, ended)
}

// follow runs the endless search. The root DSE's answers to keep's questions come here too and are no change.
func (s *session) follow(ctx context.Context, base string, changed func()) error {
	request := ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, everything,
		[]string{attrGUID}, []ldap.Control{
			ldap.NewControlString(notification, true, ""),
			ldap.NewControlString(ldap.ControlTypeMicrosoftShowDeleted, true, ""),
		})
	_, err := s.search(ctx, request, func(message []byte) error {
		dn, _, err := envelope(string(message))
		if err == nil && dn != "" {
			changed()
		}
		return err
	})
	if err == nil {
		err = wrong("the watch ended though nobody ended it")
	}
	return err
}

// keep asks the server from time to time whether it lives. Its first answer also says that the watch stands: requests
// on a connection are taken in order.
func (s *session) keep(ctx context.Context, ready func(), ended <-chan error) error {
	tick := time.NewTicker(s.settings.Heartbeat)
	defer tick.Stop()
	for {
		s.watchdog(s.settings.Silence)
		asked := make(chan error, 1)
		go func() { asked <- s.ask() }()
		select {
		case err := <-ended:
			return err
		case err := <-asked:
			if err != nil {
				return s.searchProblem(err)
			}
		}
		s.watchdog(0)
		if ready != nil {
			ready()
			ready = nil
		}
		select {
		case err := <-ended:
			return err
		case <-tick.C:
		}
	}
}

// ask reads nothing from the root DSE: the final response is the sign of life.
func (s *session) ask() error {
	request := ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, everything,
		[]string{"1.1"}, nil)
	_, err := s.conn.Search(request)
	return err
}
