package ad_test

import (
	"testing"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/directorytest"
	"passlysync/pkg/directory/samba"
)

// withoutTLS is a real domain controller that has no certificate and refuses what is not signed.
func withoutTLS(t testing.TB, o samba.Options) (*samba.DC, ad.Settings) {
	t.Helper()
	o.NoTLS = true
	dc := samba.ForTest(t, o)
	return dc, ad.Settings{URL: dc.PlainURL(), Account: dc.Account(), Password: dc.Password()}
}

// TestSambaWithoutTLS holds a sealed connection to all that one under TLS is held to.
func TestSambaWithoutTLS(t *testing.T) {
	dc, s := withoutTLS(t, samba.Options{})
	directorytest.Run(t, dc, func(t testing.TB) directorytest.Reader { return open(t, s) })
}
