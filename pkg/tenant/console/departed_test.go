package console_test

import (
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

func TestDepartedAgentIsShown(t *testing.T) {
	s := tenanttest.Start(t)
	v := signedIn(t, s)
	a := s.Enrol(t, "dc1")
	fillIn(t, a)
	a.Do(t, "POST", control.LeavePath, nil)
	list, page := v.get(t, "/directory-sync").Body, v.get(t, "/directory-sync/"+a.ID.String()).Body
	for where, body := range map[string]string{"the list": list, "its page": page} {
		if !strings.Contains(body, "Removed from its machine") || !strings.Contains(body, "just now") {
			t.Errorf("%s does not say it: %.1500s", where, body)
		}
	}
	for _, over := range []string{"Mara Lindqvist", "Approve:", "Sync now"} {
		if strings.Contains(page, over) {
			t.Errorf("its page still has %q", over)
		}
	}
}

// TestBrowserAnAgentLeaves sees it happen.
func TestBrowserAnAgentLeaves(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	fillIn(t, a)
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/directory-sync", "2 users are incomplete")
	a.Do(t, "POST", control.LeavePath, nil)
	browsertest.Step(t, ctx, "it leaves before one's eyes", browsertest.WaitText("Removed from its machine"))
	look(t, ctx, "agents-departed")
	browsertest.Step(t, ctx, "its page", browsertest.Click("#live tbody a"), browsertest.WaitText("the people stay its own"))
	look(t, ctx, "agent-departed")
}
