//go:build linux

package endtoend

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
)

var (
	chaosRounds = flag.Int("chaos", 9, "rounds of faults of the chaos test")
	chaosSeed   = flag.Uint64("chaos-seed", 0, "its seed; 0: another one each time")
)

// TestChaos lets the real programs live through random faults while the directory goes on changing, and holds the tenant to
// the directory afterwards. It prints which faults there were.
func TestChaos(t *testing.T) {
	c := newChaos(t)
	for round := range *chaosRounds {
		fault := c.faults[(round+c.first)%len(c.faults)]
		if round >= len(c.faults) {
			fault = c.faults[c.random.IntN(len(c.faults))]
		}
		c.suffer(fault)
		if round%3 == 2 {
			c.converge("after round " + fmt.Sprint(round+1))
		}
	}
	c.converge("in the end")
	c.until("nothing is wrong any more", 60*time.Second, func() bool { _, sync := c.condition(control.InSync); return sync })
	t.Logf("seed %d\n%s", c.seed, c.table())
}

// chaos is a lab in which things go wrong.
type chaos struct {
	*lab
	seed    uint64
	random  *rand.Rand
	first   int // fault to begin with
	faults  []fault
	relay   *balancer // between agent and tenant
	writing sync.Mutex
	inner   string // where the tenant really listens
	changes int
	people  []directory.GUID // that chaos hired
	counts  map[string]int
}

// fault is one thing that goes wrong, and for how long; end makes it good.
type fault struct {
	name  string
	begin func()
	end   func()
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	c := &chaos{seed: *chaosSeed, counts: map[string]int{}}
	if c.seed == 0 {
		c.seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d; again with -chaos-seed", c.seed)
	c.random = rand.New(rand.NewPCG(c.seed, 2))
	programs := jumping.build(t) // before the session, whose home has no build cache
	env := session(t)
	dc := samba.ForTest(t, samba.Options{Plan: samba.Simple("example.test", 120), RefusesDirSync: 53})
	if c.random.IntN(2) == 0 {
		dc.SetRefusesDirSync(0)
	}
	c.lab = &lab{TB: t, source: dc, dir: t.TempDir(), bin: programs, env: env, ever: map[string]bool{}}
	c.inner = free(t)
	c.serves = func() {
		c.tenant = c.serve(c.inner)
		if c.relay == nil {
			c.relay = balance(t, c.listen, c.inner)
		}
	}
	small := c.smallDisks()
	c.begin()
	c.setup()
	c.web = c.signIn()
	c.choose(c.find("Sales"), c.find("Engineering"), c.find("Finance"))
	c.converge("the first sync")
	c.faults = c.allFaults(small)
	c.first = c.random.IntN(len(c.faults))
	return c
}

// smallDisks puts the state of agent and tenant on small disks of their own, where this is allowed: only root may.
func (c *chaos) smallDisks() bool {
	for name, size := range map[string]string{"agent": "size=256m", "tenant": "size=64m"} {
		folder := filepath.Join(c.dir, name)
		c.do(os.MkdirAll(folder, 0o700))
		if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, size+",mode=0700"); err != nil {
			c.Logf("no disk will be full: %v", err)
			return false
		}
		c.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	}
	return true
}

func (c *chaos) allFaults(small bool) []fault {
	nothing := func() {}
	signal := func(p **process, s syscall.Signal) func() {
		return func() { _ = (*p).command.Process.Signal(s) }
	}
	all := []fault{
		{"agent killed", func() { c.agent.kill() }, c.startAgain},
		{"tenant killed", func() { c.tenant.kill() }, c.startTenant},
		{"agent stands still", signal(&c.agent, syscall.SIGSTOP), signal(&c.agent, syscall.SIGCONT)},
		{"tenant stands still", signal(&c.tenant, syscall.SIGSTOP), signal(&c.tenant, syscall.SIGCONT)},
		{"directory stands still", func() { c.writing.Lock(); c.do(c.dc.Pause()) }, func() { c.do(c.dc.Resume()); c.writing.Unlock() }},
		{"directory away", c.directoryAway, c.directoryBack},
		{"connections to the tenant cut", c.relay.cut, c.relay.cut},
		{"both killed", func() { c.agent.kill(); c.tenant.kill() }, func() { c.startTenant(); c.startAgain() }},
		{"directory refuses DirSync", func() { c.dc.SetRefusesDirSync(53) }, func() { c.dc.SetRefusesDirSync(0) }},
		{"mirror lost", func() { c.agent.kill(); c.loseMirror() }, c.startAgain},
		{"everything at once", func() { c.relay.cut(); c.agent.kill(); c.tenant.kill(); c.directoryAway() }, func() {
			c.directoryBack()
			c.startAgain()
			c.startTenant()
		}},
		{"agent's clock three days ahead", c.jump("agent", 72*time.Hour), c.jumpBack("agent")},
		{"agent's clock two hours behind", c.jump("agent", -2*time.Hour), c.jumpBack("agent")},
		{"tenant's clock two hours ahead", c.jump("tenant", 2*time.Hour), c.jumpBack("tenant")},
		{"nothing", nothing, nothing},
	}
	if small {
		all = append(all,
			fault{"agent's disk full", func() { c.fill("agent") }, func() { c.free("agent") }},
			fault{"tenant's disk full", func() { c.fill("tenant") }, func() { c.free("tenant") }})
	}
	return all
}

