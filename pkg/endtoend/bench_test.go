//go:build linux

package endtoend

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/needs"
)

var people = flag.Int("people", 50_000, "people in the directory in process, for the pipeline's benchmark")

// BenchmarkBudgets measures what the product promises of its speed and size, and prints one table of it. A budget that
// is missed fails nothing: these are figures. Run it with -benchtime 1x.
func BenchmarkBudgets(b *testing.B) {
	t := &table{}
	b.Run("Unchanged", func(b *testing.B) { unchanged(b, t) })
	b.Run("Passwords", func(b *testing.B) { passwordsChanged(b, t) })
	g := newGround(b)
	b.Run("FullSync", func(b *testing.B) { g.fullSync(b, t) })
	b.Run("Pipeline", func(b *testing.B) { g.pipeline(b, t) })
	b.Run("OneChange", func(b *testing.B) { g.oneChange(b, t) })
	if len(t.figures) > 0 {
		fmt.Printf("\n%s\n%s\n", conditions(), t)
	}
}

const (
	sambaPeople = 5_000
	fullSyncs   = 9
	pipelines   = 5
)

// ground is what the measurements share: a controller with people, and a keyring.
type ground struct {
	plan  samba.Plan
	dc    *samba.DC
	units []directory.GUID
	users [][]string // places of those who should arrive in the tenant
	env   []string
}

func newGround(b *testing.B) *ground {
	b.Helper()
	g := &ground{plan: samba.Simple("example.test", sambaPeople)}
	g.dc = samba.ForTest(b, samba.Options{Plan: g.plan}) // before the session, whose home has no cache
	g.env = session(b)
	g.units = chosen(&lab{TB: b, dc: g.dc}, g.plan)
	for _, u := range g.plan.Units {
		for _, p := range u.People {
			if u.Chosen && p.Value(directory.UserAccountControl) != "546" {
				g.users = append(g.users, append(slices.Clone(u.Path), p.Name))
			}
		}
	}
	return g
}

// enrolled is a lab whose agent is enrolled and has stopped, and whose units are chosen: mirror and tenant are empty.
func (g *ground) enrolled(b testing.TB, from source, units []directory.GUID) *lab {
	b.Helper()
	l := newLabOn(b, from, g.env)
	l.web = l.signIn()
	l.setup()
	l.awaitCondition(control.AwaitingConfiguration)
	l.agent.stop(l)
	l.choose(units...)
	return l
}

// end frees the machine for what is measured next.
func (l *lab) end() {
	l.agent.kill()
	l.tenant.kill()
}

// firstSync starts the agent and gives the time until the last of so many users is in the tenant.
func (l *lab) firstSync(users int) time.Duration {
	l.Helper()
	client, agent := l.roots(), l.asAgent()
	l.tokenOf(agent)
	started := time.Now()
	l.agent = l.start("agent", "passly-sync", "agent", "--state", l.state())
	for end := started.Add(30 * time.Minute); time.Now().Before(end); {
		asked := time.Now()
		if l.countUsers(client, l.tokenOf(agent)) >= users {
			return time.Since(started)
		}
		time.Sleep(max(10*time.Millisecond, 20*time.Since(asked))) // so that asking costs little of what is measured
	}
	l.Fatalf("%d of %d users arrived\n%s", l.countUsers(client, l.tokenOf(agent)), users, l.agent.tail())
	return 0
}

func (l *lab) countUsers(client *http.Client, token string) int {
	l.Helper()
	var list struct{ TotalResults int }
	l.scim(client, token, "Users?count=0", &list)
	return list.TotalResults
}

// fullSync alternates first syncs with ldapsearch reading the same attributes from the same controller.
func (g *ground) fullSync(b *testing.B, t *table) {
	search := ldapsearch(b, g.dc)
	search() // both find the controller warm
	var syncs, searches []time.Duration
	for range fullSyncs {
		searches = append(searches, search())
		l := g.enrolled(b, g.dc, g.units)
		syncs = append(syncs, l.firstSync(len(g.users)))
		l.end()
	}
	ratio := float64(median(syncs)) / float64(median(searches))
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(median(syncs).Seconds(), "s/sync")
	t.atMost("full sync of 5,000 Samba users, in times of ldapsearch", 1.0, ratio, "×",
		fmt.Sprintf("%s against %s", spread(syncs), spread(searches)))
}

