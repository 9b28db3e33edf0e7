package serve_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/tenant/tenanttest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// patience is how long something may take that another replica has to hear of.
const patience = 10 * time.Second

// replicas are two of one tenant.
func replicas(t *testing.T) (here, there *tenanttest.Server) {
	t.Helper()
	return replicasOn(t, postgrestest.Fresh(t))
}

// replicasOn are two on a database.
func replicasOn(t *testing.T, database string) (here, there *tenanttest.Server) {
	t.Helper()
	address, err := postgres.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	var o serve.Options
	here = tenanttest.StartWith(t, func(given *serve.Options) { given.Database = &address; o = *given })
	second, err := serve.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(second.Handler())
	t.Cleanup(func() { second.StopStreams(); front.Close(); _ = second.Close() })
	return here, &tenanttest.Server{Tenant: second, URL: front.URL, Clock: here.Clock, State: here.State}
}

// await takes events until one of a name comes that has a text in it.
func await(t *testing.T, events <-chan tenanttest.Event, name, text string) tenanttest.Event {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case e := <-events:
			if e.Name == name && strings.Contains(e.Data, text) {
				return e
			}
		case <-late:
			t.Fatalf("no event %s with %q came", name, text)
		}
	}
}

// TestAgentIsAskedFromAnotherReplica has the agent's stream at one replica, the administrator at the other, and the answer come
// to either.
func TestAgentIsAskedFromAnotherReplica(t *testing.T) {
	here, there := replicas(t)
	a := here.Enrol(t, "dc1")
	events, _ := a.Listen(t, "")
	await(t, events, control.EventConfiguration, "")
	for name, answersTo := range map[string]*tenanttest.Server{"to where its stream is": here, "to who asked": there} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				e, err := there.Explain(ctx, a.ID, control.ExplainArgs{Name: "ann"})
				if err == nil && len(e.Matches) != 1 {
					t.Errorf("got %+v, want the agent's answer", e)
				}
				asked <- err
			}()
			var c control.Command
			if err := json.Unmarshal([]byte(await(t, events, control.EventCommand, "explain").Data), &c); err != nil {
				t.Fatal(err)
			}
			long := strings.Repeat("x", 20_000) // more than a notification holds
			body, _ := json.Marshal(control.Explanation{Matches: []control.Explained{{Name: long}}})
			if got := answersTo.Do(t, "POST", control.ResultsPath, a.Token, control.CommandResult{ID: c.ID, Body: body}); got.Status != 204 {
				t.Fatalf("answering: %d %s", got.Status, got.Body)
			}
			if err := <-asked; err != nil {
				t.Errorf("asking from the other replica: %v", err)
			}
		})
	}
}

// TestNobodyConnectedIsSaidSoon asks an agent that has a stream nowhere.
func TestNobodyConnectedIsSaidSoon(t *testing.T) {
	here, there := replicas(t)
	a := here.Enrol(t, "dc1")
	_, err := there.Explain(t.Context(), a.ID, control.ExplainArgs{Name: "ann"})
	if p := problem.Of(err); p == nil || !strings.Contains(p.Title, "not connected") {
		t.Errorf("got %v, want that it is not connected", err)
	}
}

// TestConfigurationReachesTheStreamAtAnotherReplica also looks at what pages are told.
func TestConfigurationReachesTheStreamAtAnotherReplica(t *testing.T) {
	here, there := replicas(t)
	a := here.Enrol(t, "dc1")
	events, _ := a.Listen(t, "")
	await(t, events, control.EventConfiguration, "")
	if _, err := there.Configure(t.Context(), a.ID, func(s *tenant.Settings) error { s.Name = "Head office"; return nil }); err != nil {
		t.Fatal(err)
	}
	await(t, events, control.EventConfiguration, "Head office")
}

// TestSignedInIsSignedInEverywhere uses at one replica what was given by the other: sessions, access tokens, enrolment tokens
// once.
func TestSignedInIsSignedInEverywhere(t *testing.T) {
	here, there := replicas(t)
	a := here.Enrol(t, "dc1")
	if got := there.Do(t, "GET", control.ConfigurationPath, a.Token, nil); got.Status != 200 {
		t.Errorf("the access token at the other replica: %d %s", got.Status, got.Body)
	}
	assertion := a.Assertion(t, nil)
	if got := here.Exchange(t, assertion); got.Status != 200 {
		t.Errorf("an assertion: %d %s", got.Status, got.Body)
	}
	if got := there.Exchange(t, assertion); got.Status != 401 {
		t.Errorf("the same assertion at the other replica: %d, want it refused", got.Status)
	}
}

// TestEachMailOnceFromTwoReplicas sends from both at once.
func TestEachMailOnceFromTwoReplicas(t *testing.T) {
	here, there := replicas(t)
	a := here.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	const people = 150
	a.AddPeople(t, people)
	var both sync.WaitGroup
	for _, s := range []*tenanttest.Server{here, there} {
		both.Go(func() {
			if err := s.SendDue(t.Context()); err != nil {
				t.Errorf("sending: %v", err)
			}
		})
	}
	both.Wait()
	_, letters, err := mail.Outbox{Folder: here.State + "/" + serve.OutboxName}.List(10)
	if err != nil || letters != people {
		t.Errorf("%d e-mails were sent (%v), want %d", letters, err, people)
	}
}
