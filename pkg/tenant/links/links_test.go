package links_test

import (
	"fmt"
	"testing"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/links"
	"passlysync/pkg/tenant/tenanttest"
)

// TestAttackUsingUpWhatOthersMayAskFor floods the wishes for somebody's link from one network: those that are refused do not count
// against her.
func TestAttackUsingUpWhatOthersMayAskFor(t *testing.T) {
	s := tenanttest.Start(t)
	desk := links.NewDesk(s.Store(), s.Clock.Now)
	const flood, home = "192.0.2.66:1", "198.51.100.7:1"
	for i := range 20 { // what one network may ask for
		if err := desk.Ask(t.Context(), tenant.ToReset, fmt.Sprintf("x%d@acme.test", i), flood); err != nil {
			t.Fatalf("wish %d: %v", i, err)
		}
	}
	for range 10 {
		if err := desk.Ask(t.Context(), tenant.ToReset, "ann@acme.test", flood); !problem.Is(err, problem.TooMany) {
			t.Fatalf("beyond it: %v", err)
		}
	}
	if err := desk.Ask(t.Context(), tenant.ToReset, "ann@acme.test", home); err != nil {
		t.Errorf("she herself: %v", err)
	}
}
