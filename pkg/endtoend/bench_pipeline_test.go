//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/adtest"
)

// smallPipeline is the size beside which the agent's memory is held: it must not grow with the directory.
const smallPipeline = 20_000

// pipeline measures first syncs from a fast directory, in this process, through an agent and a tenant in their own.
func (g *ground) pipeline(b *testing.B, t *table) {
	small := g.runs(b, smallPipeline, 1)
	large := g.runs(b, *people, pipelines)
	b.ReportMetric(large.rate, "users/s")
	b.ReportMetric(large.memory, "MiB-agent")
	t.atLeast(fmt.Sprintf("pipeline with a fast source, %d people", *people), 20_000, large.rate, "users/s", large.took)
	t.atMost(fmt.Sprintf("agent's peak memory at %d people", smallPipeline), 64, small.memory, "MiB", "")
	t.atMost(fmt.Sprintf("agent's peak memory at %d people", *people), 64, large.memory, "MiB", "")
	t.tell("processor time a 1,000 users, agent", large.agent, "ms", "")
	t.tell("processor time a 1,000 users, tenant", large.tenant, "ms", "")
	t.tell("processor time a 1,000 users, source", large.source, "ms", "with asking the tenant how many there are")
}

// through is what first syncs of one size came to.
type through struct {
	rate                  float64 // users/s
	memory                float64 // MiB, the largest
	agent, tenant, source float64 // milliseconds of processor time a 1,000 users
	took                  string
}

// runs makes some first syncs. A larger directory than usual is synced once.
func (g *ground) runs(b *testing.B, count, times int) through {
	b.Helper()
	server, err := adtest.New(adtest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	seeded, err := server.Seed(count, 1)
	if err != nil {
		b.Fatal(err)
	}
	if count > 100_000 {
		times = 1
	}
	users := count - count/50 // one in fifty is disabled, and is not added
	var all through
	var took []time.Duration
	for range times {
		l := g.enrolled(b, server, seeded.Units)
		source, tenant := ownTime(b), l.tenant.time(l)
		took = append(took, l.firstSync(users))
		perThousand := 1000 / float64(users) / float64(times)
		all.source += milliseconds(ownTime(b)-source) * perThousand
		all.agent += milliseconds(l.agent.time(l)) * perThousand
		all.tenant += milliseconds(l.tenant.time(l)-tenant) * perThousand
		l.awaitCondition(control.InSync) // with the memberships
		all.memory = max(all.memory, l.agent.peak(l))
		l.end()
	}
	all.rate, all.took = float64(users)/median(took).Seconds(), spread(took)
	return all
}

// ownTime is the processor time of this process.
func ownTime(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// time is the processor time that the process took so far (proc(5): stat, fields 14 and 15, in ticks of 10 ms).
func (p *process) time(t testing.TB) time.Duration {
	t.Helper()
	raw := p.read(t, "stat")
	fields := strings.Fields(raw[strings.LastIndexByte(raw, ')')+1:]) // from field 3 on
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		t.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// peak is the most memory that the process ever had resident, in MiB.
func (p *process) peak(t testing.TB) float64 {
	t.Helper()
	found := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindStringSubmatch(p.read(t, "status"))
	if found == nil {
		t.Fatal("the system does not say how much memory a process had")
	}
	kib, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}

func (p *process) read(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
