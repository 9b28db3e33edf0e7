package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// TestReaderLooksAndChangesNothing tries every write of the console.
func TestReaderLooksAndChangesNothing(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	s.ChangeAdministrator(t, func(a *tenant.Administrator) { a.Role = tenant.RoleReader })
	v := signedIn(t, s)
	_, device := begin(t, s)
	agent := "/directory-sync/" + a.ID.String()
	for _, path := range []string{"/directory-sync", agent, agent + "/configure", "/users", "/account", "/device?code=" + device.Code} {
		if answer := v.get(t, path); answer.Status != 200 {
			t.Errorf("looking at %s: got %d", path, answer.Status)
		}
	}
	for path, form := range map[string]url.Values{
		agent + "/configure": {"name": {"Mine"}}, agent + "/approve": {"kind": {"users"}}, agent + "/sync": nil,
		"/directory-sync/enrolment-token": nil, "/device": {"code": {device.Code}, "decision": {"approve"}},
	} {
		answer := v.post(t, path, form)
		if answer.Status != http.StatusForbidden || !strings.Contains(answer.Body, "may look, but not change anything") {
			t.Errorf("writing %s: got %d %.300s", path, answer.Status, answer.Body)
		}
	}
	if answer := v.post(t, "/account/second-factor/off", url.Values{"password": {tenanttest.Password}}); answer.Status != http.StatusSeeOther {
		t.Errorf("the own account: got %d", answer.Status)
	}
	if answer := v.post(t, "/sign-out", nil); answer.Status != http.StatusSeeOther {
		t.Errorf("signing out: got %d", answer.Status)
	}
}

func TestLockedAndDisabledInTheConsole(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	o := serve.Options{State: s.State}
	if err := serve.Disable(t.Context(), o, true); err != nil {
		t.Fatal(err)
	}
	if answer := v.get(t, "/users"); answer.Status != http.StatusSeeOther {
		t.Errorf("a session of a disabled tenant: got %d, want to be sent to sign in", answer.Status)
	}
	right := url.Values{"email": {tenanttest.Email}, "password": {tenanttest.Password}}
	if answer := post(t, s, "/sign-in", right); answer.Status != 403 || !strings.Contains(answer.Body, "This tenant is disabled") {
		t.Errorf("signing in: got %d %.300s", answer.Status, answer.Body)
	}
	if err := serve.Disable(t.Context(), o, false); err != nil {
		t.Fatal(err)
	}
	s.ChangeAdministrator(t, func(a *tenant.Administrator) { a.Locked = true })
	if answer := post(t, s, "/sign-in", right); answer.Status != 403 || !strings.Contains(answer.Body, "This account is locked") {
		t.Errorf("signing in to a locked account: got %d", answer.Status)
	}
}
