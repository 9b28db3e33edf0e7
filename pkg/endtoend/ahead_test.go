//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
)

// TestLookingAhead holds preview and explain, at the prompt and against a real directory, to what then really happens.
func TestLookingAhead(t *testing.T) {
	l := newLab(t, samba.Options{Plan: samba.Plan{Units: []samba.Unit{{Path: []string{"Sales"}}, {Path: []string{"Attic"}}}}})
	l.web = l.signIn()
	l.staff()
	l.setup()
	l.awaitCondition(control.AwaitingConfiguration)
	l.in("explained before anything was read", l.explainUnread)
	l.in("preview of the first sync", l.previewFirst)
	l.in("explained", l.explainEach)
	l.in("preview of another choice", l.previewOther)
}

// staff fills Sales with one of each.
func (l *lab) staff() {
	ctx := context.Background()
	ann := l.add("Sales", "Ann Adams")
	l.add("Sales", "Bob Brown")
	l.do(l.dc.SetDisabled(ctx, l.add("Sales", "Dis Abled"), true))
	l.do(l.dc.Modify(ctx, l.add("Sales", "Exa Expired"), directory.AccountExpires, filetime(time.Now().Add(-time.Hour))))
	l.add("Sales", "Inga Incomplete", directory.Mail)
	l.add("Attic", "Out Side")
	l.add("Sales", "Twin One")
	l.do(l.dc.Modify(ctx, l.add("Sales", "Twin Two"), directory.Mail, "Twin.One@example.test"))
	_, err := l.dc.AddGroup(ctx, l.find("Sales"), "Team", ann)
	l.do(err)
}

// explain asks at the prompt.
func (l *lab) explain(name string) control.Explanation {
	l.Helper()
	out, _ := l.run("passly-sync", "explain", name, "--json", "--state", l.state())
	var e control.Explanation
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		l.Fatalf("explaining %s: %v\n%s", name, err, out)
	}
	return e
}

// preview asks at the prompt; its exit code only says whether somebody would be left out.
func (l *lab) preview(args ...string) control.Preview {
	l.Helper()
	out, _ := l.run("passly-sync", append([]string{"preview", "--json", "--state", l.state()}, args...)...)
	var p control.Preview
	if err := json.Unmarshal([]byte(out), &p); err != nil || p.ID == "" {
		l.Fatalf("a preview: %v\n%s", err, out)
	}
	return p
}

func (l *lab) explainUnread() {
	e := l.explain("inga")
	if e.From != control.FromDirectory || len(e.Matches) != 1 || strings.Join(e.Matches[0].Missing, ", ") != "e-mail" || e.Matches[0].Place != "Sales" {
		l.Fatalf("got %+v, want her, without e-mail, from the directory", e)
	}
}

// previewFirst: row by row what the first sync then does, and until then nothing.
func (l *lab) previewFirst() {
	p := l.preview("--unit", "OU=Sales,"+l.dc.BaseDN(), "--incomplete", "skip")
	if h := l.held(); len(h.users)+len(h.groups) != 0 {
		l.Fatalf("the preview added somebody: %+v", h)
	}
	reasons := map[string]control.Because{}
	for _, row := range p.Rows {
		if row.Action == control.ActionNothing {
			reasons[row.Name] = row.Because
		}
	}
	// Whom the directory reports first keeps the name; which of the two that is, is the directory's own.
	if reasons["Twin One"]+reasons["Twin Two"] != control.BecauseConflict {
		l.Fatalf("one of the twins would be left out: got %v", reasons)
	}
	delete(reasons, "Twin One")
	delete(reasons, "Twin Two")
	want := map[string]control.Because{
		"Dis Abled": control.BecauseDisabled, "Exa Expired": control.BecauseExpired, "Inga Incomplete": control.BecauseIncomplete,
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		l.Fatalf("who would be left out (-want +got):\n%s", diff)
	}
	l.web.configure(func(form url.Values) { form["incomplete"] = []string{"skip"} })
	l.choose(l.find("Sales"))
	l.expect() // remembers who may be in the tenant from now on
	l.awaitCondition(control.IncompleteSkipped)
	l.until("the first sync", time.Minute, func() bool { return len(l.held().users) >= p.Run.UsersAdded && len(l.held().groups) > 0 })
	h := l.held()
	if diff := cmp.Diff(wouldAdd(p, directory.KindUser), slices.Sorted(maps.Keys(h.users))); diff != "" {
		l.Fatalf("added users (-foretold +done):\n%s", diff)
	}
	if got := slices.Sorted(maps.Keys(h.groups)); !slices.Equal(got, []string{"Team"}) || p.Run.GroupsAdded != 1 || p.Run.MembersAdded != len(h.groups["Team"]) {
		l.Fatalf("groups: foretold %+v, there are %v", p.Run, h.groups)
	}
}

