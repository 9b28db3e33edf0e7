package control

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"passlysync/pkg/problem"
)

// Identity is what an enrolled agent proves itself with.
type Identity struct {
	AgentID  string
	TenantID string // audience of the assertions
	Key      ed25519.PrivateKey
	// Next is a key that the tenant may have taken by now, where an enrolment was broken off; nil: there is none. It is tried
	// where Key is refused. Taken is called, once, when it turns out to count from then on; it must not call the client.
	Next  ed25519.PrivateKey
	Taken func()
}

// Client is the agent's side of the control messages. It is safe for concurrent use.
type Client struct {
	http *http.Client
	base string
	id   Identity
	now  func() time.Time

	mu      sync.Mutex
	token   string
	renewal time.Time
}

// NewClient makes the client of an enrolled agent for the tenant at base.
func NewClient(client *http.Client, base string, id Identity, now func() time.Time) *Client {
	return &Client{http: client, base: strings.TrimSuffix(base, "/"), id: id, now: now}
}

// quick bounds every call but the event stream.
const quick = 30 * time.Second

// Redeem enrols with a one-time token. Repeating it with the same key is harmless while the token lives.
func Redeem(ctx context.Context, client *http.Client, base string, e Enrol) (Enrolled, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	var enrolled Enrolled
	err := call(ctx, client, http.MethodPost, strings.TrimSuffix(base, "/")+EnrolPath, "", e, &enrolled)
	if err != nil {
		return enrolled, fmt.Errorf("redeeming the enrolment token: %w", err)
	}
	return enrolled, nil
}

// Token gives an access token that lives for a while yet (RFC 7523 §2.2).
func (c *Client) Token(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.now().Before(c.renewal) {
		return c.token, nil
	}
	fresh, err := c.prove(ctx, c.id.Key)
	if problem.Is(err, problem.CredentialsBad) && c.id.Next != nil {
		if late, wrong := c.prove(ctx, c.id.Next); wrong == nil {
			fresh, err = late, nil
			c.id.Key, c.id.Next = c.id.Next, nil
			c.id.Taken()
		}
	}
	if err != nil {
		return "", fmt.Errorf("asking for an access token: %w", err)
	}
	c.token = fresh.AccessToken
	c.renewal = c.now().Add(time.Duration(fresh.ExpiresIn) * time.Second * 3 / 4)
	return c.token, nil
}

// prove gets an access token by a key.
func (c *Client) prove(ctx context.Context, key ed25519.PrivateKey) (AccessToken, error) {
	assertion, err := c.assertion(key)
	if err != nil {
		return AccessToken{}, err
	}
	return c.fetchToken(ctx, assertion)
}

func (c *Client) assertion(key ed25519.PrivateKey) (string, error) {
	now := c.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Issuer: c.id.AgentID, Subject: c.id.AgentID, Audience: jwt.ClaimStrings{c.id.TenantID}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(2 * time.Minute)),
	}).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("signing an assertion: %w", err)
	}
	return signed, nil
}

func (c *Client) fetchToken(ctx context.Context, assertion string) (AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	var token AccessToken
	form := url.Values{"grant_type": {GrantType}, "client_assertion_type": {AssertionType}, "client_assertion": {assertion}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+TokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		return token, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.http.Do(request)
	if err != nil {
		return token, reachError(ctx, request.URL, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return token, answerError(response)
	}
	return token, Decode(response.Body, MaxMessage, &token)
}

// Renounce drops an access token that the tenant refused, so that the next call asks for a new one.
func (c *Client) Renounce(refused string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == refused {
		c.token = ""
	}
}

// Authorized runs one request with an access token, and once more with a new one when the tenant refuses it.
func (c *Client) Authorized(ctx context.Context, request func(token string) error) error {
	return Authorized(ctx, c.Token, c.Renounce, request)
}

// Authorized runs one request with an access token, and once more with a new one when that is refused (problem.Unauthorized): it may
// have been taken back.
func Authorized(ctx context.Context, token func(context.Context) (string, error), renounce func(refused string), request func(token string) error) error {
	for attempt := 0; ; attempt++ {
		now, err := token(ctx)
		if err != nil {
			return err
		}
		err = request(now)
		if attempt > 0 || !problem.Is(err, problem.Unauthorized) {
			return err
		}
		renounce(now)
	}
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return c.Authorized(ctx, func(token string) error {
		return call(ctx, c.http, method, c.base+path, token, in, out)
	})
}

// Configuration asks for the configuration in force.
func (c *Client) Configuration(ctx context.Context) (Configuration, error) {
	var configuration Configuration
	if err := c.call(ctx, http.MethodGet, ConfigurationPath, nil, &configuration); err != nil {
		return configuration, fmt.Errorf("asking for the configuration: %w", err)
	}
	return configuration, nil
}

// Heartbeat says how the agent is.
func (c *Client) Heartbeat(ctx context.Context, beat Heartbeat) (HeartbeatAnswer, error) {
	var answer HeartbeatAnswer
	if err := c.call(ctx, http.MethodPost, HeartbeatPath, beat, &answer); err != nil {
		return answer, fmt.Errorf("sending a heartbeat: %w", err)
	}
	return answer, nil
}

// Result answers a command.
func (c *Client) Result(ctx context.Context, result CommandResult) error {
	if err := c.call(ctx, http.MethodPost, ResultsPath, result, nil); err != nil {
		return fmt.Errorf("answering a command: %w", err)
	}
	return nil
}

// Claim takes a command that must not be obeyed late, twice or by two, see Claim.
func (c *Client) Claim(ctx context.Context, claim Claim) error {
	if err := c.call(ctx, http.MethodPost, ClaimPath, claim, nil); err != nil {
		return fmt.Errorf("claiming a command: %w", err)
	}
	return nil
}

// Report reports a run.
func (c *Client) Report(ctx context.Context, run Run) error {
	if err := c.call(ctx, http.MethodPost, RunsPath, run, nil); err != nil {
		return fmt.Errorf("reporting a run: %w", err)
	}
	return nil
}

// Leave tells the tenant that this agent is removed from its machine. Its key proves nothing afterwards, and what it made
// stays. Sent again after it has left, it is refused like any call (problem.CredentialsBad).
func (c *Client) Leave(ctx context.Context) error {
	if err := c.call(ctx, http.MethodPost, LeavePath, nil, nil); err != nil {
		return fmt.Errorf("leaving the tenant: %w", err)
	}
	return nil
}

// Reached turns an error of http.Client.Do into a Problem; Answered does so with an answer that is no success. They are for
// clients of the tenant's other endpoints.
func Reached(ctx context.Context, address *url.URL, err error) error {
	return reachError(ctx, address, err)
}

// Answered turns an answer that is no success into a Problem.
func Answered(response *http.Response) error { return answerError(response) }
