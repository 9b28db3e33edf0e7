package agent

import (
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

// departed says of each agent of a tenant whether it left.
func departed(t testing.TB, s *tenanttest.Server) (left []bool) {
	t.Helper()
	agents, err := s.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		left = append(left, a.HasLeft())
	}
	return left
}

func (s *stage) forgotten() {
	s.Helper()
	s.await(control.AwaitingEnrolment)
	if _, err := s.vault.Get(s.Context(), credentialsItem); !problem.Is(err, problem.NotFound) {
		s.Errorf("the credentials are still in the keyring (%v)", err)
	}
	if r, err := loadRecord(s.state); err != nil || r != nil {
		s.Errorf("the record is still there: %+v, %v", r, err)
	}
}

func TestLeavingTellsTheTenantAndForgets(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	said, err := s.agent.Leave(t.Context())
	if err != nil || !said.Told {
		t.Fatalf("got %+v, %v; want the tenant told", said, err)
	}
	s.forgotten()
	if left := departed(t, s.tenant); len(left) != 1 || !left[0] {
		t.Errorf("agents that left: %v, want the one", left)
	}
	s.awaitUsers(s.enabled()) // its people stay
	if _, err := s.agent.Leave(t.Context()); !problem.Is(err, problem.Code(control.AwaitingEnrolment)) {
		t.Errorf("leaving again: got %v, want that it is not enrolled", err)
	}
}

func TestLeavingDoesNotDependOnTheTenant(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.tenant.GoAway()
	said, err := s.agent.Leave(t.Context())
	if err != nil || said.Told || said.Problem == nil || said.Problem.Title == "" {
		t.Fatalf("got %+v, %v; want that it left, and why the tenant does not know", said, err)
	}
	s.forgotten()
}

func TestMovingTellsTheFormerTenant(t *testing.T) {
	s := newStage(t)
	s.enrol()
	former, e := s.tenant, s.enrolment()
	s.tenant = tenanttest.Start(t)
	e.Tenant, e.Token = s.tenant.URL, s.tenant.EnrolmentToken(t)
	var last handoff.Step
	if err := s.agent.Enrol(t.Context(), e, func(step handoff.Step) { last = step }); err != nil {
		t.Fatal(err)
	}
	if last.Name != handoff.StepFarewell || last.State != handoff.StepDone {
		t.Errorf("the last step is %+v, want that the former tenant was told", last)
	}
	if left := departed(t, former); !left[0] {
		t.Error("the former tenant does not know")
	}
	if left := departed(t, s.tenant); len(left) != 1 || left[0] {
		t.Errorf("agents of the new tenant that left: %v, want one that is there", left)
	}
}

func TestEnrollingAgainIsNoFarewell(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.enrol()
	if left := departed(t, s.tenant); len(left) != 1 || left[0] {
		t.Errorf("agents that left: %v, want the same one, there", left)
	}
}

func TestChangedAccountIsProvedBeforeItCounts(t *testing.T) {
	s := newStage(t)
	s.enrol()
	other, err := adtest.New(adtest.Options{Domain: "other.test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	right := handoff.Directory{Account: s.directory.Account(), Password: s.directory.Password()}
	for name, row := range map[string]struct {
		d    handoff.Directory
		code problem.Code
	}{
		"a wrong password": {handoff.Directory{Account: right.Account, Password: "wrong"}, "directory-credentials-refused"},
		"another domain": {
			handoff.Directory{URL: other.URL(), CA: string(other.CA()), Account: other.Account(), Password: other.Password()}, problem.Conflict,
		},
	} {
		if err := s.agent.ChangeDirectory(t.Context(), row.d); !problem.Is(err, row.code) {
			t.Errorf("%s: got %v, want %s", name, err, row.code)
		}
	}
	if err := s.agent.ChangeDirectory(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	s.choose(func(*tenant.Settings) {})
	s.awaitUsers(s.enabled())
	if r, err := loadRecord(s.state); err != nil || r.Directory.URL != s.directory.URL() || r.Directory.Password != "" {
		t.Errorf("the record says %+v, %v; want the same address and no password", r, err)
	}
}
