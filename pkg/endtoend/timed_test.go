//go:build linux

package endtoend

import (
	"testing"
	"time"
)

// effort is what setting up costs a person who has everything at hand.
type effort struct {
	keys int // a pasted password counts as one
	took time.Duration
}

// timed sets up with everything that is no secret given by flags and the passwords pasted, and counts from the start of the
// program to the line that says that the agent is enrolled, its first check-in included.
func (f *firstDay) timed() effort {
	f.Helper()
	started := time.Now()
	c := f.open(80, 24, "--domain", f.tenantAt.address, "--ca", f.ca, "--email", adminMail, "--directory", f.source.URL(),
		"--directory-ca", f.directoryCA, "--directory-user", f.source.Account())
	f.begin(c)
	c.Keys("Enter")
	c.Waits("Sign in to Acme")
	c.Pastes(adminPassword)
	c.Waits("Which account reads the directory?")
	c.Pastes(f.password)
	f.toSummary(c)
	c.Keys("Enter")
	c.Waits("The agent is enrolled")
	spent := effort{c.Struck(), time.Since(started)}
	f.nothingSecret(c)
	f.isEnrolled()
	return spent
}

func (f *firstDay) log(spent effort) {
	f.Helper()
	f.Logf("from starting setup to the first check-in, everything at hand: %d keys, %.1f seconds", spent.keys, spent.took.Seconds())
}

// BenchmarkSetup measures what setting up costs a person: keys, and the seconds that the person waits.
func BenchmarkSetup(b *testing.B) {
	f := newFirstDay(b)
	spent, runs := effort{}, 0
	for b.Loop() {
		if runs > 0 {
			b.StopTimer()
			f.remove()
			b.StartTimer()
		}
		one := f.timed()
		spent.keys, spent.took, runs = one.keys, spent.took+one.took, runs+1
	}
	b.ReportMetric(float64(spent.keys), "keys")
	b.ReportMetric(spent.took.Seconds()/float64(runs), "s/setup")
	f.log(effort{spent.keys, spent.took / time.Duration(runs)})
}
