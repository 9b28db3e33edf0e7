package ad_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/directorytest"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
)

// kept is a keytab of the sync account, as an administrator makes it.
func kept(t *testing.T, password string) []byte {
	t.Helper()
	keys := keytab.New()
	for _, kind := range []int32{etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96} {
		must(t, keys.AddEntry("svc-sync", "EXAMPLE.TEST", password, time.Now(), 1, kind))
	}
	var b bytes.Buffer
	_, err := keys.Write(&b)
	must(t, err)
	return b.Bytes()
}

func TestKeytab(t *testing.T) {
	for name, o := range map[string]samba.Options{"sealed": {NoTLS: true}, "under TLS, bound to the channel": {Kerberos: true}} {
		t.Run(name, func(t *testing.T) {
			dc := samba.ForTest(t, o)
			s := settings(dc)
			if o.NoTLS {
				s.URL, s.CA = dc.PlainURL(), nil
			}
			s.Password, s.Keytab = "", kept(t, dc.Password())
			directorytest.Run(t, dc, func(t testing.TB) directorytest.Reader { return open(t, s) })
			s.Keytab = kept(t, "of an older password")
			wantProblem(t, s, directory.CredentialsRefused, "wrong")
			s.Keytab = []byte("no keytab")
			wantProblem(t, s, directory.CredentialsRefused, "keytab")
		})
	}
}

// TestSealedSignInInWords holds the refusals of a domain's Kerberos to the words that a bind's are given.
func TestSealedSignInInWords(t *testing.T) {
	dc, s := withoutTLS(t, samba.Options{})
	with := func(change func(*ad.Settings)) ad.Settings {
		other := s
		change(&other)
		return other
	}
	wantProblem(t, with(func(s *ad.Settings) { s.Password = "not this one" }), directory.CredentialsRefused, "wrong")
	wantProblem(t, with(func(s *ad.Settings) { s.Account = "nobody@example.test" }), directory.CredentialsRefused, "does not know the account")
	wantProblem(t, with(func(s *ad.Settings) { s.Account = "CN=svc-sync,CN=Users," + dc.BaseDN() }), problem.Invalid, "distinguished name")
	account := accountIn(t, dc)
	for _, c := range []struct{ attribute, value, back, words string }{
		{directory.UserAccountControl, "514", "512", "disabled"},
		{directory.AccountExpires, "132000000000000000", "0", "expired"},
		{"pwdLastSet", "0", "-1", "must change"},
	} {
		must(t, dc.Modify(t.Context(), account, c.attribute, c.value))
		wantProblem(t, s, directory.CredentialsRefused, c.words)
		must(t, dc.Modify(t.Context(), account, c.attribute, c.back))
	}
	open(t, s)
}
