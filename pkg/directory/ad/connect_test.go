package ad_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/problem"
)

func TestWaysToSayWhoIsAsking(t *testing.T) {
	s := server(t, adtest.Options{Domain: "acme.test"})
	for _, account := range []string{
		"svc-sync@acme.test", "SVC-Sync@ACME.test", `ACME\svc-sync`, "CN=svc-sync,CN=Users,DC=acme,DC=test",
	} {
		settings := settings(s)
		settings.Account = account
		open(t, settings)
		settings.URL = s.PlainURL() // StartTLS
		open(t, settings)
	}
}

func TestRefusedCredentialsInWords(t *testing.T) {
	for data, word := range map[string]string{
		"52e": "wrong", "533": "disabled", "701": "expired", "773": "must change", "775": "locked", "532": "expired", "9999": "refused",
	} {
		t.Run(data, func(t *testing.T) {
			s := server(t, adtest.Options{})
			s.SetFaults(adtest.Faults{BindData: data})
			wantProblem(t, settings(s), directory.CredentialsRefused, word)
		})
	}
	s := server(t, adtest.Options{})
	empty := settings(s)
	empty.Password = "" // the server would take it for an anonymous bind and say yes
	wantProblem(t, empty, directory.CredentialsRefused, "No account or no password")
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "dc1", "http://dc1", "ldaps://", "ldapi://%2Ftmp", "ldaps://dc1/DC=x", "ldaps://dc1:port"} {
		wantProblem(t, ad.Settings{URL: address, Account: "a", Password: "b"}, problem.Invalid, "is not the address")
	}
}

func TestCertificates(t *testing.T) {
	s := server(t, adtest.Options{})
	unknown := settings(s)
	unknown.CA = nil
	wantProblem(t, unknown, directory.Untrusted, "not trusted")
	unknown.CA = []byte("no certificate")
	wantProblem(t, unknown, problem.Invalid, "not a PEM")
	unknown.CA = server(t, adtest.Options{}).CA()
	wantProblem(t, unknown, directory.Untrusted, "not trusted")

	elsewhere := settings(server(t, adtest.Options{Address: "127.0.0.2:0"})) // which its certificate is not for
	wantProblem(t, elsewhere, directory.Untrusted, "not for the name")
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	wantProblem(t, ad.Settings{URL: "ldaps://" + l.Addr().String(), Account: "a", Password: "b"}, directory.Unreachable, "cannot be reached")
	wantProblem(t, ad.Settings{URL: "ldaps://no-such-host.invalid", Account: "a", Password: "b"}, directory.Unreachable, "cannot be resolved")
}

// TestPasswordNeverInTheClear is a man in the middle who strips StartTLS, or answers with anything but TLS.
func TestPasswordNeverInTheClear(t *testing.T) {
	const secret = "do-not-let-me-see-this"
	for name, answer := range map[string]string{
		"StartTLS refused":      "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00",
		"an answer to no bind":  "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
		"no LDAP":               "220 mail.example.test ESMTP\r\n",
		"nothing":               "",
		"granted, but no TLS":   "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\x30\x0c\x02\x01\x01",
		"a message without end": "\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
	} {
		for _, scheme := range []string{"ldap://", "ldaps://"} {
			t.Run(scheme+" "+name, func(t *testing.T) {
				heard, address := eavesdrop(t, answer)
				if _, err := ad.Open(t.Context(), ad.Settings{URL: scheme + address, Account: "svc@acme.test", Password: secret}); err == nil {
					t.Fatal("connected to an eavesdropper")
				}
				if strings.Contains(heard(), secret) {
					t.Error("the password was sent in the clear")
				}
			})
		}
	}
}

// eavesdrop listens, answers each connection with the same bytes, and gives what it heard.
func eavesdrop(t *testing.T, answer string) (heard func() string, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu  sync.Mutex
		all bytes.Buffer
	)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, answer)
			b := make([]byte, 4096)
			n, _ := conn.Read(b)
			mu.Lock()
			all.Write(b[:n])
			mu.Unlock()
			_ = conn.Close()
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}, l.Addr().String()
}

// wantProblem fails unless opening gives a problem of this code whose title has these words, and that says what to do.
func wantProblem(t *testing.T, s ad.Settings, code problem.Code, words string) {
	t.Helper()
	_, err := ad.Open(t.Context(), s)
	if !problem.Is(err, code) {
		t.Errorf("got %v, want a problem of code %s", err, code)
		return
	}
	if p := problem.Of(err); !strings.Contains(p.Title, words) || p.Hint == "" {
		t.Errorf("got %q with hint %q, want a title with %q", p.Title, p.Hint, words)
	}
	if s.Password != "" && len(s.Password) > 3 && strings.Contains(err.Error(), s.Password) {
		t.Error("the password stands in the error")
	}
}
