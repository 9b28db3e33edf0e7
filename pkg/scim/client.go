package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// RunHeader names, beside a write, the run of the client's that it belongs to. It is Passly's own; others pass it over.
const RunHeader = "Passly-Run"

type runKey struct{}

// InRun gives a context whose requests belong to a run.
func InRun(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, runKey{}, id)
}

// Authorizer runs a request with a bearer token, and once more with a new one when the first is refused (problem.Unauthorized).
type Authorizer func(ctx context.Context, request func(token string) error) error

// Client is a SCIM 2.0 client (RFC 7644), as a directory pushes. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	base      string
	authorize Authorizer
	adapts    bool // to an endpoint of others, before it sends

	adapting sync.Mutex
	limits   limits
}

// NewClient makes a client of the endpoint at base, such as https://acme.my.passly.com/scim/v2.
func NewClient(client *http.Client, base string, authorize Authorizer) *Client {
	return &Client{http: unmoved(client), base: strings.TrimSuffix(base, "/"), authorize: authorize}
}

// Bounds of one exchange.
const (
	maxAnswer = 64 << 20
	patience  = 120 * time.Second
)

// Resource types, as paths.
const (
	Users  = "/Users"
	Groups = "/Groups"
)

// Provider asks what the endpoint can do (RFC 7644 §4).
func (c *Client) Provider(ctx context.Context) (Provider, error) {
	var p Provider
	if err := c.do(ctx, http.MethodGet, "/ServiceProviderConfig", nil, &p); err != nil {
		return p, fmt.Errorf("asking what the SCIM endpoint can do: %w", err)
	}
	return p, nil
}

// Bulk sends many operations, in one request (RFC 7644 §3.7) unless the endpoint wants them otherwise, and gives their outcomes, one
// an operation, in their order.
func (c *Client) Bulk(ctx context.Context, operations []BulkItem) ([]BulkItem, error) {
	l, err := c.adapted(ctx)
	switch {
	case err != nil:
		return nil, err
	case l.single:
		return c.oneByOne(ctx, l, operations)
	}
	return c.inParts(ctx, l, operations)
}

func (c *Client) bulk(ctx context.Context, operations []BulkItem) ([]BulkItem, error) {
	var answer BulkResponse
	request := BulkRequest{Schemas: []string{BulkReqSchema}, Operations: operations}
	if err := c.do(ctx, http.MethodPost, "/Bulk", request, &answer); err != nil {
		return nil, fmt.Errorf("sending %d changes: %w", len(operations), err)
	}
	if len(answer.Operations) != len(operations) {
		return nil, &problem.Problem{
			Code: problem.Invalid, Op: "sending changes",
			Title: fmt.Sprintf("The SCIM endpoint answered %d of %d changes", len(answer.Operations), len(operations)),
			Text:  "Which ones it took is not known; they will be sent again.", Hint: "If it stays, look at the tenant's log.",
		}
	}
	return inOrder(operations, answer.Operations)
}

// inOrder brings answers into the order of their requests by bulkId; those without one stand where they stand.
func inOrder(asked, answered []BulkItem) ([]BulkItem, error) {
	place := make(map[string]int, len(asked))
	for i, item := range asked {
		if item.BulkID != "" {
			place[item.BulkID] = i
		}
	}
	ordered, filled := make([]BulkItem, len(asked)), make([]bool, len(asked))
	for i, item := range answered {
		at, known := i, true
		if item.BulkID != "" {
			at, known = place[item.BulkID]
		}
		if !known || filled[at] {
			return nil, &problem.Problem{
				Code: problem.Invalid, Op: "sending changes", Title: "The SCIM endpoint mixed its answers up",
				Text: fmt.Sprintf("It answered the change %q twice, or one that was not sent; which ones it took is not known.", item.BulkID),
				Hint: "They are sent again. If it stays, look at the tenant's log.",
			}
		}
		ordered[at], filled[at] = item, true
	}
	return ordered, nil
}

