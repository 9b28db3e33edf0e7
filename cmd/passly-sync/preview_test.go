package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
)

// paged answers with a preview of two pages, the first one after a while.
type paged struct {
	handoff.Forecaster
	pages   []control.Preview
	reading int
}

func (p *paged) Preview(_ context.Context, args control.PreviewArgs) (control.Preview, error) {
	if p.reading > 0 {
		p.reading--
		return control.Preview{ID: "p", Reading: true, Read: 4000}, nil
	}
	return p.pages[args.After], nil
}

func twoPages() *paged {
	figures := control.Preview{
		ID: "p", Run: control.Run{UsersAdded: 1, GroupsRemoved: 1, MembersAdded: 2}, Counts: control.Counts{Incomplete: 1},
		Held: []control.Held{{Kind: control.RemoveUsers, Count: 30, Allowed: 20}}, Total: 3,
	}
	first, second := figures, figures
	first.Next = 1
	first.Rows = []control.PreviewRow{{
		Name: "Bo\x1b[2J", Place: "Sales", Kind: directory.KindUser, Action: control.ActionNothing, Because: control.BecauseIncomplete,
		Missing: []string{"first name", "e-mail"}, Reason: "Is not added: no first name, no e-mail.",
	}}
	second.Rows = []control.PreviewRow{
		{Name: "=Sum", Mail: "s@example.test", Place: "Sales", Kind: directory.KindUser, Action: control.ActionAdd, Reason: "Is added."},
		{Name: "Old", Place: "Attic", Kind: directory.KindGroup, Action: control.ActionRemove, Because: control.BecauseOutOfScope, Reason: "Is removed: Attic is not in a chosen unit."},
	}
	return &paged{pages: []control.Preview{first, second}, reading: 1}
}

func TestPreviewIsPrintedInWords(t *testing.T) {
	var out, progress bytes.Buffer
	agent := twoPages()
	p, err := firstPage(t.Context(), agent, control.PreviewArgs{}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	if err := printPreview(&out, p, previewRows(t.Context(), agent, p)); err != nil {
		t.Fatal(err)
	}
	want := `The next sync would:
  add        1 user, 2 memberships
  remove     1 group
  leave out  1 incomplete
  hold       30 removals of users for approval, where 20 pass by themselves

! nothing  Bo�[2J in Sales. Is not added: no first name, no e-mail.
+ add      =Sum in Sales. Is added.
- remove   Old in Attic. Is removed: Attic is not in a chosen unit.
Nothing was changed.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("preview (-want +got):\n%s", diff)
	}
	if got := progress.String(); got != "The agent is reading the directory: 4000 entries so far.\n" {
		t.Errorf("meanwhile: got %q", got)
	}
	if got := exitCode(foreseen(p)); got != exitAttention {
		t.Errorf("exit code: got %d, want %d", got, exitAttention)
	}
}

// A name in the directory is somebody else's text: it must not become a formula in a spreadsheet.
func TestFormulaInAName(t *testing.T) {
	var out bytes.Buffer
	agent := twoPages()
	agent.reading = 0
	if err := printCSV(&out, previewRows(t.Context(), agent, agent.pages[0])); err != nil {
		t.Fatal(err)
	}
	want := "action,kind,name,e-mail,user logon name,place,because,missing,other,reason,objectGUID\n" +
		"nothing,user,Bo\uFFFD[2J,,,Sales,incomplete,\"first name, e-mail\",,\"Is not added: no first name, no e-mail.\",00000000-0000-0000-0000-000000000000\n" +
		"add,user,'=Sum,s@example.test,,Sales,,,,Is added.,00000000-0000-0000-0000-000000000000\n" +
		"remove,group,Old,,,Attic,out-of-scope,,,Is removed: Attic is not in a chosen unit.,00000000-0000-0000-0000-000000000000\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestExplanationIsPrintedInWords(t *testing.T) {
	var out bytes.Buffer
	printExplanation(&out, control.Explanation{From: control.FromDirectory, Matches: []control.Explained{{
		Name: "Bo", Kind: directory.KindUser, LogonName: "bo@example.test", SAMAccountName: "bo", Place: "Sales / Berlin", InScope: true, Unit: "Sales",
		State: control.StateEnabled, Missing: []string{"e-mail"}, Groups: 2, Members: -1,
		Words: control.Words{Title: "Is not added: no e-mail.", Text: "The tenant does not have this user.", Hint: "Fill in its e-mail."},
	}}})
	want := `Bo (user)
  Is not added: no e-mail. The tenant does not have this user.
  → Fill in its e-mail.
  Logon name  bo@example.test, bo
  Place       Sales / Berlin
  In scope    yes, by Sales
  Directory   enabled
  Missing     e-mail
  Tenant      not there
  Groups      in 2 groups
  objectGUID  00000000-0000-0000-0000-000000000000

The agent has not read the directory yet: this was asked for just now, and conflicts are not seen.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
}
