package controlserver_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

func left(t *testing.T, s *tenanttest.Server, host string) *tenanttest.Agent {
	t.Helper()
	a := s.Enrol(t, host)
	if answer := a.Do(t, "POST", control.LeavePath, nil); answer.Status != http.StatusNoContent {
		t.Fatalf("leaving: %d %s", answer.Status, answer.Body)
	}
	return a
}

func TestAnAgentThatLeftProvesNothing(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Do(t, "POST", "/scim/v2/Users", `{"userName":"ann@example.test"}`)
	events, _ := a.Listen(t, "")
	<-events
	client := control.NewClient(http.DefaultClient, s.URL, control.Identity{AgentID: a.ID.String(), TenantID: s.Info().ID, Key: a.Key}, s.Clock.Now)
	if err := client.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case _, open := <-events:
		if open {
			t.Error("the stream goes on")
		}
	case <-time.After(10 * time.Second):
		t.Error("the stream did not end")
	}
	wantProblem(t, "its access token", a.Do(t, "GET", control.ConfigurationPath, nil), 401, problem.Unauthorized)
	wantProblem(t, "its key", s.Exchange(t, a.Assertion(t, nil)), 401, problem.CredentialsBad)
	if answer := a.Do(t, "GET", "/scim/v2/Users", nil); answer.Status != http.StatusUnauthorized {
		t.Errorf("its token at the SCIM endpoint: got %d, want 401", answer.Status)
	}
	if err := client.Leave(t.Context()); !problem.Is(err, problem.CredentialsBad) {
		t.Errorf("leaving again: got %v, want credentials-bad", err)
	}
	if n, err := s.CountUsers(t.Context(), ""); err != nil || n != 1 {
		t.Errorf("%d people are left (%v), want 1", n, err)
	}
	agent, err := s.Agent(t.Context(), a.ID)
	if err != nil || agent.Condition(s.Clock.Now()).Code != tenant.Departed || !agent.Departed.Equal(s.Clock.Now().UTC().Truncate(time.Millisecond)) {
		t.Errorf("got %+v (%v), want it departed now", agent, err)
	}
	wantProblem(t, "leaving without a token", s.Do(t, "POST", control.LeavePath, "", nil), 401, problem.Unauthorized)
}

func TestAHostThatLeftGoesOnAsItsAgent(t *testing.T) {
	for name, row := range map[string]struct {
		edit func(*control.Enrol)
		same bool
	}{
		"the same host":           {func(*control.Enrol) {}, true},
		"the same in other case":  {func(e *control.Enrol) { e.Host.Name = "DC1" }, true},
		"another host":            {func(e *control.Enrol) { e.Host.Name = "dc2" }, false},
		"another directory":       {func(e *control.Enrol) { e.Directory.DomainGUID = directory.GUID{2} }, false},
		"a directory not told":    {func(e *control.Enrol) { e.Directory.DomainGUID = directory.GUID{} }, false},
		"an agent that never was": {func(e *control.Enrol) { e.AgentID = "zzz" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := tenanttest.Start(t)
			was := left(t, s, "dc1")
			public, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			body := tenanttest.Enrolment(s.EnrolmentToken(t), "dc1", public)
			row.edit(&body)
			var enrolled control.Enrolled
			s.Do(t, "POST", control.EnrolPath, "", body).Into(t, &enrolled)
			if same := enrolled.AgentID == was.ID.String(); same != row.same {
				t.Fatalf("enrolled as %s, was %s; want the same: %v", enrolled.AgentID, was.ID, row.same)
			}
			if !row.same {
				return
			}
			wantProblem(t, "the former key", s.Exchange(t, was.Assertion(t, nil)), 401, problem.CredentialsBad)
			was.Key = private
			was.Renew(t)
			was.Heartbeat(t, nil)
			if agent, err := s.Agent(t.Context(), was.ID); err != nil || agent.Condition(s.Clock.Now()).Code != control.InSync {
				t.Errorf("got %+v (%v), want it in sync again", agent, err)
			}
		})
	}
}

func TestAHostWhoseAgentIsThereGetsAnother(t *testing.T) {
	s := tenanttest.Start(t)
	if first, second := s.Enrol(t, "dc1"), s.Enrol(t, "dc1"); first.ID == second.ID {
		t.Error("an agent that has not left was taken over")
	}
}
