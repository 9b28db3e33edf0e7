package controlserver_test

import (
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// change edits the administrator as the command does, from beside the tenant that serves.
func change(t *testing.T, s *tenanttest.Server, edit func(*tenant.Administrator)) {
	t.Helper()
	s.ChangeAdministrator(t, edit)
}

func lock(a *tenant.Administrator)    { a.Locked = true }
func demote(a *tenant.Administrator)  { a.Role = tenant.RoleReader }
func restore(a *tenant.Administrator) { a.Locked, a.Role = false, tenant.RoleAdministrator }

func TestStandingIsToldAfterThePasswordOnly(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(*testing.T, *tenanttest.Server)
		want  problem.Code
	}{
		"locked":   {func(t *testing.T, s *tenanttest.Server) { change(t, s, lock) }, control.AccountLocked},
		"a reader": {func(t *testing.T, s *tenanttest.Server) { change(t, s, demote) }, control.NotAdministrator},
		"disabled": {func(t *testing.T, s *tenanttest.Server) { disable(t, s, true) }, control.TenantDisabled},
	} {
		t.Run(name, func(t *testing.T) {
			s := tenanttest.Start(t)
			plain := signInWith(t, s, "wrong", "")
			row.spoil(t, s)
			if got := signInWith(t, s, "wrong", ""); got.Body != plain.Body || got.Status != plain.Status {
				t.Errorf("a wrong password: got %s, want %s", got.Body, plain.Body)
			}
			wantProblem(t, "the right password", signInWith(t, s, tenanttest.Password, ""), 403, row.want)
			change(t, s, restore)
			disable(t, s, false)
			if got := signInWith(t, s, tenanttest.Password, ""); got.Status != 200 {
				t.Errorf("afterwards: got %d %s", got.Status, got.Body)
			}
		})
	}
}

func disable(t *testing.T, s *tenanttest.Server, disabled bool) {
	t.Helper()
	if err := serve.Disable(t.Context(), serve.Options{State: s.State}, disabled); err != nil {
		t.Fatal(err)
	}
}

func TestLockingEndsWhatIsUnderWay(t *testing.T) {
	for name, edit := range map[string]func(*tenant.Administrator){"locked": lock, "a reader": demote} {
		t.Run(name, func(t *testing.T) {
			s := tenanttest.Start(t)
			token := s.EnrolmentToken(t)
			var session control.Session
			signInWith(t, s, tenanttest.Password, "").Into(t, &session)
			change(t, s, edit)
			wantProblem(t, "the session", s.Do(t, "POST", control.EnrolmentTokensPath, session.Session, nil), 401, problem.Unauthorized)
			wantProblem(t, "the enrolment token", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(token, "dc1", make([]byte, 32))), 403, problem.Forbidden)
		})
	}
}

func TestDisablingEndsWhatIsUnderWayButNotAgents(t *testing.T) {
	s := tenanttest.Start(t)
	a, token := s.Enrol(t, "dc1"), s.EnrolmentToken(t)
	var session control.Session
	signInWith(t, s, tenanttest.Password, "").Into(t, &session)
	disable(t, s, true)
	wantProblem(t, "the session", s.Do(t, "POST", control.EnrolmentTokensPath, session.Session, nil), 401, problem.Unauthorized)
	wantProblem(t, "the enrolment token", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment(token, "dc2", make([]byte, 32))), 403, control.TenantDisabled)
	wantProblem(t, "a made-up token", s.Do(t, "POST", control.EnrolPath, "", tenanttest.Enrolment("x", "dc2", make([]byte, 32))), 403, problem.Forbidden)
	a.Heartbeat(t, nil)
}

func TestDeviceSignInOfWhoMayNotEnrolAnyMore(t *testing.T) {
	for name, row := range map[string]struct {
		edit func(*tenant.Administrator)
		want problem.Code
	}{"locked": {lock, control.AccountLocked}, "a reader": {demote, control.NotAdministrator}} {
		s := tenanttest.Start(t)
		early, late := begun(t, s), begun(t, s)
		if err := decide(t, s, early.UserCode, true); err != nil {
			t.Fatal(err)
		}
		change(t, s, row.edit)
		answer := poll(t, s, early.DeviceCode)
		var told control.DeviceRefusal
		answer.Into(t, &told)
		if answer.Status != 400 || told.Kind != control.DeviceDenied || told.Code != row.want || told.Hint == "" {
			t.Errorf("%s after approving: got %d %s, want %s", name, answer.Status, answer.Body, row.want)
		}
		if err := decide(t, s, late.UserCode, true); !problem.Is(err, row.want) {
			t.Errorf("%s approves: got %v, want %s", name, err, row.want)
		}
		change(t, s, restore)
		s.Clock.Advance(5 * time.Second)
		wantRefusal(t, name+": what was not approved", poll(t, s, late.DeviceCode), control.DevicePending)
	}
}
