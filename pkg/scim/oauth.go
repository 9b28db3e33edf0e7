package scim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// OAuth says where access tokens come from by the client credentials grant (RFC 6749 §4.4), and as whom. The secret is not in it.
type OAuth struct {
	TokenURL string `json:"tokenUrl"`
	ClientID string `json:"clientId"`
	Scope    string `json:"scope,omitzero"` // several are separated by spaces; empty: the endpoint's choice
}

// Checked gives it with its address spelled in one way, or refuses it: half of it was given, or the secret would go in the clear.
func (o *OAuth) Checked(plain bool) (*OAuth, error) {
	if o == nil || *o == (OAuth{}) {
		return nil, nil
	}
	c := OAuth{ClientID: strings.TrimSpace(o.ClientID), Scope: strings.Join(strings.Fields(o.Scope), " ")}
	var err error
	if c.TokenURL, err = tokenURL.read(o.TokenURL, plain); err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, &problem.Problem{
			Code: problem.Invalid, Title: "The client ID is empty", Op: "reading the client of the token endpoint",
			Hint: "Give the ID and the secret of a client of the token endpoint, or leave all of them out where the service gives out tokens itself.",
		}
	}
	return &c, nil
}

// tokens are the access tokens of one client; safe for concurrent use.
type tokens struct {
	oauth  OAuth
	secret string
	client *http.Client

	mu  sync.Mutex
	now *oauth2.Token
}

// fetching bounds asking for a token.
const fetching = 30 * time.Second

func newTokens(client *http.Client, o OAuth, secret string) *tokens {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the secret goes to one address
	return &tokens{oauth: o, secret: secret, client: &c}
}

// authorize runs a request with an access token.
func (t *tokens) authorize(ctx context.Context, request func(token string) error) error {
	return control.Authorized(ctx, t.token, t.renounce, request)
}

func (t *tokens) renounce(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != nil && t.now.AccessToken == refused {
		t.now = nil
	}
}

// token gives an access token that lives for a while yet.
func (t *tokens) token(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.Valid() {
		return t.now.AccessToken, nil
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, t.client), fetching)
	defer cancel()
	config := clientcredentials.Config{ClientID: t.oauth.ClientID, ClientSecret: t.secret, TokenURL: t.oauth.TokenURL, Scopes: strings.Fields(t.oauth.Scope)}
	now, err := config.Token(ctx)
	if err != nil {
		return "", t.refused(ctx, err)
	}
	t.now = now
	return now.AccessToken, nil
}

// refused puts what the token endpoint answered into words. The error itself repeats the answer, which may repeat the secret, and is
// left out.
func (t *tokens) refused(ctx context.Context, err error) error {
	request, wrong := http.NewRequestWithContext(ctx, http.MethodPost, t.oauth.TokenURL, nil)
	if wrong != nil {
		return fmt.Errorf("asking for an access token: %w", wrong)
	}
	const op = "asking for an access token"
	var told *oauth2.RetrieveError
	switch {
	case !errors.As(err, &told) && reached(err):
		return &problem.Problem{
			Code: NotSCIM, Title: request.URL.Host + " does not answer as a token endpoint", Op: op,
			Text: "It gave no access token (RFC 6749 §5.1).", Hint: "Check the address of the token endpoint where the service is administered.",
		}
	case told == nil:
		return control.Reached(ctx, request.URL, err)
	}
	status := told.Response.StatusCode
	said := t.words(told)
	switch {
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		told.Response.Request, told.Response.Body = request, io.NopCloser(bytes.NewReader(nil))
		p := problem.Of(control.Answered(told.Response))
		p.Text = "Access tokens for the service come from there." + said
		return p
	case told.ErrorCode == "" && status != http.StatusUnauthorized && status != http.StatusForbidden:
		return &problem.Problem{
			Code: NotSCIM, Title: fmt.Sprintf("%s does not answer as a token endpoint (HTTP %d)", request.URL.Host, status), Op: op,
			Text: "No secret was sent anywhere else.", Hint: "Check the address of the token endpoint where the service is administered.",
		}
	}
	return &problem.Problem{
		Code: problem.CredentialsBad, Title: request.URL.Host + " gives the client no access token", Op: op,
		Text: "Its ID, secret or scope is wrong, or the client or its secret expired or was taken back." + said,
		Hint: "Look at the client where the service is administered, and set up again with its secret in --scim-oauth-secret-file.",
	}
}

// reached reports whether the endpoint answered at all.
func reached(err error) bool {
	var p *problem.Problem
	var network interface{ Timeout() bool } // url.Error and what is below it
	return !errors.As(err, &p) && !errors.As(err, &network)
}

// words are what the token endpoint says of a refusal (RFC 6749 §5.2), without the secret.
func (t *tokens) words(told *oauth2.RetrieveError) string {
	said := strings.TrimSpace(told.ErrorCode + " " + told.ErrorDescription)
	if len(t.secret) >= shortestSecret {
		_, words := without(t.secret)
		said = words.Replace(said)
	}
	if said == "" {
		return ""
	}
	return " It says: " + plain(said)
}
