package wizard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
)

// realChecks are the names and titles of the checks that there are, with results of a machine on which all is well but for those
// that a test replaces.
func realChecks(t *testing.T, replaced map[string]preflight.Result) []preflight.Check {
	t.Helper()
	details := map[string]string{
		"domain-controller": "dc1.example.test, found by DNS", "elevated": "yes", "system": "Debian GNU/Linux 12 (bookworm)",
		"disk": "77.7 GiB", "names": "dc1.example.test, 10.20.30.40", "ports": "dc1.example.test:636, acme.my.passly.com:443",
		"certificate": "valid until 1 March 2027", "clock": "as the directory's, as the tenant's", "proxy": "none",
		"service": "not installed yet", "earlier": "no agent runs",
	}
	checks := preflight.Checks(preflight.Settings{
		Facts: host.Facts{OS: "linux"}, Agent: handoff.Dial(filepath.Join(t.TempDir(), "none")), Environ: func(string) string { return "" },
		Resolver: &net.Resolver{},
	})
	for i, c := range checks {
		r, ok := replaced[c.Name]
		if !ok {
			r = preflight.Result{State: preflight.Passed, Detail: details[c.Name]}
		}
		checks[i].Look = func(context.Context) preflight.Result { return r }
	}
	return checks
}

func notLookedAt(why string, names ...string) map[string]preflight.Result {
	all := map[string]preflight.Result{}
	for _, name := range names {
		all[name] = preflight.Result{State: preflight.Skipped, Detail: "not looked at: " + why}
	}
	return all
}

func untrustedCertificate() map[string]preflight.Result {
	all := notLookedAt("the certificate is not trusted", "clock")
	all["certificate"] = preflight.Result{
		State: preflight.Warning, Detail: "not trusted", Problem: &problem.Problem{
			Title: "The directory's certificate is signed by a CA that is not trusted here",
			Text: "It was issued by CN=Example Root CA. Its SHA-256 is " + strings.Repeat("0123456789abcdef", 4) +
				". The password was not sent.",
			Hint: "Give the domain's CA certificate (PEM) when setup asks, or by --directory-ca FILE.",
		},
		Repair: &preflight.Repair{
			Title: "Trust CN=Example Root CA (SHA-256 " + strings.Repeat("fedcba9876543210", 4) + ") for the directory",
			Do:    func(context.Context) error { return nil },
		},
	}
	all["proxy"] = preflight.Result{State: preflight.Warning, Detail: "proxy.example.test:3128 does not answer", Problem: &problem.Problem{Title: "The proxy cannot be reached"}}
	return all
}

func memberServer() map[string]preflight.Result {
	all := notLookedAt("no directory is known yet", "names", "ports", "certificate", "clock")
	all["domain-controller"] = preflight.Result{State: preflight.Failed, Detail: "a member of a domain", Problem: &problem.Problem{
		Title: "SRV1 is not a domain controller", Text: "On Windows the agent runs on a domain controller only. This machine is a member of a domain.",
		Hint: "Install and set up on a domain controller of the domain.",
	}}
	return all
}

func TestChecklist(t *testing.T) {
	for name, replaced := range map[string]map[string]preflight.Result{
		"checks-passed":  nil,
		"checks-repair":  untrustedCertificate(),
		"checks-failed":  memberServer(),
		"checks-skipped": notLookedAt("no directory is known yet", "names", "ports", "certificate", "clock"),
	} {
		for _, size := range [][2]int{{60, 20}, {120, 36}} {
			t.Run(fmt.Sprintf("%s-%d", name, size[0]), func(t *testing.T) {
				d := drive(t, (&world{checks: realChecks(t, replaced)}).options())
				view := d.size(size[0], size[1])
				fits(t, view, size[0], size[1])
				golden(t, fmt.Sprintf("%s-%d.txt", name, size[0]), view)
			})
		}
	}
}

// TestWhatIsWorstFitsWhateverElseIsWrong has every check warn, and the longest words that there are.
func TestWhatIsWorstFitsWhateverElseIsWrong(t *testing.T) {
	all := untrustedCertificate()
	all["certificate"].Problem.Text = strings.Repeat(all["certificate"].Problem.Text, 3)
	for _, c := range realChecks(t, nil) {
		if _, ok := all[c.Name]; !ok {
			all[c.Name] = preflight.Result{State: preflight.Warning, Problem: &problem.Problem{Title: "Something is wrong"}}
		}
	}
	all["domain-controller"] = all["certificate"]
	d := drive(t, (&world{checks: realChecks(t, all)}).options())
	view := d.size(60, 20)
	fits(t, view, 60, 20)
	golden(t, "checks-many-60.txt", view)
}

func TestChecklistUnderWay(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {120, 36}} {
		d := drive(t, (&world{checks: realChecks(t, nil)}).options())
		v := d.m.screens[d.m.at].(*checklist)
		v.running = true
		for i := range v.results {
			if i%3 == 1 {
				v.results[i].State, v.results[i].Detail = preflight.Running, ""
			}
		}
		view := d.size(size[0], size[1])
		fits(t, view, size[0], size[1])
		golden(t, fmt.Sprintf("checks-running-%d.txt", size[0]), view)
	}
}

// TestRepairsAreOfferedOneAfterTheOther has one that fails, which must not stand in the way of the next.
func TestRepairsAreOfferedOneAfterTheOther(t *testing.T) {
	var done []string
	broken := func(name string, fails error) preflight.Check {
		return preflight.Check{Name: name, Title: name, Look: func(context.Context) preflight.Result {
			if slices.Contains(done, name) {
				return preflight.Result{State: preflight.Passed}
			}
			return preflight.Result{
				State: preflight.Warning, Problem: &problem.Problem{Title: "The " + name + " is broken", Hint: "Mend it."},
				Repair: &preflight.Repair{Title: "Mend the " + name, Do: func(context.Context) error {
					if fails == nil {
						done = append(done, name)
					}
					return fails
				}},
			}
		}}
	}
	why := &problem.Problem{Title: "The clock could not be set", Text: "NTP is not supported.", Hint: "Set it by hand."}
	d := drive(t, (&world{checks: []preflight.Check{broken("clock", why), broken("service", nil), broken("authority", nil)}}).options())
	d.sees("The clock is broken", "f Mend the clock").press("f")
	d.sees("The clock could not be set", "NTP is not supported.", "Set it by hand.", "f Mend the service").press("f")
	d.sees("✓ service", "! clock", "! authority").press("f", "f")
	if want := []string{"service", "authority"}; !slices.Equal(done, want) {
		t.Errorf("mended %q, want %q", done, want)
	}
}

func TestRepairUnderWayIsShownAndCanBeLeft(t *testing.T) {
	ended := errors.New("not ended")
	w := &world{checks: []preflight.Check{aCheck("Clock", false, preflight.Result{
		State: preflight.Warning, Problem: &problem.Problem{Title: "The clock is wrong"},
		Repair: &preflight.Repair{Title: "Set the clock", Do: func(ctx context.Context) error {
			<-ctx.Done()
			ended = ctx.Err()
			return ended
		}},
	})}}
	d := drive(t, w.options())
	_, cmd := d.m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("f")})
	d.sees("Set the clock", "ctrl+c leave")
	if strings.Contains(d.m.View(), "continue") {
		t.Error("one can go on while something is mended")
	}
	d.press("ctrl+c").run(cmd)
	if !errors.Is(ended, context.Canceled) || !d.quit {
		t.Errorf("the repair ended with %v, left %t; want it cancelled", ended, d.quit)
	}
}
