package console_test

import (
	"net/url"
	"strings"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

func TestSettingsAreComparedAndTakenBack(t *testing.T) {
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	v, path := signedIn(t, s), "/directory-sync/"+a.ID.String()+"/settings"
	if page := v.get(t, path); !strings.Contains(page.Body, "Nothing was chosen yet") {
		t.Errorf("before the first choice: %.600s", page.Body)
	}
	for _, name := range []string{"Head office", "Branch <1>"} {
		if _, err := s.Configure(t.Context(), a.ID, func(c *tenant.Settings) error {
			c.Name, c.Incomplete = name, control.IncompleteSkip
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	page := v.get(t, path).Body
	for _, words := range []string{"Version 2", "in force", "Head office</td>", "Branch &lt;1&gt;</td>", "Version 1", "skip</td>"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not show %q: %.3000s", words, page)
		}
	}
	if answer := v.post(t, path, url.Values{"version": {"1"}}); answer.Status != 303 {
		t.Fatalf("taking back: got %d %.500s", answer.Status, answer.Body)
	}
	agent, err := s.Agent(t.Context(), a.ID)
	if c := agent.Configuration; err != nil || c.Version != 3 || c.Name != "Head office" {
		t.Errorf("in force: %+v (%v), want the first choice as version 3", c, err)
	}
	for _, version := range []string{"9", "-1", "x", ""} {
		if answer := v.post(t, path, url.Values{"version": {version}}); answer.Status != 404 && answer.Status != 400 {
			t.Errorf("version %q: got %d", version, answer.Status)
		}
	}
}
