package cycle_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/push"
	"passlysync/pkg/scim"
	"passlysync/pkg/scim/scimtest"
)

// oddly is a scene whose tenant is a service that does not do everything as the RFCs have it.
type oddly struct {
	*scene
	other  *scimtest.Odd
	pusher *push.Pusher
}

func newOddly(t *testing.T, other *scimtest.Odd) *oddly {
	t.Helper()
	s := &oddly{scene: newScene(t), other: other.Serve(t)}
	client, err := scim.Service{URL: other.URL, Token: "secret"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	s.mirror.ForOthers()
	s.pusher = push.NewForOthers(client)
	return s
}

func (s *oddly) cycle() cycle.Result {
	s.Helper()
	c := &cycle.Cycle{Mirror: s.mirror, Target: s.pusher, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	return c.Run(s.Context(), s.world, s.settings)
}

// settles runs cycles until nothing more is sent; nothing may go wrong.
func (s *oddly) settles(when string) {
	s.Helper()
	for range 8 {
		r := s.cycle()
		if r.Err() != nil {
			s.Fatalf("%s: %v", when, r.Err())
		}
		if !r.Changed() {
			return
		}
	}
	s.Fatalf("%s: it goes on and on: %v", when, s.other.Asked())
}

// reread has the next cycle read everything and compare it with the service.
func (s *oddly) reread() {
	s.Helper()
	if err := s.mirror.Forget(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// lose loses the mirror.
func (s *oddly) lose() {
	s.Helper()
	s.mirror.Close()
	if err := mirror.Remove(s.path); err != nil {
		s.Fatal(err)
	}
	s.open()
	s.mirror.ForOthers()
}

// people are the active ones that the service keeps, by user name.
func (s *oddly) people() (active []string) {
	s.Helper()
	for _, u := range s.other.Kept(scim.Users) {
		if u["active"] == true {
			active = append(active, strings.Split(fmt.Sprint(u["userName"]), "@")[0])
		}
	}
	slices.Sort(active)
	return active
}

func (s *oddly) want(when string, names ...string) {
	s.Helper()
	if got := s.people(); !slices.Equal(got, names) {
		s.Fatalf("%s: active are %v, want %v; asked %v", when, got, names, s.other.Asked())
	}
}

func (s *oddly) idOf(kind, attribute, value string) string {
	s.Helper()
	for _, one := range s.other.Kept(kind) {
		if one[attribute] == value {
			return fmt.Sprint(one["id"])
		}
	}
	s.Fatalf("no %s %s is %s in %v", kind, attribute, value, s.other.Kept(kind))
	return ""
}
