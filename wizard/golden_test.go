package wizard

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestScreens(t *testing.T) {
	unknown := &problem.Problem{
		Code: problem.TLS, Title: "The certificate of acme.my.passly.com comes from an authority that is not trusted here",
		Text: "It was issued by CN=Example Root CA.",
		Hint: "Give its certificate with --ca FILE.", Err: x509.UnknownAuthorityError{},
	}
	refused := &problem.Problem{
		Code: problem.CredentialsBad, Title: "The directory refuses this account or password",
		Text: "The domain controller dc1.example.test answered: the password is wrong.",
		Hint: "Check the account's spelling and type the password again.",
	}
	all := [][]string{answerDomain, answerSignIn, answerAccount}
	for name, show := range map[string]func(d *driver, w *world){
		"domain":          func(*driver, *world) {},
		"domain-checking": func(d *driver, _ *world) { d.press("acme"); d.begin(tea.KeyEnter) },
		"domain-tls":      func(d *driver, w *world) { w.discover = unknown; d.through(answerDomain) },
		"signin":          func(d *driver, _ *world) { d.through(answerDomain) },
		"signin-code":     func(d *driver, w *world) { w.code = "1"; d.through(answerDomain, answerSignIn) },
		"signin-refused": func(d *driver, w *world) {
			w.signIn = &problem.Problem{Code: problem.CredentialsBad, Title: "E-mail or password is wrong", Hint: "Check both and try again."}
			d.through(answerDomain, answerSignIn)
		},
		"signin-browser":  func(d *driver, w *world) { d.through(answerDomain); w.device = nobodyYet; d.waiting() },
		"signin-qr":       func(d *driver, w *world) { d.through(answerDomain); w.device = nobodyYet; d.waiting().press("ctrl+b") },
		"rights":          func(d *driver, w *world) { w.lacks = true; d.through(all...) },
		"rights-three":    func(d *driver, w *world) { w.rights = threeLack(); d.through(all...).press("down", "right", "right") },
		"summary-lacks":   func(d *driver, w *world) { w.rights = threeLack()[2:]; d.through(all...) },
		"rights-optional": func(d *driver, w *world) { w.rights = threeLack()[2:]; d.through(all...).press("r") },
		"domain-empty":    func(d *driver, _ *world) { d.press("enter") },
		"account":         func(d *driver, _ *world) { d.through(all[:2]...) },
		"account-refused": func(d *driver, w *world) { w.directory = refused; d.through(all...) },
		"summary":         func(d *driver, _ *world) { d.through(all...) },
		"steps-waiting": func(d *driver, _ *world) {
			d.through(all...)
			d.m.at = 5
			d.m.steps.running, d.m.steps.rows = true, nil
			for _, step := range planned() {
				d.m.steps.rows = append(d.m.steps.rows, handoff.Step{Name: step})
			}
			d.m.steps.put(handoff.Step{Name: StepAgent, State: handoff.StepRunning, Problem: d.m.setup.pleaseStart()})
		},
		"steps-failed": func(d *driver, w *world) {
			w.enrol = &problem.Problem{
				Code: "vault-unusable", Title: "No keyring is installed on this machine", Text: "There is a D-Bus session, but no Secret Service on it.",
				Hint: "Install one, such as gnome-keyring. Or choose another place on purpose: --vault systemd or --vault file.",
			}
			d.through(all...).press("enter")
		},
		"steps-undone": func(d *driver, w *world) {
			w.down, w.enrol = 1, &problem.Problem{
				Code: problem.Forbidden, Title: "The enrolment token is refused", Text: "It ran out.", Hint: "Sign in again for a new one.",
			}
			d.m.setup.Service = w
			d.through(all...).press("enter")
		},
		"menu":         func(d *driver, _ *world) { d.enrolled() },
		"menu-removal": func(d *driver, _ *world) { d.enrolled().press("5", "enter") },
		"menu-removed": func(d *driver, w *world) { w.farewell.Told = true; d.enrolled().press("5", "enter", "remove", "enter") },
		"menu-removed-untold": func(d *driver, w *world) {
			w.farewell.Problem = &problem.Problem{Title: "acme.my.passly.com refuses the connection"}
			d.enrolled().press("5", "enter", "remove", "enter")
		},
		"menu-account":      func(d *driver, _ *world) { d.enrolled().press("2", "enter") },
		"run-as":            func(d *driver, w *world) { d.onWindows(w).through(all...).press("right") },
		"run-as-not-usable": func(d *driver, w *world) { d.onWindows(w).through(all...).press("right", "right", "enter") },
		"run-as-account":    func(d *driver, w *world) { d.onWindows(w).through(all...).press("left") },
		"long-answer": func(d *driver, _ *world) {
			d.press("acme-with-a-name-that-is-much-longer-than-the-field.my.passly.com")
		},
		"done": func(d *driver, _ *world) { d.through(all...).press("enter") },
	} {
		for _, size := range [][2]int{{60, 20}, {120, 36}} {
			t.Run(fmt.Sprintf("%s-%d", name, size[0]), func(t *testing.T) {
				w := &world{}
				d := drive(t, w.options())
				show(d, w)
				view := d.size(size[0], size[1])
				fits(t, view, size[0], size[1])
				golden(t, fmt.Sprintf("%s-%d.txt", name, size[0]), view)
			})
		}
	}
}

