package wizard

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/tenanttest"
)

// mishap is one thing that can go wrong at a question, and how it comes about.
type mishap struct {
	name string
	show func(t *testing.T) *driver
}

// TestEveryErrorAtItsQuestion draws each error that a question can meet. Wherever it can be had here, it comes from the
// real thing: a real tenant, a real directory server, real certificates.
func TestEveryErrorAtItsQuestion(t *testing.T) {
	for question, all := range map[string][]mishap{
		"domain": domainMishaps(), "signin": signInMishaps(), "account": accountMishaps(),
	} {
		for _, size := range [][2]int{{60, 20}, {120, 36}} {
			t.Run(fmt.Sprintf("%s-%d", question, size[0]), func(t *testing.T) {
				var pages strings.Builder
				for _, m := range all {
					view := m.show(t).size(size[0], size[1])
					fits(t, view, size[0], size[1])
					if !strings.Contains(view, markFailed+" ") && !strings.Contains(view, markNotice+" ") || !strings.Contains(view, markHint+" ") {
						t.Errorf("%s: nothing is said, or not what to do:\n%s", m.name, view)
					}
					fmt.Fprintf(&pages, "=== %s\n%s\n", m.name, steady(view))
				}
				golden(t, fmt.Sprintf("errors-%s-%d.txt", question, size[0]), pages.String())
			})
		}
	}
}

// Ports and fingerprints differ from run to run, but not in their width.
var (
	ports        = regexp.MustCompile(`127\.0\.0\.([12]):\d{5}`)
	fingerprints = regexp.MustCompile(`\b[0-9A-F]{4}( [0-9A-F]{4}\b)+`)
	fourDigits   = regexp.MustCompile(`[0-9A-F]{4}`)
)

func steady(view string) string {
	view = ports.ReplaceAllString(view, "127.0.0.$1:50000")
	return fingerprints.ReplaceAllStringFunc(view, func(f string) string { return fourDigits.ReplaceAllString(f, "A1B2") })
}

// atDomain types a Passly domain, with the real client of the tenant.
func atDomain(t *testing.T, domain string) *driver {
	o := (&world{}).options()
	o.Tenant = nil
	return drive(t, o).press(domain, "enter")
}

// cannotReach is the question after an error that the network makes.
func cannotReach(err error) func(*testing.T) *driver {
	return func(t *testing.T) *driver {
		to := &url.URL{Scheme: "https", Host: "acme.my.passly.com"}
		w := &world{discover: control.Reached(context.Background(), to, &url.Error{Op: "Get", URL: to.String(), Err: err})}
		return drive(t, w.options()).through(answerDomain)
	}
}

func domainMishaps() []mishap {
	answering := func(scheme, body string) func(*testing.T) *driver {
		return func(t *testing.T) *driver {
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			server := httptest.NewUnstartedServer(handler)
			server.Config.ErrorLog = unheard
			if scheme == "https" {
				server.StartTLS()
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			return atDomain(t, strings.TrimPrefix(server.URL, "http://"))
		}
	}
	skewed := func(by time.Duration) func(*testing.T) *driver {
		return func(t *testing.T) *driver {
			now := time.Now()
			return drive(t, (&world{discover: control.Discovery{Time: now.Add(-by)}.ClockProblem(now)}).options()).through(answerDomain)
		}
	}
	expired := &problem.Problem{
		Code: problem.TLS, Title: "The certificate of acme.my.passly.com has expired",
		Text: "It is not valid at this machine's time, 2 January 2026 15:04 UTC.",
		Hint: "Check this machine's clock. If it is right, the tenant needs a new certificate.",
	}
	return []mishap{
		{"empty", func(t *testing.T) *driver { return atDomain(t, "") }},
		{"not a domain", func(t *testing.T) *driver { return atDomain(t, "two words") }},
		{"plain HTTP", func(t *testing.T) *driver { return atDomain(t, "http://acme.my.passly.com") }},
		{"unknown host", cannotReach(&net.DNSError{Err: "no such host", Name: "acme.my.passly.com", IsNotFound: true})},
		{"name servers silent", cannotReach(&net.DNSError{Err: "i/o timeout", Name: "acme.my.passly.com", IsTimeout: true})},
		{"refused", cannotReach(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})},
		{"no route", cannotReach(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH})},
		{"timed out", cannotReach(context.DeadlineExceeded)},
		{"proxy away", cannotReach(&net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED})},
		{"not a tenant", answering("http", "<html>")},
		{"older tenant", answering("http", `{"product":"passly","protocol":0,"tenantId":"t"}`)},
		{"newer tenant", answering("http", `{"product":"passly","protocol":2,"tenantId":"t"}`)},
		{"unknown authority", answering("https", "")},
		{"expired", func(t *testing.T) *driver {
			return drive(t, (&world{discover: expired}).options()).through(answerDomain)
		}},
		{"wrong name", cannotReach(x509.HostnameError{Host: "acme.my.passly.com", Certificate: &x509.Certificate{DNSNames: []string{"www.example.com"}}})},
		{"clock behind", skewed(-9*time.Minute - 30*time.Second)},
		{"clock ahead", skewed(3 * time.Hour)},
		{"no CA file", func(t *testing.T) *driver {
			w := &world{discover: &problem.Problem{Code: problem.TLS, Title: "Not trusted", Err: x509.UnknownAuthorityError{}}}
			return drive(t, w.options()).through(answerDomain).press("/nowhere/ca.pem", "enter")
		}},
	}
}

