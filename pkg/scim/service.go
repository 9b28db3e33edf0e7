package scim

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Codes of the problems of a service of others.
const (
	NotSCIM problem.Code = "not-scim"   // something answers, but it is no SCIM 2.0 service
	Unfit   problem.Code = "scim-unfit" // it is one, and lacks what a sync needs
)

// providerSchema is what a ServiceProviderConfig says of itself (RFC 7643 §5).
const providerSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

// Service says how a SCIM 2.0 service of others is reached.
type Service struct {
	URL   string // such as https://scim.example.com/scim/v2; see ServiceURL
	CA    string // PEM; empty: the system's roots
	Plain bool   // plain HTTP to another machine was asked for
	Token string // bearer token (RFC 6750), a secret; with OAuth the client's secret
	OAuth *OAuth // where access tokens come from; nil: Token is the one
}

// GoString and String keep the token out of anything that prints it.
func (s Service) String() string   { return s.URL }
func (s Service) GoString() string { return s.String() }

// Open makes the service's client; it does not connect yet. The client finds out what the service can do before it sends.
func (s Service) Open() (*Client, error) {
	transport := control.NewTransport
	if s.Plain {
		transport = control.NewPlainTransport
	}
	client, err := transport([]byte(s.CA))
	if err != nil {
		return nil, err
	}
	c := NewClient(client, s.URL, s.authorizer(client))
	c.adapts = true
	return c, nil
}

func (s Service) authorizer(client *http.Client) Authorizer {
	if s.OAuth == nil {
		return func(_ context.Context, request func(token string) error) error { return s.said(request(s.Token)) }
	}
	tokens := newTokens(client, *s.OAuth, s.Token)
	return func(ctx context.Context, request func(token string) error) error {
		return s.said(tokens.authorize(ctx, request))
	}
}

// Examine proves that the service is one into which a directory can be synced, and that it takes the token. It only reads.
func (s Service) Examine(ctx context.Context) error {
	c, err := s.Open()
	if err != nil {
		return err
	}
	_, told, err := c.ask(ctx)
	if err != nil {
		return err
	}
	for _, resource := range []string{Users, Groups} {
		err := c.lists(ctx, resource)
		if resource == Users && !told && problem.Is(err, Unfit) {
			return s.notSCIM(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ask asks what the endpoint can do. Many do not say it, though RFC 7644 §4 has them do so, or say it only to others: such a one is
// taken for one without bulk operations. That it is one at all, its lists show.
func (c *Client) ask(ctx context.Context) (l limits, told bool, err error) {
	p, err := c.Provider(ctx)
	told = err == nil && (slices.Contains(p.Schemas, providerSchema) || p.Filter.Supported)
	switch {
	case told:
		l = limits{
			known: true, single: !p.Bulk.Supported || !p.Patch.Supported, whole: !p.Patch.Supported,
			most: p.Bulk.MaxOperations, largest: p.Bulk.MaxPayloadSize, listed: p.Filter.MaxResults, indexed: !p.Pagination.Cursor,
		}
		return l, true, fits(p)
	case err != nil && !untold(err):
		return l, false, err
	}
	return limits{known: true, single: true, indexed: true}, false, nil
}

func untold(err error) bool {
	for _, code := range []problem.Code{problem.NotFound, problem.Invalid, problem.TooLarge, problem.CredentialsBad} {
		if problem.Is(err, code) {
			return true
		}
	}
	return statusOf(err) == http.StatusNotImplemented
}

// lists proves that resources of a type can be listed: some services tell everybody what they can do, and ask for the token here.
func (c *Client) lists(ctx context.Context, resource string) error {
	_, err := c.list(ctx, resource, url.Values{"startIndex": {"1"}, "count": {"1"}})
	if err == nil {
		return nil
	}
	if err != nil && !problem.Is(err, problem.NotFound) && !problem.Is(err, problem.Invalid) {
		return err
	}
	return &problem.Problem{
		Code: Unfit, Title: "The SCIM service does not list its " + strings.ToLower(strings.TrimPrefix(resource, "/")), Op: "looking at the SCIM service", Err: err,
		Text: "A sync brings users and groups, and must be able to see which ones are there.", Hint: "Check the address, and what the token may do there.",
	}
}

// notPaging is the error of a list that does not go on where it was asked to: part of it would be missing, unseen.
func notPaging(resource string) error {
	return &problem.Problem{
		Code: Unfit, Title: "The SCIM endpoint does not give its " + strings.ToLower(strings.TrimPrefix(resource, "/")) + " page by page", Op: "listing resources",
		Text: "Asked for what comes after the first page (startIndex, RFC 7644 §3.4.2.4), it answered with another one.", Hint: "Have the service mended, or use another one.",
	}
}

// fits says what a service lacks.
func fits(p Provider) error {
	if p.Filter.Supported {
		return nil
	}
	return &problem.Problem{
		Code: Unfit, Title: "The SCIM service cannot do what a sync needs", Op: "looking at the SCIM service",
		Text: "It cannot be searched (filter, RFC 7644 §3.4.2.2), so after a lost answer nobody could tell whether somebody is there already.",
		Hint: "Use a service that can, or an address of it that does.",
	}
}

// said puts what a service answered into words for one that is no tenant.
func (s Service) said(err error) error {
	var told *problem.Problem
	if !errors.As(err, &told) {
		return err
	}
	p := *told
	switch p.Code {
	case problem.CredentialsBad: // of the token endpoint
		return err
	case problem.Unauthorized, problem.Forbidden:
		text := "It was expired or taken back, is for something else, or was not copied whole."
		if told := p.Text; p.Code == problem.Forbidden && statusOf(err) == http.StatusForbidden && told != "It gave no reason." {
			text += " The service says: " + told
		}
		if s.OAuth != nil {
			return &problem.Problem{
				Code: problem.CredentialsBad, Title: hostOf(s.URL) + " refuses the access token of " + hostOf(s.OAuth.TokenURL), Text: "A new one was refused as well.", Op: p.Op, Err: err,
				Hint: "Give the client the right to the service, and the scope that it asks for, where the two are administered.",
			}
		}
		return &problem.Problem{
			Code: problem.CredentialsBad, Title: hostOf(s.URL) + " refuses the token", Text: text, Op: p.Op, Err: err,
			Hint: "Make a new token where the service is administered, and set up again with --scim-token-file.",
		}
	case problem.NotATenant:
		return &problem.Problem{
			Code: NotSCIM, Title: p.Title, Text: "The token was not sent there.", Hint: "If the service moved, give its new address.", Op: p.Op, Err: err,
		}
	}
	words := strings.NewReplacer("the tenant", "the service", "The tenant", "The service")
	p.Title, p.Text, p.Hint = words.Replace(p.Title), words.Replace(p.Text), words.Replace(p.Hint)
	p.Err = err
	return &p
}

func (s Service) notSCIM(err error) error {
	return &problem.Problem{
		Code: NotSCIM, Title: "There is no SCIM 2.0 service at " + s.URL, Op: "looking for the SCIM service", Err: err,
		Text: "Something answers there, but not as RFC 7644 has it: " + s.URL + "/ServiceProviderConfig is not to be had.",
		Hint: "Check the address where the service is administered; it often ends in /scim/v2.",
	}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return address
}
