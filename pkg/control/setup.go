package control

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"passlysync/pkg/problem"
)

// NeedsCode is the code of the problem by which a tenant asks for the administrator's one-time code.
const NeedsCode problem.Code = "code-required"

// setupIn bounds each call of Setup: somebody is waiting at a screen.
const setupIn = 20 * time.Second

// Setup is the wizard's client: it proves that a Passly domain is a tenant, signs an administrator in, and gets the
// enrolment token. It keeps no secret.
type Setup struct{ http *http.Client }

// NewSetup makes the client; ca are further authorities to trust, in PEM.
func NewSetup(ca []byte) (*Setup, error) {
	client, err := NewTransport(ca)
	if err != nil {
		return nil, err
	}
	return &Setup{client}, nil
}

// Discover finds the tenant at a Passly domain as people write it (see Candidates) and returns its base URL.
func (s *Setup) Discover(ctx context.Context, domain string) (string, Discovery, error) {
	bases, err := Candidates(domain)
	if err != nil {
		return "", Discovery{}, err
	}
	base := bases[0]
	d, err := s.discover(ctx, base)
	if len(bases) > 1 && speaksNoTLS(err) {
		base = bases[1]
		d, err = s.discover(ctx, base)
	}
	return base, d, err
}

func (s *Setup) discover(ctx context.Context, base string) (Discovery, error) {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	var d Discovery
	err := call(ctx, s.http, http.MethodGet, base+DiscoveryPath, "", nil, &d)
	switch {
	case err != nil:
		return d, notATenantIf(base, err)
	case d.Product != "passly" || d.TenantID == "":
		return d, notATenant(base, nil)
	case d.Protocol != Protocol:
		return d, wrongVersion(base, d.Protocol)
	}
	return d, nil
}

// notATenantIf keeps an error that says why nothing could be asked; any other answer means that it is no tenant.
func notATenantIf(base string, err error) error {
	for _, code := range []problem.Code{
		problem.Unreachable, problem.TLS, problem.NotATenant, problem.Unavailable, problem.TooMany, problem.WrongVersion,
	} {
		if problem.Is(err, code) {
			return err
		}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return notATenant(base, err)
}

func notATenant(base string, err error) error {
	return &problem.Problem{
		Code: problem.NotATenant, Title: hostOf(base) + " is not a Passly tenant",
		Text: "Something answers there, but it does not say that it is Passly.",
		Hint: "Check the Passly domain; it is the address at which you sign in to Passly.", Op: "looking for the tenant", Err: err,
	}
}

func wrongVersion(base string, theirs int) error {
	p := &problem.Problem{
		Code: problem.WrongVersion, Title: hostOf(base) + " speaks another version of the protocol",
		Text: "This program is older than the tenant.", Hint: "Download the newest agent from the tenant's console.",
		Op: "looking for the tenant",
	}
	if theirs < Protocol {
		p.Text, p.Hint = "This program is newer than the tenant.", "Have the tenant updated, or use the agent that its console offers."
	}
	return p
}

func hostOf(base string) string {
	if u, err := url.Parse(base); err == nil {
		return u.Host
	}
	return base
}

// SignIn signs an administrator in. A problem of code NeedsCode asks for the same again with a one-time code.
func (s *Setup) SignIn(ctx context.Context, base string, in SignIn) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	var out Session
	err := call(ctx, s.http, http.MethodPost, base+SignInPath, "", in, &out)
	if err == nil && out.Session == "" {
		err = notATenant(base, nil)
	}
	return out, err
}

// EnrolmentToken gets a token that enrols one agent.
func (s *Setup) EnrolmentToken(ctx context.Context, base, session string) (EnrolmentToken, error) {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	var out EnrolmentToken
	err := call(ctx, s.http, http.MethodPost, base+EnrolmentTokensPath, session, nil, &out)
	if err == nil && out.Token == "" {
		err = notATenant(base, nil)
	}
	return out, err
}

// SignOut ends the session.
func (s *Setup) SignOut(ctx context.Context, base, session string) error {
	ctx, cancel := context.WithTimeout(ctx, setupIn)
	defer cancel()
	return call(ctx, s.http, http.MethodPost, base+SignOutPath, session, nil, nil)
}