// atSignIn types the administrator's answers at a real tenant.
func atSignIn(change func(*testing.T, *tenanttest.Server), keys ...string) func(*testing.T) *driver {
	return func(t *testing.T) *driver {
		server := tenanttest.Start(t)
		if change != nil {
			change(t, server)
		}
		o := (&world{}).options()
		o.Tenant = func(ca []byte) (Tenant, error) {
			real, err := control.NewSetup(ca)
			return withoutBrowser{real}, err
		}
		return drive(t, o).press(strings.TrimPrefix(server.URL, "http://"), "enter").press(keys...)
	}
}

// withoutBrowser leaves the sign-in in a browser out: its code differs from run to run.
type withoutBrowser struct{ *control.Setup }

func (withoutBrowser) BeginDevice(context.Context, string, string) (control.DeviceSignIn, error) {
	return control.DeviceSignIn{}, &problem.Problem{Code: problem.NotFound, Title: "Not offered here"}
}

// admin changes the tenant's administrator, as whoever runs the tenant does.
func admin(edit func(*tenant.Administrator)) func(*testing.T, *tenanttest.Server) {
	return func(t *testing.T, s *tenanttest.Server) {
		t.Helper()
		s.ChangeAdministrator(t, edit)
	}
}

func signInMishaps() []mishap {
	right := []string{tenanttest.Email, "enter", tenanttest.Password, "enter"}
	codes := func(t *testing.T, s *tenanttest.Server) { s.TurnOnCodes(t) }
	disabled := func(t *testing.T, s *tenanttest.Server) {
		if err := serve.Disable(t.Context(), serve.Options{State: s.State}, true); err != nil {
			t.Fatal(err)
		}
	}
	inBrowser := func(err error) func(*testing.T) *driver {
		return func(t *testing.T) *driver {
			w := &world{device: func(context.Context) (control.Session, error) { return control.Session{}, err }}
			return drive(t, w.options()).through(answerDomain)
		}
	}
	return []mishap{
		{"empty", atSignIn(nil, "enter")},
		{"wrong password", atSignIn(nil, tenanttest.Email, "enter", "wrong", "enter")},
		{"unknown e-mail", atSignIn(nil, "nobody@acme.test", "enter", "wrong", "enter")},
		{"code wanted", atSignIn(codes, right...)},
		{"wrong code", atSignIn(codes, append(right, "abcdef", "enter")...)},
		{"locked", atSignIn(admin(func(a *tenant.Administrator) { a.Locked = true }), right...)},
		{"not an administrator", atSignIn(admin(func(a *tenant.Administrator) { a.Role = tenant.RoleReader }), right...)},
		{"tenant disabled", atSignIn(disabled, right...)},
		{"declined in the browser", inBrowser(&problem.Problem{
			Code: control.SignInDenied, Title: "The sign-in was declined in the browser", Text: "Somebody chose Deny there.",
			Hint: "Ask for a new code, or sign in with e-mail and password.",
		})},
		{"code of the browser ran out", inBrowser(&problem.Problem{
			Code: control.CodeExpired, Title: "The code has run out", Text: "Nobody approved it within ten minutes.",
			Hint: "Ask for a new code, or sign in with e-mail and password.",
		})},
	}
}

// unheard drops what a server says of handshakes that a test makes fail.
var unheard = log.New(io.Discard, "", 0)

// atAccount types a directory and an account, which are looked at for real.
func atAccount(o adtest.Options, trusted bool, answer func(*adtest.Server) []string) func(*testing.T) *driver {
	return func(t *testing.T) *driver {
		server, err := adtest.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		options := (&world{}).options()
		options.Examine = func(ctx context.Context, d handoff.Directory) (directory.Access, error) {
			settings := ad.Settings{URL: d.URL, Account: d.Account, Password: d.Password}
			if trusted {
				settings.CA = server.CA()
			}
			reader, err := ad.Open(ctx, settings)
			if err != nil {
				return directory.Access{}, err
			}
			return directory.Access{}, reader.Close()
		}
		return drive(t, options).through(answerDomain, answerSignIn).press(answer(server)...)
	}
}

func accountMishaps() []mishap {
	typed := func(url, account, password string) []string {
		return []string{url, "enter", account, "enter", password, "enter"}
	}
	with := func(password string) func(*adtest.Server) []string {
		return func(s *adtest.Server) []string { return typed(s.URL(), s.Account(), password) }
	}
	at := func(url string) func(*adtest.Server) []string {
		return func(s *adtest.Server) []string { return typed(url, s.Account(), s.Password()) }
	}
	return []mishap{
		{"empty", atAccount(adtest.Options{}, true, func(*adtest.Server) []string { return []string{"enter"} })},
		{"wrong password", atAccount(adtest.Options{}, true, with("wrong"))},
		{"not an address", atAccount(adtest.Options{}, true, at("https://dc1.example.test"))},
		{"refused", atAccount(adtest.Options{}, true, at("ldaps://127.0.0.1:1"))},
		{"unknown host", atAccount(adtest.Options{}, true, at("ldaps://no-such-host.invalid"))},
		{"wrong name", atAccount(adtest.Options{Address: "127.0.0.2:0"}, true, with("some-password"))},
		{"unknown authority", atAccount(adtest.Options{}, false, with("some-password"))},
	}
}
