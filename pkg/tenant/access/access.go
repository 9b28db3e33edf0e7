// Package access proves who an agent is: it takes the assertions that agents sign (RFC 7523, private_key_jwt) and gives
// access tokens of minutes for them.
//
// Access tokens are signed with the tenant's key, so they outlive a restart; the agent is looked up at each use, so they
// die with it. No secret of an agent is kept, only its public key.
package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// How long access tokens live, how long an assertion may, and by how much clocks may differ.
const (
	TokenLife     = 5 * time.Minute
	assertionLife = 5 * time.Minute
	leeway        = 30 * time.Second
	maxAssertion  = 4096
)

// Gate issues and checks access tokens.
type Gate struct {
	store  store.Store
	tenant tenant.Tenant
	now    func() time.Time
}

// NewGate makes a Gate of a tenant.
func NewGate(s store.Store, t tenant.Tenant, now func() time.Time) *Gate {
	return &Gate{store: s, tenant: t, now: now}
}

// Exchange takes an assertion and gives an access token. Any fault has the same answer.
func (g *Gate) Exchange(ctx context.Context, assertion string) (control.AccessToken, error) {
	if len(assertion) > maxAssertion {
		return control.AccessToken{}, refusedAssertion(errors.New("too long"))
	}
	agent, claims, err := g.readAssertion(ctx, assertion)
	if err != nil {
		return control.AccessToken{}, err
	}
	var fresh bool
	if err := g.store.Write(ctx, func(tx store.Tx) (err error) {
		fresh, err = tx.UseAssertion(ctx, agent.ID, claims.ID, claims.ExpiresAt.Add(leeway), g.now())
		return err
	}); err != nil {
		return control.AccessToken{}, fmt.Errorf("exchanging an assertion: %w", err)
	}
	if !fresh {
		return control.AccessToken{}, refusedAssertion(errors.New("used before"))
	}
	return g.issue(agent.ID)
}

func (g *Gate) readAssertion(ctx context.Context, assertion string) (tenant.Agent, *jwt.RegisteredClaims, error) {
	var (
		claims jwt.RegisteredClaims
		agent  tenant.Agent
		broken error // ours, not the assertion's
	)
	_, err := g.parser(jwt.SigningMethodEdDSA.Alg(), g.tenant.ID).ParseWithClaims(assertion, &claims, func(*jwt.Token) (any, error) {
		id, err := tenant.ParseID(claims.Subject)
		if err != nil {
			return nil, err
		}
		agent, err = g.store.Agent(ctx, id)
		if err != nil && !problem.Is(err, problem.NotFound) {
			broken = err
		}
		if err == nil && agent.HasLeft() {
			return nil, errLeft
		}
		return agent.PublicKey, err
	})
	switch {
	case broken != nil:
		return agent, nil, fmt.Errorf("reading an assertion: %w", broken)
	case err != nil:
		return agent, nil, refusedAssertion(err)
	case claims.Issuer != claims.Subject || claims.ID == "" || len(claims.ID) > 128:
		return agent, nil, refusedAssertion(errors.New("iss, sub or jti is wrong"))
	case claims.ExpiresAt.Sub(g.now()) > assertionLife+leeway:
		return agent, nil, refusedAssertion(errors.New("it lives too long"))
	}
	return agent, &claims, nil
}

func (g *Gate) parser(method, audience string) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{method}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(g.now), jwt.WithStrictDecoding())
}

// tokenAudience keeps assertions and access tokens apart.
func (g *Gate) tokenAudience() string { return "access:" + g.tenant.ID }

func (g *Gate) issue(agent tenant.ID) (control.AccessToken, error) {
	now := g.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Subject: agent.String(), Audience: jwt.ClaimStrings{g.tokenAudience()}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(TokenLife)),
	}).SignedString(g.tenant.TokenKey)
	if err != nil {
		return control.AccessToken{}, fmt.Errorf("signing an access token: %w", err)
	}
	return control.AccessToken{AccessToken: signed, TokenType: "Bearer", ExpiresIn: int(TokenLife / time.Second)}, nil
}

// Agent gives the agent whose access token a request carries.
func (g *Gate) Agent(r *http.Request) (tenant.Agent, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > maxAssertion {
		return tenant.Agent{}, refusedToken(errors.New("no bearer token"))
	}
	var claims jwt.RegisteredClaims
	_, err := g.parser(jwt.SigningMethodHS256.Alg(), g.tokenAudience()).ParseWithClaims(strings.TrimSpace(token), &claims,
		func(*jwt.Token) (any, error) { return g.tenant.TokenKey, nil })
	if err != nil {
		return tenant.Agent{}, refusedToken(err)
	}
	id, err := tenant.ParseID(claims.Subject)
	if err != nil {
		return tenant.Agent{}, refusedToken(err)
	}
	agent, err := g.store.Agent(r.Context(), id)
	if problem.Is(err, problem.NotFound) {
		return agent, refusedToken(err)
	}
	if err == nil && agent.HasLeft() {
		return tenant.Agent{}, refusedToken(errLeft)
	}
	return agent, err
}

var errLeft = errors.New("the agent was removed from its machine")

func refusedAssertion(cause error) error {
	return &problem.Problem{
		Code: problem.CredentialsBad, Title: "The agent's credentials are refused", Op: "exchanging an assertion", Err: cause,
		Text: "The tenant does not know this agent, or its key, clock or tenant is another one.",
		Hint: "Check this machine's clock. If it is right, enrol the agent again with passly-sync setup.",
	}
}

func refusedToken(cause error) error {
	return &problem.Problem{
		Code: problem.Unauthorized, Title: "The access token is refused", Text: "It is missing, expired or not of this tenant.",
		Hint: "Get a new one with the agent's key.", Op: "checking an access token", Err: cause,
	}
}
