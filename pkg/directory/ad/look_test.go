package ad_test

import (
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

func TestWhatIsSeenWithoutAnAccount(t *testing.T) {
	s := server(t, adtest.Options{})
	for _, url := range []string{s.URL(), s.PlainURL()} {
		seen(t, ad.Settings{URL: url, CA: s.CA()})
	}
	unknown := ad.Settings{URL: s.URL()}
	certificates, err := ad.Certificates(t.Context(), unknown)
	if !problem.Is(err, directory.Untrusted) || len(certificates) == 0 {
		t.Fatalf("unknown authority: got %d certificates, %v; want what was shown and why it is not trusted", len(certificates), err)
	}
	if p := problem.Of(err); !strings.Contains(p.Text, trust.Fingerprint(certificates[len(certificates)-1])) || !strings.Contains(p.Text, certificates[0].Issuer.CommonName) {
		t.Errorf("got %q, want issuer and fingerprint", p.Text)
	}
	if _, err := ad.CurrentTime(t.Context(), unknown); !problem.Is(err, directory.Untrusted) {
		t.Errorf("the time of who is not trusted: got %v", err)
	}
}

func TestRealDomainControllerTellsItsTimeToAnyone(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	seen(t, ad.Settings{URL: dc.URL(), CA: dc.CA()})
}

// seen checks each step that needs no account.
func seen(t *testing.T, s ad.Settings) {
	t.Helper()
	addresses, err := ad.Addresses(t.Context(), s)
	if err != nil || len(addresses) != 1 || !addresses[0].IsLoopback() {
		t.Errorf("addresses of %s: got %v, %v", s.URL, addresses, err)
	}
	if err := ad.Reach(t.Context(), s); err != nil {
		t.Errorf("reaching %s: %v", s.URL, err)
	}
	certificates, err := ad.Certificates(t.Context(), s)
	if err != nil || len(certificates) == 0 {
		t.Errorf("certificates of %s: got %d, %v", s.URL, len(certificates), err)
	}
	now, err := ad.CurrentTime(t.Context(), s)
	if err != nil || time.Since(now).Abs() > 5*time.Second {
		t.Errorf("time of %s: got %s, %v", s.URL, now, err)
	}
}
