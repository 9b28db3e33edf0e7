package ad_test

import (
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/directorytest"
	"passlysync/pkg/directory/samba"
)

// place is a directory with an account to read it.
type place interface {
	URL() string
	PlainURL() string
	CA() []byte
	Account() string
	Password() string
}

func reader(p place) func(testing.TB) directorytest.Reader {
	return func(t testing.TB) directorytest.Reader {
		t.Helper()
		r, err := ad.Open(t.Context(), ad.Settings{URL: p.URL(), CA: p.CA(), Account: p.Account(), Password: p.Password()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r
	}
}

func TestInProcess(t *testing.T) {
	for name, options := range map[string]adtest.Options{
		"as Samba":                {},
		"as Windows":              {PageLimit: 1000, RangeLimit: 50, SplitAt: 7},
		"links before groups":     {LinksFirst: true, SplitAt: 10},
		"without replication":     {LacksReplication: true},
		"with a page limit of 10": {PageLimit: 10},

		"without DirSync":                   {RefusesDirSync: 53},
		"without DirSync, as Windows":       {RefusesDirSync: 50, PageLimit: 1000, RangeLimit: 50},
		"without DirSync, page limit of 10": {RefusesDirSync: 12, PageLimit: 10, RangeLimit: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := adtest.New(options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			without(t, open(t, settings(s)), options.RefusesDirSync != 0)
			directorytest.Run(t, s, reader(s))
		})
	}
}

func TestSamba(t *testing.T) {
	for name, options := range map[string]samba.Options{
		"least privilege":     {},
		"without replication": {LacksReplication: true},
		"without DirSync":     {LacksReplication: true, RefusesDirSync: 53},
	} {
		t.Run(name, func(t *testing.T) {
			dc := samba.ForTest(t, options)
			without(t, open(t, settings(dc)), options.RefusesDirSync != 0)
			directorytest.Run(t, dc, reader(dc))
		})
	}
}

// TestSambaSignIn holds a real controller's refusals to the words they are given, and StartTLS to working.
func TestSambaSignIn(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	plain := settings(dc)
	plain.URL = dc.PlainURL()
	open(t, plain)

	wrong := settings(dc)
	wrong.Password = "not this one"
	wantProblem(t, wrong, directory.CredentialsRefused, "wrong")

	account := accountIn(t, dc)
	for _, c := range []struct{ attribute, value, back, words string }{
		{directory.UserAccountControl, "514", "512", "disabled"},
		{directory.AccountExpires, "132000000000000000", "0", "expired"},
		{"pwdLastSet", "0", "-1", "must change"},
	} {
		if err := dc.Modify(t.Context(), account, c.attribute, c.value); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, settings(dc), directory.CredentialsRefused, c.words)
		if err := dc.Modify(t.Context(), account, c.attribute, c.back); err != nil {
			t.Fatal(err)
		}
	}
	open(t, settings(dc))
}

// accountIn finds the sync account.
func accountIn(t *testing.T, dc *samba.DC) directory.GUID {
	t.Helper()
	entries, err := dc.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name == "svc-sync" {
			return e.GUID
		}
	}
	t.Fatal("the sync account is not there")
	return directory.GUID{}
}
