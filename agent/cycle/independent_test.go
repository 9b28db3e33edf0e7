package cycle_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/agent/push"
	"passlysync/pkg/directory"
	"passlysync/pkg/needs"
	"passlysync/pkg/scim"
)

// TestIndependentSCIMService syncs into a SCIM 2.0 service that is none of ours (scimmy), with bulk operations and without, and
// looks by another way at what it keeps: hires, changed names, leavers, groups and their members, and a lost mirror.
func TestIndependentSCIMService(t *testing.T) {
	for _, bulk := range []string{"yes", "no"} {
		t.Run("bulk="+bulk, func(t *testing.T) {
			s := newService(t, bulk)
			ann, bob := s.user("ann", s.sales), s.user("bob", s.sales)
			s.users(130) // more than it takes at once, and than it lists at once
			team := s.world.create(directory.KindGroup, s.sales.guid, "Team")
			s.world.link(team, ann.guid, true)
			s.world.link(team, bob.guid, true)
			s.holds("at first")
			s.world.set(ann, directory.Surname, "Zimmer")
			s.world.set(bob, directory.UserAccountControl, "514")
			s.world.link(team, bob.guid, false)
			s.user("cyd", s.sales)
			s.world.rename(team, "Crew")
			s.holds("after changes")
			s.world.remove(ann)
			s.holds("after somebody was deleted")
			s.world.set(bob, directory.UserAccountControl, "512")
			s.holds("after somebody came back")
			before := len(s.kept().Users)
			s.mirror.Close()
			if err := mirror.Remove(s.path); err != nil {
				t.Fatal(err)
			}
			s.open()
			s.holds("after the mirror was lost")
			if after := len(s.kept().Users); after != before {
				t.Errorf("after the mirror was lost there are %d people, want %d as before", after, before)
			}
			s.world.remove(team)
			s.holds("after the group was deleted")
		})
	}
}

// service is a scene whose tenant is an independent service.
type service struct {
	*scene
	base   string
	pusher *push.Pusher
}

func newService(t *testing.T, bulk string) *service {
	t.Helper()
	const folder = "testdata/scimmy"
	if _, err := os.Stat(folder + "/node_modules"); err != nil {
		needs.Missing(t, "an independent SCIM service is not installed", "npm ci --prefix agent/cycle/"+folder)
	}
	command := exec.CommandContext(t.Context(), "node", "server.cjs")
	command.Dir, command.Env, command.Stderr = folder, append(os.Environ(), "BULK="+bulk), os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = command.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s := &service{scene: newScene(t), base: "http://127.0.0.1:" + strings.TrimSpace(port)}
	client := scim.NewClient(http.DefaultClient, s.base+"/scim/v2", func(_ context.Context, do func(string) error) error { return do("secret") })
	if err := client.Adapt(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pusher = push.New(client)
	return s
}

// keeps is what the service has, told by itself.
type keeps struct {
	Users  []scim.User  `json:"users"`
	Groups []scim.Group `json:"groups"`
}

func (s *service) kept() (k keeps) {
	s.Helper()
	answer, err := http.Get(s.base + "/kept")
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		s.Fatal(err)
	}
	return k
}

// holds runs cycles until nothing more is sent, and compares what the service keeps with the directory.
func (s *service) holds(when string) {
	s.Helper()
	for range 6 {
		c := &cycle.Cycle{Mirror: s.mirror, Target: s.pusher, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		r := c.Run(s.Context(), s.world, s.settings)
		if r.Err() != nil {
			s.Fatalf("%s: %v", when, r.Err())
		}
		if !r.Changed() {
			break
		}
	}
	want, got := s.wanted(), s.got()
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("%s (-directory +service):\n%.2000s", when, diff)
	}
}

// wanted is who should be active, and each group's members, by logon name.
func (s *service) wanted() map[string][]string {
	all := map[string][]string{}
	for _, one := range s.world.entries {
		switch {
		case one.kind == directory.KindUser && s.world.wants(one, s.settings.Scope):
			all["user "+one.attrs[directory.UserPrincipalName].value] = []string{one.attrs[directory.Surname].value, one.attrs[directory.Mail].value}
		case one.kind == directory.KindGroup && !one.deleted.value && s.world.inside(one, s.settings.Scope):
			members := []string{}
			for guid, link := range one.members {
				if member := s.world.entries[guid]; link.value && !member.deleted.value {
					members = append(members, member.attrs[directory.UserPrincipalName].value)
				}
			}
			slices.Sort(members)
			all["group "+one.name.value] = members
		}
	}
	return all
}

func (s *service) got() map[string][]string {
	all, names, kept := map[string][]string{}, map[string]string{}, s.kept()
	for _, u := range kept.Users {
		names[u.ID] = u.UserName
		if u.Active != nil && *u.Active && u.Name != nil && len(u.Emails) == 1 {
			all["user "+u.UserName] = []string{u.Name.FamilyName, u.Emails[0].Value}
		}
	}
	for _, g := range kept.Groups {
		members := []string{}
		for _, m := range g.Members {
			members = append(members, names[m.Value])
		}
		slices.Sort(members)
		all["group "+g.DisplayName] = members
	}
	return all
}