// ldapsearch gives a function that reads everybody in pages, to nowhere, and says how long it took.
func ldapsearch(b *testing.B, dc *samba.DC) func() time.Duration {
	b.Helper()
	program := needs.Program(b, "ldapsearch", "ldap-utils")
	password := filepath.Join(b.TempDir(), "password")
	if err := os.WriteFile(password, []byte(dc.Password()), 0o600); err != nil {
		b.Fatal(err)
	}
	arguments := []string{
		"-x", "-LLL", "-H", dc.URL(), "-D", dc.Account(), "-y", password, "-b", dc.BaseDN(), "-E", "pr=1000/noprompt",
		"(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))",
		"objectGUID", "name", "objectClass", "givenName", "sn", "mail", "userPrincipalName", "sAMAccountName", "displayName",
		"userAccountControl", "accountExpires", "isCriticalSystemObject", "member",
	}
	run := func(into io.Writer) time.Duration {
		command := exec.Command(program, arguments...)
		command.Env = append(os.Environ(), "LDAPTLS_CACERT="+dc.CAFile())
		var complaints strings.Builder
		command.Stdout, command.Stderr = into, &complaints
		started := time.Now()
		if err := command.Run(); err != nil {
			b.Fatalf("ldapsearch: %v: %s", err, &complaints)
		}
		return time.Since(started)
	}
	var all bytes.Buffer
	run(&all)
	if got := bytes.Count(all.Bytes(), []byte("\nuserPrincipalName:")); got < sambaPeople {
		b.Fatalf("ldapsearch gave %d people of %d", got, sambaPeople)
	}
	return func() time.Duration { return run(nil) }
}

// unchanged has the engine's own benchmark run, beside the engine.
func unchanged(b *testing.B, t *table) {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkUnchanged$", "-benchtime", "500x", "passlysync/agent/cycle").CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	line := regexp.MustCompile(`people=(\d+)\S*\s.*?([\d.e+]+) median-ns\s.*?(\d+) allocs/op`)
	took, details := map[string]float64{}, []string{}
	for _, found := range line.FindAllStringSubmatch(string(out), -1) {
		nanoseconds, err := strconv.ParseFloat(found[2], 64)
		if err != nil {
			b.Fatal(err)
		}
		took[found[1]] = nanoseconds
		details = append(details, fmt.Sprintf("%s: %.2f ms, %s allocations", found[1], nanoseconds/1e6, found[3]))
	}
	if len(took) != 2 {
		b.Fatalf("the engine's benchmark said something else:\n%s", out)
	}
	ratio := took["50000"] / took["1000"]
	b.ReportMetric(ratio, "ratio")
	t.atMost("cycle with no change, 50,000 people in times of 1,000", 1.5, ratio, "×", strings.Join(details, "; "))
}

func median(all []time.Duration) time.Duration { return quantile(all, 0.5) }

// quantile gives the smallest of the values that the share q does not exceed.
func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func spread(all []time.Duration) string {
	return fmt.Sprintf("%.2f s (%.2f–%.2f)", median(all).Seconds(), slices.Min(all).Seconds(), slices.Max(all).Seconds())
}

// conditions say under what the figures came about.
func conditions() string {
	version, _ := exec.Command("samba", "--version").Output()
	model := "an unknown processor"
	raw, _ := os.ReadFile("/proc/cpuinfo")
	if found := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(raw); found != nil {
		model = string(found[1])
	}
	return fmt.Sprintf("Budgets, on %d cores of %s that source, agent and tenant share; %s, Samba %s", runtime.NumCPU(), model, runtime.Version(),
		strings.TrimPrefix(strings.TrimSpace(string(version)), "Version "))
}
