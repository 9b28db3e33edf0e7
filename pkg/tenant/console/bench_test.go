package console_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/tenanttest"
)

// many is how many people the quick pages are measured with.
const many = 100_000

// listPages are the lists as people use them: from the beginning, filtered, searched for what many, few and nobody have;
// and an agent's.
func listPages(agent tenant.ID) map[string]string {
	its := "/directory-sync/" + agent.String()
	return map[string]string{
		"users":                   "/users",
		"users/state":             "/users?state=created",
		"users/state of nobody":   "/users?state=active",
		"users/search, all":       "/users?q=family",
		"users/search, few":       "/users?q=given99",
		"users/search, one":       "/users?q=given99999.",
		"users/search, nobody":    "/users?q=nobody",
		"users/search and state":  "/users?q=given99999.&state=created",
		"users/search, provision": "/users/provision?all=yes&q=given99",
		"groups":                  "/groups",
		"groups/search":           "/groups?q=every",
		"organizations":           "/organizations",
		"agents":                  "/directory-sync",
		"agent":                   its,
		"agent/remove":            its + "/remove",
		"mail":                    "/settings/mail",
		"scim/page":               "/scim/v2/Users?count=100",
		"scim/logon name":         "/scim/v2/Users?filter=userName+eq+%22given5.family5@example.test%22",
	}
}

// BenchmarkPages asks for each list, on the server alone, where 100,000 people are: ms/page is what the machine takes for it.
func BenchmarkPages(b *testing.B) {
	s := tenanttest.Start(b)
	a := s.Enrol(b, "dc1")
	a.AddPeople(b, many)
	v := signedIn(b, s)
	handler := s.Handler()
	for name, path := range listPages(a.ID) {
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
				r.Header.Set("Cookie", v.cookie)
				r.Header.Set("Authorization", "Bearer "+a.Token)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: %d %.300s", path, w.Code, w.Body)
				}
				size = w.Body.Len()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/page")
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
}