// Find looks a resource up by its externalId, which each client of the endpoint has to itself, and reads the named attributes
// into out.
func (c *Client) Find(ctx context.Context, resource, externalID string, attributes []string, out any) (found bool, err error) {
	query := url.Values{"attributes": {strings.Join(append(attributes, "externalId"), ",")}, "filter": {"externalId eq " + strconv.Quote(externalID)}}
	var list List
	if err := c.do(ctx, http.MethodGet, resource+"?"+query.Encode(), nil, &list); err != nil {
		return false, fmt.Errorf("looking for %s: %w", externalID, err)
	}
	take := func(raw json.RawMessage) error {
		if found || !holds(raw, externalID) {
			return nil
		}
		found = true
		return jsonv2.Unmarshal(raw, out)
	}
	for _, one := range list.Resources {
		err = errors.Join(err, take(one))
	}
	if err == nil && !found && len(list.Resources) > 0 { // it passed the filter over: then all are looked at
		query.Del("filter")
		err = c.Each(ctx, resource, query, take)
	}
	if err != nil {
		return false, fmt.Errorf("looking for %s: %w", externalID, err)
	}
	return found, nil
}

// Get reads one resource into out.
func (c *Client) Get(ctx context.Context, resource, id string, out any) error {
	if err := c.do(ctx, http.MethodGet, resource+"/"+url.PathEscape(id), nil, out); err != nil {
		return fmt.Errorf("reading %s/%s: %w", resource, id, err)
	}
	return nil
}

// page is how many resources Each asks for at once; maxPages bounds what an endpoint that goes on for ever can cost.
const (
	page     = 1000
	maxPages = 100_000
)

// Each hands every resource of a type to yield, by cursor paging (RFC 9865) where the endpoint has it, else by index.
func (c *Client) Each(ctx context.Context, resource string, query url.Values, yield func(json.RawMessage) error) error {
	l, err := c.adapted(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"count": {strconv.Itoa(page)}, "cursor": {""}}
	if l.indexed {
		q = url.Values{"count": {strconv.Itoa(page)}, "startIndex": {"1"}}
	}
	for name, values := range query {
		q[name] = values
	}
	seen := map[string]bool{}
	for got, pages := 0, 0; pages < maxPages; pages++ {
		var list List
		if err := c.do(ctx, http.MethodGet, resource+"?"+q.Encode(), nil, &list); err != nil {
			return fmt.Errorf("listing %s: %w", resource, err)
		}
		if asked := q.Get("startIndex"); got > 0 && asked != "" && strconv.Itoa(list.StartIndex) != asked {
			return notPaging(resource)
		}
		for _, one := range list.Resources {
			if err := yield(one); err != nil {
				return err
			}
		}
		got += len(list.Resources)
		switch {
		case list.NextCursor != "" && !seen[list.NextCursor]:
			seen[list.NextCursor] = true
			q.Set("cursor", list.NextCursor)
		case list.NextCursor == "" && (got >= list.TotalResults || q.Get("cursor") != ""):
			return nil // there is no more; with a cursor (RFC 9865) totalResults may be an estimate
		case list.NextCursor == "" && list.StartIndex > 0 && len(list.Resources) > 0:
			q.Del("cursor")
			q.Set("startIndex", strconv.Itoa(got+1))
		default:
			return notPaging(resource)
		}
	}
	return notPaging(resource)
}

// do makes one request with a token.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = jsonv2.Marshal(in); err != nil {
			return fmt.Errorf("writing a SCIM message: %w", err)
		}
	}
	return c.authorize(ctx, func(token string) error { return c.once(ctx, token, method, path, body, out) })
}

func (c *Client) once(ctx context.Context, token, method, path string, body []byte, out any) error {
	response, err := c.send(ctx, token, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return answered(response)
	}
	if out == nil {
		return nil
	}
	if err := control.Decode(response.Body, maxAnswer, out); err != nil {
		if ctx.Err() != nil {
			return control.Reached(ctx, response.Request.URL, ctx.Err())
		}
		return err
	}
	return nil
}

// send makes one request; whatever the answer, its body is to be closed.
func (c *Client) send(ctx context.Context, token, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", ContentType)
	if body != nil {
		request.Header.Set("Content-Type", ContentType)
	}
	if id, ok := ctx.Value(runKey{}).(string); ok && method != http.MethodGet {
		request.Header.Set(RunHeader, id)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, control.Reached(ctx, request.URL, err)
	}
	if c.adapts {
		veil(response, token)
	}
	if response.StatusCode/100 == 3 && method != http.MethodGet {
		defer response.Body.Close()
		return nil, sentOn(response)
	}
	return response, nil
}

// answered turns a refusal into a Problem that keeps the SCIM detail (RFC 7644 §3.12).
func answered(response *http.Response) error {
	var refusal Error
	raw, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	_ = json.Unmarshal(raw, &refusal)
	response.Body = io.NopCloser(bytes.NewReader(nil))
	p := problem.Of(control.Answered(response))
	if refusal.Detail != "" {
		p.Text = refusal.Detail
	}
	return p
}
