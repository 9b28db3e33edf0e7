package preflight

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/host"
	"passlysync/pkg/needs"
)

// lookedAt are the checks of the way to the domain controller, in its order.
var lookedAt = []string{"names", "ports", "certificate", "clock"}

func directoryServer(t *testing.T, o adtest.Options) *adtest.Server {
	t.Helper()
	server, err := adtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func closedPort(t *testing.T) string {
	t.Helper()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	return closed.Addr().String()
}

// wantOneAlarm fails unless one step warns in these words, those before it passed, and those after it say why they did not look.
func wantOneAlarm(t *testing.T, all map[string]Result, alarm, words, why string) {
	t.Helper()
	want := Passed
	for _, name := range lookedAt {
		r := all[name]
		if name == alarm {
			if r.State != Warning || !strings.Contains(r.Problem.Title, words) {
				t.Errorf("%s: got %s %+v, want a warning with %q", name, r.State, r.Problem, words)
			}
			want = Skipped
			continue
		}
		if r.State != want || want == Skipped && !strings.Contains(r.Detail, why) {
			t.Errorf("%s: got %s %q %+v, want %s", name, r.State, r.Detail, r.Problem, want)
		}
	}
}

func TestOneCauseRaisesOneAlarm(t *testing.T) {
	server := directoryServer(t, adtest.Options{})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL(), "ldaps://"))
	for name, test := range map[string]struct {
		url               string
		ca                []byte
		alarm, words, why string
	}{
		"no name":           {"ldaps://dc9.example.test:" + port, server.CA(), "names", "cannot be resolved", "the name does not resolve"},
		"no port":           {"ldaps://" + closedPort(t), server.CA(), "ports", "cannot be reached", "the port does not answer"},
		"unknown authority": {server.URL(), nil, "certificate", "a CA that is not trusted here", "the certificate is not trusted"},
		"another name":      {"ldaps://dc1.example.test:" + port, server.CA(), "certificate", "not for the name dc1.example.test", "the certificate is not trusted"},
		"all is well":       {server.URL(), server.CA(), "", "", ""},
		"StartTLS":          {server.PlainURL(), server.CA(), "", "", ""},
		"StartTLS, unknown": {server.PlainURL(), nil, "certificate", "a CA that is not trusted here", "the certificate is not trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			s.Resolver = nameServer(t, map[string][]string{"dc1.example.test.": {"127.0.0.1"}})
			s.Directory, s.DirectoryCA = test.url, test.ca
			wantOneAlarm(t, results(t, s), test.alarm, test.words, test.why)
		})
	}
}

func TestWithoutADirectoryNothingIsAlarming(t *testing.T) {
	all := results(t, settings(t))
	for _, name := range lookedAt {
		if r := all[name]; r.State != Skipped || !strings.Contains(r.Detail, "no directory is known yet") {
			t.Errorf("%s: got %s %q, want it skipped", name, r.State, r.Detail)
		}
	}
	if r := all["domain-controller"]; r.State != Skipped || !strings.Contains(r.Detail, "none found by DNS") {
		t.Errorf("domain-controller: got %s %q", r.State, r.Detail)
	}
}

// TestDomainControllerIsFoundByDNS is a host beside a real one: of two that DNS names, the one that answers is offered.
func TestDomainControllerIsFoundByDNS(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	address := strings.TrimPrefix(dc.URL(), "ldaps://")
	s := settings(t)
	s.Facts.SearchDomains = []string{"elsewhere.test", dc.Domain()}
	s.Resolver = nameServer(t, map[string][]string{
		"_ldap._tcp.dc._msdcs." + dc.Domain() + ".": {"dc0." + dc.Domain() + ".", "dc1." + dc.Domain() + "."},
		"dc1." + dc.Domain() + ".":                  {address},
	})
	s.Facts.DirectoryCA = dc.CAFile()
	all := results(t, s)
	wantOneAlarm(t, all, "", "", "")
	if r := all["domain-controller"]; r.Found.Directory != "ldaps://dc1."+dc.Domain() || !strings.Contains(r.Detail, "found by DNS") {
		t.Errorf("got %q, offered %q; want the one that answers", r.Detail, r.Found.Directory)
	}
	if got := all["certificate"].Found.DirectoryCA; got != dc.CAFile() {
		t.Errorf("got authority %q, want Samba's own", got)
	}
	if err := dc.StopProcess(); err != nil {
		t.Fatal(err)
	}
	all = results(t, s)
	if r := all["domain-controller"]; r.State != Warning || r.Found.Directory != "" {
		t.Errorf("none answers: got %s, offered %q", r.State, r.Found.Directory)
	}
	if r := all["ports"]; r.State != Skipped || !strings.Contains(r.Detail, "no domain controller answers") {
		t.Errorf("none answers: ports %s %q, want it skipped", r.State, r.Detail)
	}
}

