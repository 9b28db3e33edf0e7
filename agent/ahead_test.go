package agent

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// id gives the agent's id at the tenant, once its stream stands.
func (s *stage) id() tenant.ID {
	s.Helper()
	agents, err := s.tenant.Agents(s.Context())
	if err != nil || len(agents) == 0 {
		s.Fatalf("the tenant lists no agent (%v)", err)
	}
	return agents[len(agents)-1].ID
}

// preview asks over the tenant until the preview is made.
func (s *stage) preview(args control.PreviewArgs) control.Preview {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 30*time.Second)
	defer cancel()
	for {
		p, err := s.tenant.Preview(ctx, s.id(), args)
		if problem.Is(err, problem.Unavailable) && ctx.Err() == nil {
			continue // its stream does not stand yet
		}
		if err != nil {
			s.Fatal(err)
		}
		if args.ID = p.ID; !p.Reading {
			return p
		}
	}
}

func (s *stage) explain(name string) control.Explanation {
	s.Helper()
	e, err := s.tenant.Explain(s.Context(), s.id(), control.ExplainArgs{Name: name})
	if err != nil {
		s.Fatal(err)
	}
	return e
}

// one explains somebody of whom there is exactly one.
func (s *stage) one(name string) control.Explained {
	s.Helper()
	e := s.explain(name)
	if len(e.Matches) != 1 {
		s.Fatalf("%q: got %+v, want one", name, e)
	}
	return e.Matches[0]
}

// hire adds somebody complete, but for what is given.
func (s *stage) hire(unit directory.GUID, name string, but ...directory.Attribute) directory.GUID {
	s.Helper()
	given, family, _ := strings.Cut(name, " ")
	logon := strings.ToLower(given+"."+family) + "@example.test"
	all := []directory.Attribute{
		{Name: directory.GivenName, Value: given},
		{Name: directory.Surname, Value: family},
		{Name: directory.Mail, Value: logon},
		{Name: directory.UserPrincipalName, Value: logon},
		{Name: directory.SAMAccountName, Value: strings.ToLower(family)},
		{Name: directory.UserAccountControl, Value: "512"},
	}
	for _, b := range but {
		all = slices.DeleteFunc(all, func(a directory.Attribute) bool { return a.Name == b.Name })
		if b.Value != "" {
			all = append(all, b)
		}
	}
	id, err := s.directory.AddUser(s.Context(), unit, name, all...)
	if err != nil {
		s.Fatal(err)
	}
	return id
}

func TestPreviewBeforeTheFirstSyncIsWhatItThenDoes(t *testing.T) {
	s := newStage(t)
	s.hire(s.seeded.Units[0], "Nora Nomail", directory.Attribute{Name: directory.Mail})
	s.enrol()
	s.await(control.AwaitingConfiguration)
	before := s.preview(control.PreviewArgs{Scope: s.seeded.Units, Incomplete: control.IncompleteSkip})
	s.awaitUsers(0)
	if n := s.enabled() - 1; before.Run.UsersAdded != n || before.Counts.People != n || before.Counts.Incomplete != 1 || before.Run.GroupsAdded == 0 {
		t.Fatalf("got %+v %+v, want %d people", before.Run, before.Counts, n)
	}
	if first := before.Rows[0]; first.Name != "Nora Nomail" || !slices.Equal(first.Missing, []string{plan.Email}) || first.Because != control.BecauseIncomplete {
		t.Errorf("who needs attention comes first: got %+v", first)
	}
	page := s.preview(control.PreviewArgs{ID: before.ID, After: 5, Limit: 3})
	if len(page.Rows) != 3 || page.Next != 8 || page.Rows[0].GUID != before.Rows[5].GUID {
		t.Errorf("a page of the same preview: got %+v", page)
	}
	s.choose(func(settings *tenant.Settings) { settings.Incomplete = control.IncompleteSkip })
	s.awaitUsers(before.Run.UsersAdded)
	s.await(control.IncompleteSkipped)
	if again := s.preview(control.PreviewArgs{}); again.Run.Sent != 0 || again.Total != 1 {
		t.Errorf("a preview of what is in force: got %+v with rows %+v, want only who is incomplete", again.Run, again.Rows)
	}
}

