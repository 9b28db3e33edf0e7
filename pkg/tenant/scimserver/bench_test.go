package scimserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant/tenanttest"
)

// bulkOfUsers is a request that adds n users, numbered from first, as an agent sends it.
func bulkOfUsers(first, n int) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["` + scim.BulkReqSchema + `"],"Operations":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		k := first + i
		fmt.Fprintf(&b, `{"method":"POST","bulkId":"%d","path":"/Users","data":{"schemas":["%s","%s"],`+
			`"externalId":"%08x-1234-4abc-8def-%012x","userName":"given%d.family%d@example.test","name":{"givenName":"Given%d","familyName":"Family%d"},`+
			`"displayName":"Given%d Family%d","emails":[{"value":"given%d.family%d@example.test","type":"work","primary":true}],"active":true,`+
			`"%s":{"samAccountName":"g%d"}}}`, i, scim.UserSchema, scim.PasslySchema, uint32(k)*2654435761, k, k, k, k, k, k, k, k, k, scim.PasslySchema, k)
	}
	b.WriteString("]}")
	return b.String()
}

// BenchmarkBulkUsers adds users by bulk requests of 1,000, through the handler to the disk.
func BenchmarkBulkUsers(b *testing.B) {
	s := tenanttest.Start(b)
	a := s.Enrol(b, "dc1")
	handler := s.Handler()
	const size = 1000
	b.ReportAllocs()
	b.ResetTimer()
	users := 0
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
	b.ReportMetric(float64(users)/b.Elapsed().Seconds(), "users/s")
}
