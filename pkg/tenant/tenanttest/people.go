package tenanttest

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
)

// NewPassword is one that people in tests choose.
const NewPassword = "violet tractor under snow"

// EnrolUnder enrols an agent on host whose people are added under a policy.
func (s *Server) EnrolUnder(t testing.TB, host string, policy tenant.ID) *Agent {
	t.Helper()
	a := s.Enrol(t, host)
	if _, err := s.Configure(t.Context(), a.ID, func(settings *tenant.Settings) error {
		settings.Policy = policy
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return a
}

// PersonBody is a person as an agent sends it: given name and e-mail are made of name.
func PersonBody(name string) string {
	return fmt.Sprintf(`{"externalId":"%[3]s","userName":"%[1]s@example.test","name":{"givenName":"%[2]s","familyName":"Berg"},"displayName":"%[2]s Berg","emails":[{"value":"%[1]s@acme.test","primary":true}]}`,
		name, strings.ToUpper(name[:1])+name[1:], GUID(name))
}

// GUID is the objectGUID of a person with this name.
func GUID(name string) directory.GUID {
	sum := sha256.Sum256([]byte(name))
	return directory.GUID(sum[:16])
}

// AddPerson adds one and gives it as it is then.
func (a *Agent) AddPerson(t testing.TB, name string) tenant.User {
	t.Helper()
	if answer := a.Do(t, "POST", "/scim/v2/Users", PersonBody(name), "Content-Type", scim.ContentType); answer.Status != http.StatusCreated {
		t.Fatalf("adding %s: %d %s", name, answer.Status, answer.Body)
	}
	return a.s.Person(t, name)
}

// Person gives the user whom AddPerson added.
func (s *Server) Person(t testing.TB, name string) tenant.User {
	t.Helper()
	is := scim.Compare{Path: scim.Path{Name: "emails"}, Op: scim.Equal, Value: name + "@acme.test"}
	users, err := s.Store().Users(t.Context(), tenant.Scope{}, store.Query{Filter: is})
	if err != nil || len(users) != 1 {
		t.Fatalf("looking for %s: %v (%v)", name, users, err)
	}
	return users[0]
}

// Link sends what is due and gives the path of the link to enrol in the newest e-mail to a person that has one, out of the outbox.
func (s *Server) Link(t testing.TB, name string) string {
	t.Helper()
	return s.LinkTo(t, name, "/enrol/")
}

// LinkTo is the same for a link below a path.
func (s *Server) LinkTo(t testing.TB, name, path string) string {
	t.Helper()
	for _, l := range s.Letters(t, name) {
		if found := linkBelow(path).FindStringSubmatch(l.Text); found != nil {
			return found[1]
		}
	}
	t.Fatalf("no link to %s was sent to %s", path, name)
	return ""
}

// Letters sends what is due and gives all that was ever sent to a person, newest first, out of the outbox.
func (s *Server) Letters(t testing.TB, name string) (all []mail.Written) {
	t.Helper()
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatalf("sending: %v", err)
	}
	box := mail.Outbox{Folder: filepath.Join(s.State, serve.OutboxName)}
	written, _, err := box.List(1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range written {
		if !strings.Contains(w.To, name+"@acme.test") {
			continue
		}
		full, err := box.Read(w.Name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, full)
	}
	return all
}

func linkBelow(path string) *regexp.Regexp {
	return regexp.MustCompile(`https?://[^/\s]+(` + path + `[A-Za-z0-9_-]+)`)
}

// LinkIn gives the path of the enrolment link in a text.
func LinkIn(t testing.TB, text string) string {
	t.Helper()
	found := linkBelow("/enrol/").FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no link in %s", text)
	}
	return found[1]
}