func TestSambaDomainControllerOffersItself(t *testing.T) {
	s := settings(t)
	s.Facts.Role, s.Facts.Domain, s.Facts.Controller = host.DomainController, "example.test", "dc1.example.test"
	all := results(t, s)
	if r := all["domain-controller"]; r.State != Passed || r.Found.Directory != "ldaps://dc1.example.test" {
		t.Errorf("got %s %q, offered %q", r.State, r.Detail, r.Found.Directory)
	}
	if r := all["names"]; r.State != Warning { // its own name must resolve, too
		t.Errorf("names: got %s %q", r.State, r.Detail)
	}
}

// shownBy serves TLS with a certificate of a given time and names, signed by itself.
func shownBy(t *testing.T, from, until time.Time, names ...string) (url string, ca []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc1"}, NotBefore: from, NotAfter: until, DNSNames: names,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.(*tls.Conn).Handshake()
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return "ldaps://dc1.example.test:" + port, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestCertificatesInWords(t *testing.T) {
	now, day, name := time.Now(), 24*time.Hour, "dc1.example.test"
	for _, test := range []struct {
		words       string
		from, until time.Time
		names       []string
		hint        string
	}{
		{"ends on", now.Add(-day), now.Add(10 * day), []string{name}, "renewed"},
		{"has expired", now.Add(-2 * day), now.Add(-day), []string{name}, "renewed"},
		{"is not valid yet", now.Add(day), now.Add(99 * day), []string{name}, "clocks"},
		{"is not for the name " + name, now.Add(-day), now.Add(99 * day), []string{"dc2.example.test"}, "dc2.example.test"},
		{"is not for the name " + name, now.Add(-day), now.Add(99 * day), nil, "as the one that Samba makes itself"},
	} {
		t.Run(test.words, func(t *testing.T) {
			s := settings(t)
			s.Resolver = nameServer(t, map[string][]string{name + ".": {"127.0.0.1"}})
			s.Directory, s.DirectoryCA = shownBy(t, test.from, test.until, test.names...)
			r := results(t, s)["certificate"]
			if r.State != Warning || !strings.Contains(r.Problem.Title, test.words) || !strings.Contains(r.Problem.Hint, test.hint) {
				t.Errorf("got %s %+v, want %q and the hint %q", r.State, r.Problem, test.words, test.hint)
			}
			if r.Repair != nil {
				t.Errorf("got the offer %q, want none: trusting does not help", r.Repair.Title)
			}
		})
	}
}

func TestAuthorityThatTheServerShowsIsTrustedOnDemand(t *testing.T) {
	server := directoryServer(t, adtest.Options{ShowsAuthority: true})
	s := settings(t)
	s.Directory = server.URL()
	r := results(t, s)["certificate"]
	if r.State != Warning || r.Repair == nil || !strings.Contains(r.Repair.Title, "Throw-away CA") || !strings.Contains(r.Repair.Title, "SHA-256") {
		t.Fatalf("got %s with %+v, want an offer with name and fingerprint", r.State, r.Repair)
	}
	kept := filepath.Join(s.State, "directory-ca.pem")
	if _, err := os.Stat(kept); err == nil {
		t.Fatal("looking alone has written the authority")
	}
	if err := r.Repair.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := results(t, s)
	wantOneAlarm(t, all, "", "", "")
	if got := all["certificate"].Found.DirectoryCA; got != kept {
		t.Errorf("offers %q as authority, want %q", got, kept)
	}
	t.Run("for its owner alone", func(t *testing.T) {
		needs.Modes.On(t)
		if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v, %v", info, err)
		}
	})

	s.DirectoryCA = directoryServer(t, adtest.Options{}).CA() // a person said which one counts
	if r := results(t, s)["certificate"]; r.State != Warning || r.Repair != nil {
		t.Errorf("another authority was given: got %s with %+v, want a warning and no way around it", r.State, r.Repair)
	}
}

func TestAuthorityThatCannotBeKeptSaysWhy(t *testing.T) {
	s := settings(t)
	s.Directory = directoryServer(t, adtest.Options{ShowsAuthority: true}).URL()
	s.State = filepath.Join(s.State, "file", "below")
	if err := os.WriteFile(filepath.Dir(s.State), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := results(t, s)["certificate"].Repair.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "could not be kept") {
		t.Errorf("got %v, want why", err)
	}
}
