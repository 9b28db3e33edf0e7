package cycle_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// TestAServiceThatIsDownIsNotAskedForEverybody: 503 without a time, 502 pages of a proxy, connections that end: after a few in a row it is
// left alone, and nothing is lost.
func TestAServiceThatIsDownIsNotAskedForEverybody(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"503": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"502 with a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>")
		},
		"200 with a page":        func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") },
		"a connection that ends": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			down := true
			s := newOddly(t, &scimtest.Odd{Instead: nil})
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				if down && r.Method == http.MethodPost {
					fail(w)
				}
				return down && r.Method == http.MethodPost
			}
			s.users(1200)
			r := s.cycle()
			posts := 0
			for _, asked := range s.other.Asked() {
				if strings.HasPrefix(asked, "POST ") {
					posts++
				}
			}
			if r.Send == nil || posts > 20 {
				t.Errorf("%d additions were tried, %v", posts, r.Send)
			}
			var wait control.RetryAfter
			if errors.As(r.Send, &wait) {
				t.Errorf("it says when to come back, %v, which the service did not", wait)
			}
			down = false
			s.settles("once it is up")
			if got := len(s.people()); got != 1200 || len(s.other.Kept(scim.Users)) != 1200 {
				t.Errorf("got %d active of %d, want 1200", got, len(s.other.Kept(scim.Users)))
			}
		})
	}
}

// TestOneStrangeAnswerKeepsNobodyElseOut: one person at whom the service stumbles, in whichever way.
func TestOneStrangeAnswerKeepsNobodyElseOut(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){
		"503":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"accepted": func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		"a page":   func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") },
		"an end":   func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newOddly(t, &scimtest.Odd{})
			s.user("ann", s.sales)
			bob := s.user("bob", s.sales)
			s.user("cyd", s.sales)
			s.settles("at first")
			s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
				hit := r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, s.idOf(scim.Users, "userName", "bob@example.test"))
				if hit {
					fail(w)
				}
				return hit
			}
			for _, guid := range s.world.order {
				if u := s.world.entries[guid]; u.kind == directory.KindUser {
					s.world.set(u, directory.Surname, "New")
				}
			}
			for range 3 {
				_ = s.cycle()
			}
			for _, u := range s.other.Kept(scim.Users) {
				changed := u["name"].(scimtest.Resource)["familyName"] == "New"
				if changed == (u["externalId"] == bob.guid.String()) {
					t.Errorf("got %v", u)
				}
			}
		})
	}
}

// TestARateLimitedServiceIsGotThrough: a service that answers five questions a second. What needs more in a row (adopting groups, lost
// answers, a first look) must come to its end all the same.
func TestARateLimitedServiceIsGotThrough(t *testing.T) {
	var began time.Time
	asked, limited := 0, false
	s := newOddly(t, &scimtest.Odd{SharedNames: true})
	s.other.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		if time.Since(began) > time.Second {
			began, asked = time.Now(), 0
		}
		asked++
		if refused := limited && asked > 8; refused {
			w.Header().Set("Retry-After", "1")
			scimtest.Refuse(w, http.StatusTooManyRequests, "")
			return true
		}
		return false
	}
	s.user("ann", s.sales)
	for i := range 16 {
		s.world.create(directory.KindGroup, s.sales.guid, fmt.Sprint("Team", i))
	}
	s.settles("at first")
	limited = true
	s.lose()
	s.patiently("after the mirror was lost")
	for i := range 6 {
		s.world.create(directory.KindGroup, s.sales.guid, fmt.Sprint("Crew", i))
	}
	s.patiently("after groups were made")
	if groups := len(s.other.Kept(scim.Groups)); groups != 22 {
		t.Errorf("got %d groups, want 22", groups)
	}
}

// patiently runs cycles as an agent does that is asked to wait.
func (s *oddly) patiently(when string) {
	s.Helper()
	for range 6 {
		r := s.cycle()
		var wait control.RetryAfter
		if errors.As(r.Err(), &wait) {
			time.Sleep(time.Duration(wait))
		} else if r.Err() != nil {
			s.Fatalf("%s: %v", when, r.Err())
		} else if !r.Changed() {
			return
		}
	}
	s.Fatalf("%s: it does not come to an end: %v", when, s.other.Asked())
}
