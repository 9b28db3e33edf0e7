package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/tenanttest"
)

// bigTree is a domain with 400 departments of five teams each, in which three people work.
func bigTree() []control.Unit {
	all := []control.Unit{{GUID: directory.GUID{1}, Name: "example.test"}}
	for d := range 400 {
		id := directory.GUID{2, byte(d), byte(d >> 8)}
		all = append(all, control.Unit{GUID: id, Parent: directory.GUID{1}, Name: fmt.Sprintf("Department %03d", d)})
		for n := range 5 {
			all = append(all, control.Unit{GUID: directory.GUID{3, byte(d), byte(d >> 8), byte(n)}, Parent: id, Name: fmt.Sprintf("Team %03d-%d", d, n), People: 3})
		}
	}
	return all
}

func team(d, n int) directory.GUID { return directory.GUID{3, byte(d), byte(d >> 8), byte(n)} }

func withBigTree(t *testing.T, chosen ...directory.GUID) (*tenanttest.Server, *tenanttest.Agent) {
	t.Helper()
	s := tenanttest.Start(t)
	a := s.Enrol(t, "dc1")
	a.Heartbeat(t, func(*control.Heartbeat) {})
	a.AnswerUnits(t, bigTree())
	if len(chosen) > 0 {
		if _, err := s.Configure(t.Context(), a.ID, func(s *tenant.Settings) error {
			s.Scope = chosen
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return s, a
}

// TestUnitsWithoutScript unfolds and finds as a browser does that runs no script: by buttons, which save nothing and lose nothing.
func TestUnitsWithoutScript(t *testing.T) {
	s, a := withBigTree(t, team(399, 4))
	v := signedIn(t, s)
	path := "/directory-sync/" + a.ID.String() + "/configure"
	page := v.get(t, path)
	if len(page.Body) > 66_000 {
		t.Errorf("the page has %d bytes", len(page.Body))
	}
	for _, want := range []string{"Department 000", "Department 399", "Team 399-4", "Only a part of the units is shown", "6,000 people", "15 people"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page.Body, "Team 007-2") {
		t.Error("the page has what nobody unfolded")
	}
	a1, err := s.Store().Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"version": {"1"}, "name": {"Renamed"}, "status": {"paused"}, "incomplete": {"skip"}, "organization": {a1.Organization.String()}, "policy": {tenant.FullOnboardingPolicyID.String()},
		"unit": {team(7, 1).String(), team(398, 1).String()}, "unfold": {directory.GUID{2, 7}.String()},
	}
	page = v.post(t, path, form)
	ticked := func(id directory.GUID) string { return `name="unit" value="` + id.String() + `" checked` }
	for _, want := range []string{"Team 007-2", ticked(team(7, 1)), ticked(team(398, 1)), `value="Renamed"`, `value="paused" checked`} {
		if page.Status != 200 || !strings.Contains(page.Body, want) {
			t.Errorf("unfolding: got %d without %q", page.Status, want)
		}
	}
	if strings.Contains(page.Body, ticked(team(399, 4))) {
		t.Error("unfolding: what was unticked is ticked again")
	}
	form.Del("unfold")
	form.Set("look", "yes")
	form.Set("find", "TEAM 123")
	if page = v.post(t, path, form); !strings.Contains(page.Body, "Team 123-3") || !strings.Contains(page.Body, ticked(team(7, 1))) {
		t.Errorf("finding: got %d %.300s", page.Status, page.Body)
	}
	if got, _ := s.Store().Agent(t.Context(), a.ID); got.Configuration.Version != 1 || got.Configuration.Name == "Renamed" {
		t.Errorf("looking saved something: %+v", got.Configuration)
	}
	if part := v.get(t, "/directory-sync/"+a.ID.String()+"/units?unfold="+directory.GUID{2, 9}.String()); !strings.Contains(part.Body, "Team 009-4") || strings.Contains(part.Body, "Department") {
		t.Errorf("a part of the tree: got %d %.300s", part.Status, part.Body)
	}
}

// typing replaces what is in the field that finds units.
func typing(text string) browsertest.Action {
	return browsertest.Until(fmt.Sprintf(`(() => { const f = document.getElementById("unit-filter"); f.value = %q; f.dispatchEvent(new Event("input")); return true; })()`, text))
}

func TestBrowserUnits(t *testing.T) {
	s, a := withBigTree(t, team(399, 4))
	ctx := browsertest.Start(t)
	enter(t, ctx, s, "/directory-sync/"+a.ID.String()+"/configure", "Organizational units")
	look(t, ctx, "units-big")
	department := `li:has(> .unit input[value="` + directory.GUID{2, 7}.String() + `"])`
	browsertest.Step(t, ctx, "unfolding", browsertest.Click(department+" summary"), browsertest.WaitText("Team 007-2"), browsertest.Click(`input[value="`+team(7, 2).String()+`"]`))
	browsertest.Step(t, ctx, "what holds something chosen shows it", browsertest.Until(`document.querySelector('`+department+` > .unit input').indeterminate`))
	browsertest.Step(t, ctx, "finding", chromedp.SendKeys("#unit-filter", "team 123"), browsertest.WaitText("Team 123-4"), browsertest.Until(`document.querySelectorAll(".tree li:not([hidden])").length === 7`),
		browsertest.Click(`input[value="`+team(123, 4).String()+`"]`))
	browsertest.Step(t, ctx, "finding nothing", typing("xyzzy"), browsertest.WaitText("No unit has this in its name"))
	browsertest.Step(t, ctx, "Enter in a field looks nothing up", typing("team 399"), chromedp.SendKeys("#unit-filter", "\n"), browsertest.Until(`document.querySelector('input[value="`+team(399, 4).String()+`"]').checked`))
	browsertest.Step(t, ctx, "more of them", typing(""), browsertest.Until(`document.querySelectorAll(".tree li[hidden]").length === 0`), browsertest.Click("#units > ul > li > details > .unfold"), browsertest.WaitText("Department 200"))
	browsertest.Step(t, ctx, "saving", browsertest.Click(".bar .primary"), browsertest.WaitText("The agent has been told"))
	got, err := s.Store().Agent(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	chosen := map[directory.GUID]bool{}
	for _, id := range got.Configuration.Scope {
		chosen[id] = true
	}
	if len(chosen) != 3 || len(got.Configuration.Scope) != 3 || !chosen[team(399, 4)] || !chosen[team(7, 2)] || !chosen[team(123, 4)] {
		t.Errorf("chosen are %v", got.Configuration.Scope)
	}
}
