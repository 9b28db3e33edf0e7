package onboarding_test

import (
	"context"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/tenanttest"
	"passlysync/pkg/trust"
)

// server is how the program is told of a mail server.
func server(t *testing.T, url string, ca []byte) *mail.Server {
	t.Helper()
	s, err := mail.ParseServer(url)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots, _ = trust.Roots(ca)
	return &s
}

func start(t *testing.T, m *mailtest.Server) (*tenanttest.Server, *tenanttest.Agent) {
	t.Helper()
	s := tenanttest.StartWith(t, func(o *serve.Options) { o.SMTP, o.MailFrom = server(t, m.URL(), m.CA), "passly@acme.test" })
	return s, s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
}

// taken counts the messages by recipient, and the Message-IDs of each.
func taken(t *testing.T, m *mailtest.Server) (counts map[string]int, ids map[string]map[string]bool) {
	t.Helper()
	counts, ids = map[string]int{}, map[string]map[string]bool{}
	for _, one := range m.Taken() {
		parsed, err := netmail.ReadMessage(strings.NewReader(one.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if ids[one.To] == nil {
			ids[one.To] = map[string]bool{}
		}
		counts[one.To]++
		ids[one.To][parsed.Header.Get("Message-ID")] = true
	}
	return counts, ids
}

func send(t *testing.T, s *tenanttest.Server) {
	t.Helper()
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatalf("sending: %v", err)
	}
}

func message(t *testing.T, s *tenanttest.Server, name string) tenant.Message {
	t.Helper()
	m, err := s.Store().Message(t.Context(), s.Person(t, name).ID, tenant.EnrolmentMessage)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEachGetsOneWhateverIsRepeated(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	var operations []string
	for i := range 45 {
		operations = append(operations, fmt.Sprintf(`{"method":"POST","bulkId":"b%d","path":"/Users","data":%s}`, i, tenanttest.PersonBody(fmt.Sprintf("p%02d", i))))
	}
	bulk := `{"Operations":[` + strings.Join(operations, ",") + `]}`
	for range 3 {
		if answer := a.Do(t, "POST", "/scim/v2/Bulk", bulk, "Content-Type", scim.ContentType); answer.Status != http.StatusOK {
			t.Fatalf("adding: %d %s", answer.Status, answer.Body)
		}
		if answer := a.Do(t, "POST", "/scim/v2/Users", tenanttest.PersonBody("p01"), "Content-Type", scim.ContentType); answer.Status != http.StatusConflict {
			t.Fatalf("adding again: %d", answer.Status)
		}
		send(t, s)
	}
	everybody := store.Query{Search: "p"}
	for range 2 {
		if _, err := onboarding.ProvisionAll(t.Context(), s.Store(), everybody, onboarding.Choice{Mail: true, TwoFactor: true}); err != nil {
			t.Fatal(err)
		}
		send(t, s)
	}
	counts, _ := taken(t, m)
	if len(counts) != 45 {
		t.Errorf("%d people got an e-mail, want 45", len(counts))
	}
	for to, n := range counts {
		if n != 1 {
			t.Errorf("%s got %d", to, n)
		}
	}
}

func TestTwoReplicasSendEachOnce(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	other, err := serve.Open(t.Context(), serve.Options{State: s.State, Now: s.Clock.Now, SMTP: server(t, m.URL(), m.CA), MailFrom: "passly@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	for i := range 60 {
		a.AddPerson(t, fmt.Sprintf("p%02d", i))
	}
	var both sync.WaitGroup
	for _, one := range []interface {
		SendDue(ctx context.Context) error
	}{s.Tenant, other} {
		both.Go(func() {
			if err := one.SendDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	counts, _ := taken(t, m)
	for to, n := range counts {
		if n != 1 {
			t.Errorf("%s got %d", to, n)
		}
	}
	if len(counts) != 60 {
		t.Errorf("%d people got an e-mail, want 60", len(counts))
	}
}

func TestDefaultPolicySendsNothing(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, _ := start(t, m)
	u := s.EnrolUnder(t, "dc2", tenant.DefaultPolicyID).AddPerson(t, "ann")
	send(t, s)
	if len(m.Taken()) != 0 || u.State != tenant.Created {
		t.Errorf("%d e-mails; she is %s", len(m.Taken()), u.State)
	}
	if err := onboarding.SendAgain(t.Context(), s.Store(), u.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("sending to who is Created: got %v, want a conflict", err)
	}
	for _, choice := range []onboarding.Choice{{}, {Mail: true}} {
		done, err := onboarding.Provision(t.Context(), s.Store(), []tenant.ID{u.ID}, choice)
		send(t, s)
		want := 0
		if choice.Mail {
			want = 1
		}
		if err != nil || done.Queued != want || len(m.Taken()) != want {
			t.Errorf("updated with %+v: got %+v (%v), %d e-mails", choice, done, err, len(m.Taken()))
		}
	}
}

func TestRefusedAddressIsNotTriedAgainByItself(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	a.AddPerson(t, "ann")
	a.AddPerson(t, "bob")
	m.OnRecipient(func(to string) error {
		if to == "ann@acme.test" {
			return mailtest.Refuse("mailbox unavailable")
		}
		return nil
	})
	send(t, s)
	m.OnRecipient(nil)
	s.Clock.Advance(24 * time.Hour)
	send(t, s)
	if got := message(t, s, "ann"); got.State != tenant.MessageRefused || got.Problem == nil || !strings.Contains(got.Problem.Text, "mailbox unavailable") {
		t.Errorf("hers is %+v", got)
	}
	if counts, _ := taken(t, m); counts["bob@acme.test"] != 1 || counts["ann@acme.test"] != 0 {
		t.Errorf("sent: %v", counts)
	}
	if err := onboarding.SendAgain(t.Context(), s.Store(), s.Person(t, "ann").ID); err != nil {
		t.Fatal(err)
	}
	send(t, s)
	if counts, _ := taken(t, m); counts["ann@acme.test"] != 1 {
		t.Errorf("after sending again: %v", counts)
	}
}

func TestRetriesAreBoundedAndBackOff(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	a.AddPerson(t, "ann")
	asked := 0
	m.OnRecipient(func(string) error { asked++; return mailtest.Later("greylisted") })
	var waits []time.Duration
	for range 20 {
		send(t, s)
		send(t, s) // nothing is due
		got := message(t, s, "ann")
		if got.State == tenant.MessageRefused {
			break
		}
		waits = append(waits, got.Due.Sub(s.Clock.Now()))
		s.Clock.Advance(waits[len(waits)-1])
	}
	got := message(t, s, "ann")
	if asked != 8 || got.State != tenant.MessageRefused || got.Attempts != 8 || !strings.Contains(got.Problem.Hint, "8 times") {
		t.Errorf("asked %d times: %+v", asked, got)
	}
	if waits[0] < 30*time.Second || waits[6] < 30*time.Minute {
		t.Errorf("it waited %v", waits)
	}
}

func TestLostWordRepeatsWithTheSameMessageID(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	a.AddPerson(t, "ann")
	a.AddPerson(t, "bob")
	m.DropNext()
	send(t, s)
	s.Clock.Advance(time.Hour)
	send(t, s)
	counts, ids := taken(t, m)
	if counts["ann@acme.test"]+counts["bob@acme.test"] != 3 {
		t.Errorf("sent: %v, want one of them twice", counts)
	}
	for to, different := range ids {
		if len(different) != 1 {
			t.Errorf("%s: the Message-IDs are %v", to, different)
		}
	}
}

func TestMailsWaitWhileTheServerIsAway(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	for i := range 30 {
		a.AddPerson(t, fmt.Sprintf("p%02d", i))
	}
	m.Stop()
	for range 20 {
		if err := s.SendDue(t.Context()); !problem.Is(err, mail.ServerUnusable) {
			t.Fatalf("got %v, want that the server cannot be used", err)
		}
	}
	if got := message(t, s, "p00"); got.State != tenant.MessagePending || got.Attempts != 0 || got.Problem == nil {
		t.Errorf("a message is %+v", got)
	}
	again := mailtest.Start(t, mailtest.Options{Address: fmt.Sprintf("%s:%d", m.Host, m.Port)})
	s2, err := serve.Open(t.Context(), serve.Options{State: s.State, Now: s.Clock.Now, SMTP: server(t, again.URL(), again.CA), MailFrom: "passly@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s2.Close() })
	if err := s2.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if counts, _ := taken(t, again); len(counts) != 30 {
		t.Errorf("%d people got an e-mail, want 30", len(counts))
	}
}

func TestWhoWasDisabledOrRemovedGetsNothing(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	ann, bob := a.AddPerson(t, "ann"), a.AddPerson(t, "bob")
	active := func(yes bool) {
		body := fmt.Sprintf(`{"schemas":["%s"],"Operations":[{"op":"replace","path":"active","value":%v}]}`, scim.PatchSchema, yes)
		if answer := a.Do(t, "PATCH", "/scim/v2/Users/"+ann.ID.String(), body, "Content-Type", scim.ContentType); answer.Status != http.StatusOK {
			t.Fatalf("patching: %d %s", answer.Status, answer.Body)
		}
	}
	active(false)
	if answer := a.Do(t, "DELETE", "/scim/v2/Users/"+bob.ID.String(), nil); answer.Status != http.StatusNoContent {
		t.Fatalf("removing: %d %s", answer.Status, answer.Body)
	}
	send(t, s)
	if n := len(m.Taken()); n != 0 {
		t.Errorf("%d e-mails went out", n)
	}
	active(true)
	send(t, s)
	if counts, _ := taken(t, m); counts["ann@acme.test"] != 1 || len(counts) != 1 {
		t.Errorf("after she is back: %v", counts)
	}
}

func TestDisabledBetweenClaimAndSending(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	a.AddPerson(t, "ann")
	a.AddPerson(t, "bob")
	first := true
	var failed error
	m.OnData(func(to string) error { // both are claimed; the first is under way
		if first {
			first = false
			other := map[string]string{"ann@acme.test": "bob", "bob@acme.test": "ann"}[to]
			u := s.Person(t, other)
			u.SetActive(false)
			failed = s.Store().Write(t.Context(), func(tx store.Tx) error { return tx.ReplaceUser(t.Context(), &u) })
		}
		return nil
	})
	send(t, s)
	if n := len(m.Taken()); n != 1 || failed != nil {
		t.Errorf("%d e-mails went out (%v), want the first only", n, failed)
	}
}

func TestAddressThatIsNoneIsSaid(t *testing.T) {
	m := mailtest.Start(t, mailtest.Options{})
	s, a := start(t, m)
	body := strings.Replace(tenanttest.PersonBody("ann"), `"value":"ann@acme.test"`, `"value":"Ann <x@evil.test>"`, 1)
	if answer := a.Do(t, "POST", "/scim/v2/Users", body, "Content-Type", scim.ContentType); answer.Status != http.StatusCreated {
		t.Fatalf("adding: %d %s", answer.Status, answer.Body)
	}
	a.AddPerson(t, "bob")
	send(t, s)
	refused, err := s.Store().MessagesWith(t.Context(), tenant.MessageRefused, true, 10)
	if err != nil || len(refused) != 1 || !strings.Contains(refused[0].Problem.Title, "no e-mail address") || len(m.Taken()) != 1 {
		t.Errorf("refused: %+v (%v); sent: %d", refused, err, len(m.Taken()))
	}
}

func TestPolicies(t *testing.T) {
	s := tenanttest.Start(t)
	save := func(p tenant.ProvisioningPolicy) error { return onboarding.SavePolicy(t.Context(), s.Store(), p) }
	if err := save(tenant.ProvisioningPolicy{Name: " Contractors ", State: tenant.Provisioned, Mail: true}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Store().Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mine := all[len(all)-1]
	for what, p := range map[string]tenant.ProvisioningPolicy{
		"no name":                {Name: " ", State: tenant.Created},
		"a name of two lines":    {Name: "a\nb", State: tenant.Created},
		"Active at once":         {Name: "x", State: tenant.Active},
		"mail to who is Created": {Name: "x", State: tenant.Created, Mail: true},
		"a name that is there":   {Name: "CONTRACTORS", State: tenant.Created},
		"a built-in one":         {ID: tenant.DefaultPolicyID, Name: "Mine", State: tenant.Created},
		"the name of a built-in": {Name: "default policy", State: tenant.Created},
		"one that is not there":  {ID: 12345, Name: "y", State: tenant.Created},
	} {
		if err := save(p); err == nil {
			t.Errorf("%s was saved", what)
		}
	}
	a := s.EnrolUnder(t, "dc1", mine.ID)
	if u := a.AddPerson(t, "ann"); u.State != tenant.Provisioned || u.TwoFactor {
		t.Errorf("added as %+v", u)
	}
	err = onboarding.RemovePolicy(t.Context(), s.Store(), mine.ID)
	if p := problem.Of(err); !problem.Is(err, problem.Conflict) || !strings.Contains(p.Text, "dc1") {
		t.Errorf("removing one in use: got %v", err)
	}
	if err := onboarding.RemovePolicy(t.Context(), s.Store(), tenant.DefaultPolicyID); !problem.Is(err, problem.Conflict) {
		t.Errorf("removing a built-in: got %v", err)
	}
	if _, err := s.Configure(t.Context(), a.ID, func(settings *tenant.Settings) error { settings.Policy = tenant.DefaultPolicyID; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := onboarding.RemovePolicy(t.Context(), s.Store(), mine.ID); err != nil {
		t.Errorf("removing one that nobody has: %v", err)
	}
}

func TestEverybodyIsProvisionedPageByPage(t *testing.T) {
	s := tenanttest.Start(t)
	const people = 1201
	users := make([]tenant.User, people)
	for i := range users {
		name := fmt.Sprintf("p%04d", i)
		users[i] = tenant.User{UserName: name, Mail: name + "@acme.test", State: tenant.Created}
	}
	if err := s.Store().Write(t.Context(), func(tx store.Tx) error { _, err := tx.AddUsers(t.Context(), users); return err }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []onboarding.Outcome{{Provisioned: people, Queued: people}, {}} {
		got, err := onboarding.ProvisionAll(t.Context(), s.Store(), store.Query{State: tenant.Created}, onboarding.Choice{Mail: true})
		if err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
}