// threeLack is an account with no right at all, and commands as long as real ones.
func threeLack() []directory.Right {
	sid := "S-1-5-21-3623811015-3361044348-30300820-1013"
	right := func(name directory.RightName, title, where, only, means string, commands ...string) directory.Right {
		return directory.Right{Name: name, Title: title, Where: where, Only: only, Means: means, Grant: []directory.Grant{
			{Tool: "dsacls", Commands: []string{`dsacls "DC=example,DC=test" /G "EXAMPLE\svc:CA;` + title + `"`}},
			{Tool: "PowerShell", Commands: []string{`$acl = Get-Acl 'AD:\DC=example,DC=test'`}},
			{Tool: "samba-tool", Commands: commands},
		}}
	}
	return []directory.Right{
		right(directory.ReplicateChanges, "Replicating Directory Changes", "", "", "Changes are read with object security instead: somewhat slower.",
			"samba-tool dsacl set --objectdn='DC=example,DC=test' --sddl='(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;"+sid+")'"),
		right(directory.ListDeletedObjects, "List deleted objects", "", "", "Deletions are found by a full read once an hour instead of at once.",
			"/usr/bin/python3 - <<'END'", "import ldb", "from samba.samdb import SamDB", "from samba.param import LoadParm", "lp = LoadParm()",
			"lp.load_default()", "db = SamDB(lp=lp)", "# and so on", "END"),
		right(directory.ResetPassword, "Reset password", "in 3 of 8 units", "two-way passwords", "Passwords set in Passly cannot be set in the directory.",
			"samba-tool dsacl set --objectdn='OU=Sales,DC=example,DC=test' --sddl='(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;"+sid+")'"),
	}
}

// enrolled makes the machine one whose agent is enrolled.
func (d *driver) enrolled() *driver {
	d.m.onEnrolled(enrolledWorld().enrolled)
	d.m.at = 0
	return d
}

// onWindows makes the machine one with managed service accounts, and begins anew.
func (d *driver) onWindows(w *world) *driver {
	d.m = newModel(d.t.Context(), onWindows(w, directory.ServiceAccount{Name: "gmsa-passly", Usable: true}, directory.ServiceAccount{Name: "gmsa-other"}), d.m.styles)
	d.run(d.m.Init())
	return d
}

func fits(t *testing.T, view string, width, height int) {
	t.Helper()
	rows := strings.Split(view, "\n")
	if len(rows) != height {
		t.Errorf("got %d rows, want %d", len(rows), height)
	}
	for i, row := range rows {
		if got := lipgloss.Width(row); got > width {
			t.Errorf("row %d is %d wide, want at most %d: %q", i+1, got, width, row)
		}
	}
	if strings.Contains(view, "\n  …") {
		t.Errorf("something was cut off:\n%s", view)
	}
}

func golden(t *testing.T, name, view string) {
	t.Helper()
	rows := strings.Split(view, "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	got, path := strings.Join(rows, "\n")+"\n", filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the screen changed; if it shall, run go test ./wizard -update (-want +got):\n%s", diff)
	}
}

func TestEverySizeCanBeDrawn(t *testing.T) {
	d := drive(t, (&world{signIn: &problem.Problem{Code: problem.Internal, Title: strings.Repeat("long ", 40)}}).options())
	d.through(answerDomain, answerSignIn)
	for width := 1; width <= 200; width += 7 {
		for height := 1; height <= 60; height += 3 {
			d.size(width, height)
		}
	}
}
