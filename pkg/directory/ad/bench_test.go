package ad_test

import (
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/needs"
)

// pass makes one full pass and gives its number of entries.
func pass(b *testing.B, r *ad.Reader) int {
	b.Helper()
	p, err := r.Read(b.Context(), directory.Cursor{}, func(directory.Page) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	return p.Entries
}

// BenchmarkInProcess reads 50,000 people; server and reader share the machine.
func BenchmarkInProcess(b *testing.B) {
	_, r := people(b, 50_000, adtest.Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	entries := 0
	for b.Loop() {
		entries += pass(b, r)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(entries), "allocs/entry")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(entries), "B/entry")
}

// BenchmarkDelta reads one change among 50,000 people.
func BenchmarkDelta(b *testing.B) {
	s, r := people(b, 50_000, adtest.Options{})
	unit := s.Find("Sales")
	p, err := r.Read(b.Context(), directory.Cursor{}, func(directory.Page) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Modify(b.Context(), unit, directory.Description, time.Now().String()); err != nil {
			b.Fatal(err)
		}
		if p, err = r.Read(b.Context(), p.Cursor, func(directory.Page) error { return nil }); err != nil || p.Entries != 1 {
			b.Fatal(p.Entries, err)
		}
	}
}

// BenchmarkSamba reads 5,000 people, beside ldapsearch reading the same attributes from the same server.
func BenchmarkSamba(b *testing.B) {
	ldapsearch := needs.Program(b, "ldapsearch", "ldap-utils")
	dc := samba.ForTest(b, samba.Options{Plan: samba.Simple("example.test", 5000)})
	r := open(b, settings(dc))
	b.Run("reader", func(b *testing.B) {
		for b.Loop() {
			pass(b, r)
		}
	})
	b.Run("ldapsearch", func(b *testing.B) {
		arguments := []string{
			"-x", "-LLL", "-H", dc.URL(), "-D", dc.Account(), "-w", dc.Password(), "-b", dc.BaseDN(), "-E", "pr=1000/noprompt",
			"(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))", "objectGUID", "objectClass", "member",
		}
		for b.Loop() {
			cmd := exec.Command(ldapsearch, append(arguments, directory.Attributes...)...)
			cmd.Env = append(cmd.Environ(), "LDAPTLS_CACERT="+dc.CAFile())
			if out, err := cmd.Output(); err != nil || len(out) < 1<<20 {
				b.Fatal(len(out), err)
			}
		}
	})
}

// BenchmarkSealed reads 5,000 people sealed by SASL and, in turn, under TLS: what the seal costs, of Samba's one process and of this.
func BenchmarkSealed(b *testing.B) {
	plan := samba.Simple("example.test", 5000)
	dc := samba.ForTest(b, samba.Options{Plan: plan})
	_, s := withoutTLS(b, samba.Options{Plan: plan})
	readers := []*ad.Reader{open(b, settings(dc)), open(b, s)}
	var took [2][]time.Duration
	for b.Loop() {
		for i, r := range readers {
			began := time.Now()
			pass(b, r)
			took[i] = append(took[i], time.Since(began))
		}
	}
	for _, all := range took {
		slices.Sort(all)
	}
	half := len(took[0]) / 2
	b.ReportMetric(took[1][half].Seconds()/took[0][half].Seconds(), "sealed/tls")
	b.ReportMetric(took[1][0].Seconds()/took[0][0].Seconds(), "best/best")
}
