package control

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

func TestCandidates(t *testing.T) {
	for domain, want := range map[string][]string{
		"acme":                              {"https://acme.my.passly.com"},
		" Acme.My.Passly.com ":              {"https://acme.my.passly.com"},
		"acme.example:8443":                 {"https://acme.example:8443"},
		"https://acme.example/console/home": {"https://acme.example"},
		"acme.example/console":              {"https://acme.example"},
		"localhost:8484":                    {"https://localhost:8484", "http://localhost:8484"},
		"127.0.0.1:8484":                    {"https://127.0.0.1:8484", "http://127.0.0.1:8484"},
		"[::1]:8484":                        {"https://[::1]:8484", "http://[::1]:8484"},
		"http://localhost:1":                {"http://localhost:1"},
		"":                                  nil,
		"http://acme.example":               nil,
		"ftp://acme.example":                nil,
		"https://me:secret@acme.example":    nil,
		"me@acme.example":                   nil,
		"two words":                         nil,
		"https://":                          nil,
	} {
		got, err := Candidates(domain)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", domain, diff)
		}
		if p := problem.Of(err); want == nil && (p == nil || p.Hint == "") {
			t.Errorf("%q: got %v, want a problem with a hint", domain, err)
		}
	}
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

const aTenant = `{"product":"passly","protocol":1,"tenantId":"t1","tenantName":"Acme"}`

func discover(t *testing.T, ca []byte, domain string) (string, Discovery, error) {
	t.Helper()
	s, err := NewSetup(ca)
	if err != nil {
		t.Fatal(err)
	}
	return s.Discover(t.Context(), domain)
}

func TestDiscoverTellsWhatIsThere(t *testing.T) {
	elsewhere := httptest.NewServer(answer(aTenant))
	defer elsewhere.Close()
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    problem.Code
	}{
		"a tenant":         {answer(aTenant), ""},
		"a newer tenant":   {answer(`{"product":"passly","protocol":2,"tenantId":"t1"}`), problem.WrongVersion},
		"another product":  {answer(`{"product":"else","protocol":1,"tenantId":"t1"}`), problem.NotATenant},
		"no JSON":          {answer("<html>"), problem.NotATenant},
		"a key twice":      {answer(`{"product":"passly","product":"passly","protocol":1,"tenantId":"t"}`), problem.NotATenant},
		"endless":          {answer(`{"product":"` + strings.Repeat("x", MaxMessage) + `"}`), problem.NotATenant},
		"nothing there":    {http.NotFound, problem.NotATenant},
		"sends elsewhere":  {http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, problem.NotATenant},
		"being restarted":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, problem.Unavailable},
		"asks for a pause": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, problem.TooMany},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			base, d, err := discover(t, nil, strings.TrimPrefix(server.URL, "http://"))
			if test.code == "" {
				if err != nil || base != server.URL || d.TenantName != "Acme" {
					t.Errorf("got %q, %q and %v, want the tenant", base, d.TenantName, err)
				}
				return
			}
			if p := problem.Of(err); p == nil || p.Code != test.code || p.Hint == "" {
				t.Errorf("got %v, want a problem of code %s with a hint", err, test.code)
			}
		})
	}
}

func TestDiscoverSaysWhyNobodyAnswers(t *testing.T) {
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = unused.Close()
	for domain, title := range map[string]string{
		unused.Addr().String():       "refuses the connection",
		"no-such-host.invalid":       "no-such-host.invalid",
		"https://no-such.invalid:12": "no-such.invalid",
	} {
		_, _, err := discover(t, nil, domain)
		if p := problem.Of(err); p.Code != problem.Unreachable || !strings.Contains(p.Title, title) || p.Hint == "" {
			t.Errorf("%s: got %q (%v), want words with %q", domain, p.Title, err, title)
		}
	}
}

func TestDiscoverNotAnsweringInTime(t *testing.T) {
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	defer server.Close()
	defer close(end)
	client, err := NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = call(ctx, client, http.MethodGet, server.URL, "", nil, nil)
	if p := problem.Of(err); p.Code != problem.Unreachable || !strings.Contains(p.Title, "did not answer in time") {
		t.Errorf("got %v, want the words for no answer in time", err)
	}
}

// authority makes certificates for a test's servers.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Our Own CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})}
}

func (a authority) serve(t *testing.T, from, until time.Duration, address string) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
		IPAddresses: []net.IP{net.ParseIP(address)}, DNSNames: []string{"tenant.test"},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(answer(aTenant))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: a.key}}}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func TestDiscoverTrustsOnlyWhatItShould(t *testing.T) {
	ours := newAuthority(t)
	for name, test := range map[string]struct {
		ca          []byte
		from, until time.Duration
		address     string
		title, hint string
	}{
		"our own authority":    {ours.pem, -time.Hour, time.Hour, "127.0.0.1", "", ""},
		"an unknown authority": {nil, -time.Hour, time.Hour, "127.0.0.1", "not trusted here", "--ca"},
		"another authority":    {newAuthority(t).pem, -time.Hour, time.Hour, "127.0.0.1", "not trusted here", "--ca"},
		"expired":              {ours.pem, -2 * time.Hour, -time.Hour, "127.0.0.1", "has expired", "clock"},
		"not valid yet":        {ours.pem, time.Hour, 2 * time.Hour, "127.0.0.1", "is not valid yet", "clock"},
		"of another name":      {ours.pem, -time.Hour, time.Hour, "127.0.0.9", "is not for 127.0.0.1", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			base := ours.serve(t, test.from, test.until, test.address)
			// Without a scheme, so that falling back to plain HTTP would be noticed.
			got, _, err := discover(t, test.ca, strings.TrimPrefix(base, "https://"))
			if test.title == "" {
				if err != nil || got != base {
					t.Errorf("got %q and %v, want %q", got, err, base)
				}
				return
			}
			p := problem.Of(err)
			if p == nil || p.Code != problem.TLS || !strings.Contains(p.Title, test.title) || !strings.Contains(p.Hint, test.hint) {
				t.Errorf("got %v, want a TLS problem with %q", err, test.title)
			}
		})
	}
}