// wouldAdd lists the objectGUIDs that a preview would add.
func wouldAdd(p control.Preview, kind directory.Kind) (guids []string) {
	for _, row := range p.Rows {
		if row.Action == control.ActionAdd && row.Kind == kind {
			guids = append(guids, row.GUID.String())
		}
	}
	slices.Sort(guids)
	return guids
}

func (l *lab) explainEach() {
	ctx := context.Background()
	l.do(l.dc.Modify(ctx, l.add("Sales", "Con Flict", directory.Mail), directory.Mail, "ANN.ADAMS@example.test"))
	bob := l.find("Sales", "Bob Brown")
	l.do(l.dc.Delete(ctx, bob))
	l.until("the deleted user is disabled", 30*time.Second, func() bool { return !l.held().users[bob.String()].Active })
	for ask, want := range map[string]struct {
		because control.Because
		title   string
	}{
		"Ann Adams":                             {"", "Is in the tenant as the directory has it."},
		"dis.abled@example.test":                {control.BecauseDisabled, "Is not added: the account is disabled in Active Directory."},
		"exa.expired":                           {control.BecauseExpired, "Is not added: the account expired on "},
		"Inga":                                  {control.BecauseIncomplete, "Is not added: no e-mail."},
		"Con Flict":                             {control.BecauseConflict, "Is not added: Ann Adams in Sales has the same e-mail ann.adams@example.test."},
		"CN=Out Side,OU=Attic," + l.dc.BaseDN(): {control.BecauseOutOfScope, "Is not added: Attic is not in a chosen unit."},
		bob.String():                            {control.BecauseDeleted, "Stays disabled: deleted from the directory."},
	} {
		e := l.explain(ask)
		if e.From != control.FromMirror || len(e.Matches) != 1 || e.Matches[0].Because != want.because || !strings.HasPrefix(e.Matches[0].Words.Title, want.title) {
			l.Errorf("%s: got %+v, want one: %q", ask, e, want.title)
		}
	}
	out, err := l.run("passly-sync", "explain", "Nobody", "Here", "--state", l.state())
	if err == nil || !strings.Contains(out, "Nobody of this name: Nobody Here") || !strings.Contains(out, "→ ") {
		l.Errorf("nobody: got %v\n%s", err, out)
	}
}

// previewOther: what leaving Sales for the Attic would do, and then does.
func (l *lab) previewOther() {
	before := l.held()
	p := l.preview("--unit", "OU=Attic,"+l.dc.BaseDN())
	if diff := cmp.Diff(before.users, l.held().users); diff != "" {
		l.Fatalf("the preview changed the tenant:\n%s", diff)
	}
	if p.Run.UsersDisabled != 2 || p.Run.UsersAdded != 1 || p.Run.GroupsRemoved != 1 {
		l.Fatalf("got %+v, want Ann and a twin disabled, Out added, Team removed", p.Run)
	}
	rows := l.must("passly-sync", "preview", "--csv", "--state", l.state(), "--unit", "OU=Attic,"+l.dc.BaseDN())
	if !strings.Contains(rows, "disable,user,Ann Adams,ann.adams@example.test,") {
		l.Errorf("as CSV:\n%s", rows)
	}
	l.choose(l.find("Attic"))
	l.converge("the other choice")
	after := l.preview()
	if after.Run.Sent != 0 || len(wouldAdd(after, directory.KindUser)) != 0 {
		l.Errorf("afterwards nothing is to do, but the preview says %+v", after.Run)
	}
}