func (c *chaos) directoryAway() {
	c.writing.Lock() // what is not there takes no changes
	c.do(c.dc.StopProcess())
}

func (c *chaos) directoryBack() {
	c.do(c.dc.Restart(context.Background()))
	c.writing.Unlock()
}

// jump makes the clock of a program wrong from now on.
func (c *chaos) jump(name string, wrong time.Duration) func() {
	return func() { c.do(os.WriteFile(c.clock(name), []byte(wrong.String()), 0o600)) }
}

// jumpBack makes it right again, once the program has noticed.
func (c *chaos) jumpBack(name string) func() {
	return func() {
		time.Sleep(3 * time.Second)
		c.do(os.Remove(c.clock(name)))
	}
}

// startAgain starts the agent, which need not answer yet: its tenant may be away.
func (c *chaos) startAgain() {
	c.agent = c.start("agent", "passly-sync", "agent", "--state", c.state())
}

func (c *chaos) loseMirror() {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(c.state(), "mirror.db"+suffix))
	}
}

// fill writes until the disk is full; free makes room.
func (c *chaos) fill(name string) {
	file, err := os.Create(filepath.Join(c.dir, name, "filler"))
	c.do(err)
	defer file.Close()
	for size := 1 << 20; size >= 1; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			c.Fatal(err)
		}
	}
}

func (c *chaos) free(name string) { c.do(os.Remove(filepath.Join(c.dir, name, "filler"))) }

// suffer begins a fault, lets the directory change meanwhile, and makes it good.
func (c *chaos) suffer(f fault) {
	c.Helper()
	c.counts[f.name]++
	var writes sync.WaitGroup
	moves := make([]func() error, 6)
	for i := range moves {
		moves[i] = c.change()
	}
	pauses := []time.Duration{time.Duration(c.random.IntN(300)), time.Duration(c.random.IntN(2000))}
	writes.Go(func() {
		for _, move := range moves {
			c.writing.Lock()
			_ = move() // somebody may be gone already: what counts is what the directory holds in the end
			c.writing.Unlock()
			time.Sleep(50 * time.Millisecond)
		}
	})
	time.Sleep(pauses[0] * time.Millisecond)
	f.begin()
	time.Sleep(pauses[1] * time.Millisecond)
	f.end()
	writes.Wait()
}

// change chooses one change of the directory.
func (c *chaos) change() func() error {
	ctx := context.Background()
	c.changes++
	units := []directory.GUID{c.find("Sales"), c.find("Engineering"), c.find("Finance"), c.find("Operations")}
	unit := units[c.random.IntN(len(units))]
	if len(c.people) < 4 || c.random.IntN(3) == 0 {
		return c.hire(unit)
	}
	i := c.random.IntN(len(c.people))
	who, team := c.people[i], c.find("Sales", "Sales Team")
	switch c.random.IntN(7) {
	case 0:
		return func() error { return c.dc.Move(ctx, who, unit) }
	case 1:
		return func() error { return c.dc.SetDisabled(ctx, who, true) }
	case 2:
		return func() error { return c.dc.SetDisabled(ctx, who, false) }
	case 3:
		return func() error { return c.dc.AddMember(ctx, team, who) }
	case 4:
		return func() error { return c.dc.RemoveMember(ctx, team, who) }
	case 5:
		c.people = slices.Delete(c.people, i, i+1)
		return func() error { return c.dc.Delete(ctx, who) }
	}
	name := fmt.Sprintf("Renamed %d", c.changes)
	return func() error { return c.dc.Modify(ctx, who, directory.Surname, name) }
}

// hire adds somebody complete. It is done at once, so that later changes have somebody to change.
func (c *chaos) hire(unit directory.GUID) func() error {
	account := fmt.Sprintf("chaos.%03d", c.changes)
	id, err := c.dc.AddUser(context.Background(), unit, "Chaos "+account, []directory.Attribute{
		{Name: directory.GivenName, Value: "Chaos"},
		{Name: directory.Surname, Value: account},
		{Name: directory.SAMAccountName, Value: account},
		{Name: directory.Mail, Value: account + "@example.test"},
		{Name: directory.UserPrincipalName, Value: account + "@example.test"},
		{Name: directory.UserAccountControl, Value: "544"},
	}...)
	c.do(err)
	c.people = append(c.people, id)
	c.mayBeSeen(id)
	return func() error { return c.dc.Modify(context.Background(), id, directory.DisplayName, "The "+account) }
}

// table says which faults there were, and how often.
func (c *chaos) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-32s %s\n", "fault", "survived")
	for _, f := range c.faults {
		if n := c.counts[f.name]; n > 0 {
			fmt.Fprintf(&out, "%-32s %8d\n", f.name, n)
		}
	}
	fmt.Fprintf(&out, "%-32s %8d", "changes of the directory", c.changes)
	return out.String()
}
