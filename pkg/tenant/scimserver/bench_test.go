//go:build unix

package scimserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant/tenanttest"
)

// BenchmarkBulkUsers adds users by bulk requests of 1,000, through the handler to the disk.
func BenchmarkBulkUsers(b *testing.B) {
	s := tenanttest.Start(b)
	a := s.Enrol(b, "dc1")
	handler := s.Handler()
	const size = 1000
	b.ReportAllocs()
	b.ResetTimer()
	users, before := 0, cpu(b)
	for b.Loop() {
		b.StopTimer()
		body := bulkOfUsers(users, size)
		b.StartTimer()
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/scim/v2/Bulk", strings.NewReader(body))
		r.Header.Set("Content-Type", scim.ContentType)
		r.Header.Set("Authorization", "Bearer "+a.Token)
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
