//go:build unix

package scimserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

// BenchmarkBulkUsers adds users by bulk requests of 1,000, through the handler to the disk, without and with an
// enrolment e-mail queued for each, and with a row of a run kept of each.
func BenchmarkBulkUsers(b *testing.B) {
	for _, row := range []struct {
		name    string
		policy  tenant.ID
		sending bool
		run     string
	}{
		{"default", tenant.DefaultPolicyID, false, ""},
		{"default, kept as a run", tenant.DefaultPolicyID, false, "r1"},
		{"onboarding", tenant.FullOnboardingPolicyID, false, ""},
		{"onboarding, e-mails going out", tenant.FullOnboardingPolicyID, true, ""},
	} {
		b.Run(row.name, func(b *testing.B) { bulkUsers(b, row.policy, row.sending, row.run) })
	}
}

func bulkUsers(b *testing.B, policy tenant.ID, sending bool, run string) {
	b.Helper()
	s := tenanttest.Start(b)
	if sending {
		var work sync.WaitGroup
		ctx, stop := context.WithCancel(b.Context())
		work.Go(func() { s.Work(ctx) })
		defer work.Wait()
		defer stop()
	}
	a := s.EnrolUnder(b, "dc1", policy)
	handler := s.Handler()
	const size = 1000
	b.ReportAllocs()
	b.ResetTimer()
	users, before := 0, cpu(b)
	for b.Loop() {
		b.StopTimer()
		body := tenanttest.BulkOfUsers(users, size)
		b.StartTimer()
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/scim/v2/Bulk", strings.NewReader(body))
		r.Header.Set("Content-Type", scim.ContentType)
		r.Header.Set("Authorization", "Bearer "+a.Token)
		if run != "" {
			r.Header.Set(scim.RunHeader, run)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := strings.Count(w.Body.String(), `"status":"201"`); got != size {
			b.Fatalf("added %d of %d: %.300s", got, size, w.Body)
		}
		users += size
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(users), "cpu-µs/user")
	b.ReportMetric(float64(users)/b.Elapsed().Seconds(), "users/s")
}

// cpu is what the process has used, which other work on the machine does not change as it does the wall clock. Making the
// request's text is in it.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
