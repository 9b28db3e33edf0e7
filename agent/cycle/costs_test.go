package cycle_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"passlysync/agent/mirror"
)

// What one user may cost in the first full sync: decoded, kept in the mirror, planned, handed to a tenant that costs nothing and
// marked; the directory in this process is counted with it. A tenth more than was measured: a regression shows here without
// a clock.
const (
	allocsPerUser = 182
	bytesPerUser  = 14_000
)

func TestCostsOfAFullSyncArePinned(t *testing.T) {
	const people = 4000
	s := newEmpty(t, people)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.fill(t, people)
	runtime.ReadMemStats(&after)
	allocs, bytes := (after.Mallocs-before.Mallocs)/people, (after.TotalAlloc-before.TotalAlloc)/people
	t.Logf("a user costs %d allocations and %d bytes", allocs, bytes)
	if allocs > allocsPerUser || bytes > bytesPerUser {
		t.Errorf("a user costs %d allocations and %d bytes, want at most %d and %d", allocs, bytes, allocsPerUser, bytesPerUser)
	}
	if allocs < allocsPerUser/2 || bytes < bytesPerUser/2 {
		t.Errorf("a user costs %d allocations and %d bytes only: pin them lower", allocs, bytes)
	}
}

// waiting is a tenant that takes its time, and looks at the memory meanwhile.
type waiting struct {
	accepting
	most atomic.Uint64 // bytes of the heap in use
}

func (w *waiting) Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	time.Sleep(20 * time.Millisecond)
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	for most := w.most.Load(); now.HeapInuse > most && !w.most.CompareAndSwap(most, now.HeapInuse); most = w.most.Load() {
	}
	return w.accepting.Send(ctx, items)
}

// TestASlowTenantHoldsMemoryFlat: what was read and is not sent yet waits in the mirror's file, not in memory. Twenty times the
// people may not take much more of it.
func TestASlowTenantHoldsMemoryFlat(t *testing.T) {
	most := func(people int) uint64 {
		s := newEmpty(t, people)
		var rest runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&rest) // the directory itself is in this process
		w := &waiting{}
		s.cycle.Target = w
		s.fill(t, people)
		return w.most.Load() - min(w.most.Load(), rest.HeapInuse)
	}
	few, many := most(2_000), most(40_000)
	t.Logf("beside the directory the heap grew by %d kB with 2,000 people, and by %d kB with 40,000", few>>10, many>>10)
	if many > few+24<<20 {
		t.Errorf("the heap grew by %d kB with twenty times the people, where it had grown by %d kB", many>>10, few>>10)
	}
}