func TestPreviewIsRefusedInWords(t *testing.T) {
	s := newStage(t)
	if _, err := s.agent.Preview(t.Context(), control.PreviewArgs{}); !problem.Is(err, problem.Code(control.AwaitingEnrolment)) {
		t.Errorf("not enrolled: got %v", err)
	}
	s.enrol()
	s.await(control.AwaitingConfiguration)
	for _, row := range []struct {
		name string
		args control.PreviewArgs
		want problem.Code
	}{
		{"nothing chosen", control.PreviewArgs{}, problem.Code(control.AwaitingConfiguration)},
		{"no such unit", control.PreviewArgs{Units: []string{"OU=Nowhere,DC=example,DC=test"}}, problem.Invalid},
		{"another preview's page", control.PreviewArgs{ID: "gone"}, problem.NotFound},
	} {
		if _, err := s.agent.Preview(t.Context(), row.args); !problem.Is(err, row.want) || problem.Of(err).Hint == "" {
			t.Errorf("%s: got %v, want %s with a hint", row.name, err, row.want)
		}
	}
}

func TestPreviewLeavesNoFileOfAKilledAgent(t *testing.T) {
	s := newStage(t)
	s.enrol()
	s.await(control.AwaitingConfiguration)
	s.preview(control.PreviewArgs{Scope: s.seeded.Units})
	if _, err := os.Stat(s.agent.previewPath()); err != nil {
		t.Fatalf("the preview stays for its pages: %v", err)
	}
	s.stop()
	if _, err := os.Stat(s.agent.previewPath()); !os.IsNotExist(err) {
		t.Errorf("after a stop the preview is still there: %v", err)
	}
	if err := os.WriteFile(s.agent.previewPath(), []byte("left by a kill"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.await(control.AwaitingConfiguration)
	if _, err := os.Stat(s.agent.previewPath()); !os.IsNotExist(err) {
		t.Errorf("after a start what was left is still there: %v", err)
	}
}

func TestExplainBeforeAnythingWasReadAsksTheDirectory(t *testing.T) {
	s := newStage(t)
	s.hire(s.seeded.Units[0], "Nora Nomail", directory.Attribute{Name: directory.Mail})
	s.enrol()
	s.await(control.AwaitingConfiguration)
	s.preview(control.PreviewArgs{Scope: s.seeded.Units}) // so that the stream stands
	e := s.explain("nora")
	if e.From != control.FromDirectory || len(e.Matches) != 1 {
		t.Fatalf("got %+v, want her, from the directory", e)
	}
	m := e.Matches[0]
	if m.InScope || m.Place != "Sales" || !slices.Equal(m.Missing, []string{plan.Email}) || m.Groups != -1 || !strings.Contains(m.Words.Title, "no organizational units are chosen yet") {
		t.Errorf("got %+v", m)
	}
	if e := s.explain("nobody at all"); e.Nobody == nil || e.From != control.FromDirectory {
		t.Errorf("nobody: got %+v", e)
	}
}

// TestExplain asks for one of each.
func TestExplain(t *testing.T) {
	s := newStage(t)
	sales := s.seeded.Units[0]
	ctx := context.Background()
	attribute := func(name, value string) directory.Attribute { return directory.Attribute{Name: name, Value: value} }
	away, err := s.directory.AddUnit(ctx, s.directory.Root(), "Away")
	if err != nil {
		t.Fatal(err)
	}
	ann := s.hire(sales, "Ann Added")
	gone := s.hire(sales, "Gil Gone")
	s.hire(sales, "Dis Abled", attribute(directory.UserAccountControl, "514"))
	s.hire(sales, "Éva Expired", attribute(directory.AccountExpires, "132000000000000000"))
	s.hire(away, "Out Side")
	if _, err := s.directory.AddGroup(ctx, sales, "Explained", ann); err != nil {
		t.Fatal(err)
	}
	s.enrol()
	s.choose(func(*tenant.Settings) {})
	s.await(control.InSync)
	if err := s.directory.Delete(ctx, gone); err != nil {
		t.Fatal(err)
	}
	s.hire(sales, "Ann Again", attribute(directory.Mail, "ANN.ADDED@example.test"))
	s.hire(sales, "Inga Incomplete", attribute(directory.Surname, ""))
	s.hire(sales, "Will Waiting")
	c := s.await(control.Halted)
	for end := time.Now().Add(10 * time.Second); len(c.Subjects) < 2 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c = s.await(control.Halted)
	}
	for _, row := range []struct {
		ask     string
		action  control.Action
		because control.Because
		state   control.DirectoryState
		title   string
	}{
		{"Ann Added", control.ActionNothing, "", control.StateEnabled, "Is in the tenant as the directory has it."},
		{"ann again", control.ActionNothing, control.BecauseConflict, control.StateEnabled, "Is not added: Ann Added in Sales has the same e-mail ann.added@example.test."},
		{"EXAMPLE\\incomplete", control.ActionNothing, control.BecauseIncomplete, control.StateEnabled, "Is not added: no last name."},
		{"will.waiting@example.test", control.ActionNothing, control.BecauseWaiting, control.StateEnabled, "Is not added: Ann Again in Sales halts additions (Ann Added in Sales has the same e-mail ann.added@example.test)."},
		{"abled", control.ActionNothing, control.BecauseDisabled, control.StateDisabled, "Is not added: the account is disabled in Active Directory."},
		{"ÉVA", control.ActionNothing, control.BecauseExpired, control.StateExpired, "Is not added: the account expired on 17 April 2019."},
		{"CN=Out Side,OU=Away,DC=acme,DC=test", control.ActionNothing, control.BecauseOutOfScope, control.StateEnabled, "Is not added: Away is not in a chosen unit."},
		{gone.String(), control.ActionNothing, control.BecauseDeleted, control.StateDeleted, "Stays disabled: deleted from the directory."},
	} {
		t.Run(row.ask, func(t *testing.T) {
			e := s.one(row.ask)
			if e.Action != row.action || e.Because != row.because || e.State != row.state || e.Words.Title != row.title {
				t.Errorf("got %+v", e)
			}
			if row.because != "" && row.because != control.BecauseDeleted && e.Words.Hint == "" {
				t.Errorf("no word on what to do: %+v", e.Words)
			}
		})
	}
	if e := s.one("Ann Added"); !e.Tenant.Added || !e.Tenant.Active || !e.Tenant.Current || !e.InScope || e.Unit != "Sales" || e.Groups != 1 {
		t.Errorf("who is in the tenant: got %+v", e)
	}
	if e := s.one("Explained"); e.Kind != directory.KindGroup || e.Members != 1 || !e.Tenant.Added {
		t.Errorf("a group: got %+v", e)
	}
	if e := s.explain("Nobody Of This Name"); e.Nobody == nil || e.Nobody.Hint == "" || e.From != control.FromMirror {
		t.Errorf("nobody: got %+v", e)
	}
	if e := s.explain("CN=Out Side,OU=Away,DC=other,DC=test"); e.Nobody == nil {
		t.Errorf("a name of another domain: got %+v", e)
	}
	if e := s.explain("e"); len(e.Matches) != control.MaxExplained || !e.More {
		t.Errorf("many: got %d, more %v", len(e.Matches), e.More)
	}
	if _, err := s.tenant.Explain(ctx, s.id(), control.ExplainArgs{Name: " "}); !problem.Is(err, problem.Invalid) {
		t.Errorf("no name: got %v", err)
	}
}
