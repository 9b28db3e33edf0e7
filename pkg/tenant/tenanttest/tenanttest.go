// Package tenanttest starts a tenant for tests and speaks to it as administrators and agents do, over HTTP.
package tenanttest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/serve"
)

// The administrator of every test tenant.
const (
	Email    = "anna@acme.test"
	Password = "correct horse battery"
	// hash of Password that costs little, so that tests are quick.
	hash = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/ur5fLELUb1eXkT9oKHqq6gHGZ9Phwgbj4qyIcCNaYc"
)

// Clock is a clock that tests move.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now gives the time; Advance moves it on.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Server is a tenant that serves on loopback until the test ends.
type Server struct {
	*serve.Tenant
	URL   string
	Clock *Clock
	State string
	front *httptest.Server
}

// GoAway makes the tenant unreachable for the rest of the test: its port refuses.
func (s *Server) GoAway() {
	s.StopStreams()
	_ = s.front.Listener.Close()
	s.front.CloseClientConnections()
}

// Start makes and serves a tenant.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartWith(t, nil)
}

// StartWith makes and serves a tenant, after edit changed how.
func StartWith(t testing.TB, edit func(*serve.Options)) *Server {
	t.Helper()
	s := &Server{Clock: &Clock{at: time.Now()}, State: t.TempDir()}
	front := httptest.NewUnstartedServer(nil)
	o := serve.Options{State: s.State, Now: s.Clock.Now, DeviceInterval: time.Second, PublicURL: "http://" + front.Listener.Addr().String()}
	if edit != nil {
		edit(&o)
	}
	if err := serve.Init(t.Context(), o, serve.Setup{Name: "Acme", Email: Email, PasswordHash: hash}); err != nil {
		t.Fatalf("making the tenant: %v", err)
	}
	opened, err := serve.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("opening the tenant: %v", err)
	}
	s.Tenant = opened
	front.Config.Handler = opened.Handler()
	front.Start()
	s.front, s.URL = front, front.URL
	t.Cleanup(func() {
		opened.StopStreams()
		front.Close()
		if err := opened.Close(); err != nil {
			t.Errorf("closing the tenant: %v", err)
		}
	})
	return s
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Into decodes the body.
func (a Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("decoding %.200s: %v", a.Body, err)
	}
}

// Do makes one request; headers are pairs.
func (s *Server) Do(t testing.TB, method, path, bearer string, body any, headers ...string) Answer {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, s.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{response.StatusCode, response.Header, string(raw)}
}

// Agent is an enrolled agent.
type Agent struct {
	s     *Server
	ID    tenant.ID
	Key   ed25519.PrivateKey
	Token string // access token
}

// EnrolmentToken signs the administrator in and gets one.
func (s *Server) EnrolmentToken(t testing.TB) string {
	t.Helper()
	var session control.Session
	s.Do(t, "POST", control.SignInPath, "", control.SignIn{Email: Email, Password: Password}).Into(t, &session)
	var token control.EnrolmentToken
	s.Do(t, "POST", control.EnrolmentTokensPath, session.Session, nil).Into(t, &token)
	return token.Token
}

// Enrolment is what an agent on host sends.
func Enrolment(token, host string, key ed25519.PublicKey) control.Enrol {
	return control.Enrol{
		Token: token, PublicKey: key,
		Host:      control.HostFacts{Name: host, OS: "Windows Server 2025", Version: "1.0.0"},
		Directory: control.DirectoryFacts{Domain: "example.test", DomainGUID: directory.GUID{1}, Server: host + ".example.test"},
	}
}

// Enrol enrols an agent on host and gets it an access token.
func (s *Server) Enrol(t testing.TB, host string) *Agent {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var enrolled control.Enrolled
	s.Do(t, "POST", control.EnrolPath, "", Enrolment(s.EnrolmentToken(t), host, public)).Into(t, &enrolled)
	id, err := tenant.ParseID(enrolled.AgentID)
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{s: s, ID: id, Key: private}
	a.Renew(t)
	return a
}

// Renew gets the agent a new access token.
func (a *Agent) Renew(t testing.TB) {
	t.Helper()
	answer := a.s.Exchange(t, a.Assertion(t, nil))
	if answer.Status != http.StatusOK {
		t.Fatalf("exchanging an assertion: %d %s", answer.Status, answer.Body)
	}
	var token control.AccessToken
	answer.Into(t, &token)
	a.Token = token.AccessToken
}

// Assertion signs a good assertion, after edit changed its claims.
func (a *Agent) Assertion(t testing.TB, edit func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": a.ID.String(), "sub": a.ID.String(), "aud": a.s.Info().ID, "jti": rand.Text(),
		"exp": a.s.Clock.Now().Add(time.Minute).Unix(),
	}
	if edit != nil {
		edit(claims)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(a.Key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Exchange sends an assertion.
func (s *Server) Exchange(t testing.TB, assertion string) Answer {
	t.Helper()
	form := url.Values{
		"grant_type": {control.GrantType}, "client_assertion_type": {control.AssertionType}, "client_assertion": {assertion},
	}
	return s.Do(t, "POST", control.TokenPath, "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// Do makes one request as the agent.
func (a *Agent) Do(t testing.TB, method, path string, body any, headers ...string) Answer {
	t.Helper()
	return a.s.Do(t, method, path, a.Token, body, headers...)
}

// Heartbeat reports one condition.
func (a *Agent) Heartbeat(t testing.TB, edit func(*control.Heartbeat)) {
	t.Helper()
	h := control.Heartbeat{
		Conditions: []control.Condition{{Code: control.InSync, Severity: control.OK, Title: "In sync", Text: "Everything in the directory is in Passly."}},
		Host:       control.HostFacts{Name: "dc1", OS: "Windows Server 2025", Version: "1.0.0"},
		Directory:  control.DirectoryFacts{Domain: "example.test", DomainGUID: directory.GUID{1}, Server: "dc1.example.test"},
		LastSync:   a.s.Clock.Now(),
	}
	if edit != nil {
		edit(&h)
	}
	if answer := a.Do(t, "POST", control.HeartbeatPath, h); answer.Status != http.StatusOK {
		t.Fatalf("heartbeat: %d %s", answer.Status, answer.Body)
	}
}