func TestUnknownAuthorityIsShownByItsFingerprint(t *testing.T) {
	base := newAuthority(t).serve(t, -time.Hour, time.Hour, "127.0.0.1")
	conn, err := tls.Dial("tcp", strings.TrimPrefix(base, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	want := trust.Fingerprint(conn.ConnectionState().PeerCertificates[0])
	_, _, err = discover(t, nil, base)
	if p := problem.Of(err); !strings.Contains(p.Text, "CN=Our Own CA") || !strings.Contains(p.Text, want) {
		t.Errorf("got %q, want the issuer and %s", p.Text, want)
	}
}

// A proxy cannot be set for one test only: net/http reads the environment once.
func TestProxyThatDoesNotPassOnIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer proxy.Close()
	client, err := NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client.Transport.(originGuard).next.(*http.Transport).Proxy = http.ProxyURL(at)
	_, _, err = (&Setup{client}).Discover(t.Context(), "acme.my.passly.com")
	if p := problem.Of(err); p.Code != problem.Unreachable || !strings.Contains(p.Title, "proxy") || !strings.Contains(p.Text, "407") {
		t.Errorf("got %q, %q (%v), want the proxy's answer", p.Title, p.Text, err)
	}
}

func TestNewTransportRefusesAFileThatIsNoCertificate(t *testing.T) {
	if _, err := NewTransport([]byte("no PEM")); !problem.Is(err, problem.Invalid) {
		t.Errorf("got %v, want a problem of code %s", err, problem.Invalid)
	}
}

func TestPlainHTTPNeverLeavesTheMachine(t *testing.T) {
	client, err := NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = call(t.Context(), client, http.MethodGet, "http://192.0.2.1/", "token", nil, nil)
	if p := problem.Of(err); p.Code != problem.TLS {
		t.Errorf("got %v, want a problem of code %s", err, problem.TLS)
	}
}

func TestSignInSaysTheTenantsWords(t *testing.T) {
	const password = "correct horse battery staple"
	want := &problem.Problem{Code: problem.CredentialsBad, Title: "E-mail or password is wrong", Hint: "Try again."}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"code":"credentials-bad","title":"E-mail or password is wrong","hint":"Try again."}`)
	}))
	defer server.Close()
	s, err := NewSetup(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SignIn(t.Context(), server.URL, SignIn{Email: "a@b.test", Password: password})
	got := problem.Of(err)
	if got.Code != want.Code || got.Title != want.Title || got.Hint != want.Hint {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var wait RetryAfter
	if !errors.As(err, &wait) || time.Duration(wait) != 7*time.Second {
		t.Errorf("got a wait of %s, want 7s", time.Duration(wait))
	}
	if strings.Contains(err.Error(), password) {
		t.Error("the error contains the password")
	}
}

func TestSetupSignsInGetsATokenAndSignsOut(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case SignInPath:
			answer(`{"session":"s1","name":"Ada","expiresIn":60}`)(w, r)
		case EnrolmentTokensPath:
			answer(`{"token":"t1","expiresIn":600}`)(w, r)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	s, err := NewSetup(nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err1 := s.SignIn(t.Context(), server.URL, SignIn{Email: "a@b.test", Password: "p"})
	token, err2 := s.EnrolmentToken(t.Context(), server.URL, session.Session)
	err3 := s.SignOut(t.Context(), server.URL, session.Session)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if token.Token != "t1" {
		t.Errorf("got token %q, want t1", token.Token)
	}
	want := []string{
		"POST " + SignInPath + " ", "POST " + EnrolmentTokensPath + " Bearer s1", "POST " + SignOutPath + " Bearer s1",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Whatever is typed as a Passly domain, nothing but HTTPS is spoken beyond this machine, and no more than a host is kept.
func FuzzCandidates(f *testing.F) {
	for _, seed := range []string{"acme", "localhost:1", "https://a.b/c?d#e", "http://127.0.0.1", "[::1]:9", "a@b", "x:y:z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		bases, err := Candidates(domain)
		if (err == nil) != (len(bases) > 0) {
			t.Fatalf("%q: got %q and %v", domain, bases, err)
		}
		for _, base := range bases {
			u, err := url.Parse(base)
			if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
				t.Errorf("%q: got %q (%v), want an origin", domain, base, err)
				continue
			}
			if u.Scheme != "https" && !Loopback(u.Hostname()) {
				t.Errorf("%q: got %q, want HTTPS", domain, base)
			}
		}
	})
}
