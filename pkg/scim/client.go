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
	"passlysync/pkg/terminal"
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

	adapting   sync.Mutex
	limits     limits
	unsearched map[string]bool // resource and attribute by which the endpoint refused to be searched
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

// Known reads one resource.
func (c *Client) Known(ctx context.Context, resource, id string) (Known, error) {
	var raw json.RawMessage
	err := c.do(ctx, http.MethodGet, resource+"/"+url.PathEscape(id), nil, &raw)
	if err == nil {
		var one Known
		if one, err = ReadKnown(raw); err == nil {
			return one, nil
		}
	}
	return Known{}, fmt.Errorf("reading %s/%s: %w", resource, id, err)
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
	once := func(token string) error { return c.once(ctx, token, method, path, body, out) }
	for waited := 0; ; waited++ {
		err := c.authorize(ctx, once)
		if waited == maxWaits || !c.adapts || method != http.MethodGet || !soon(ctx, err, waited) {
			return err
		}
	}
}

// What came too soon is asked or sent again, some times: what needs much in a row, such as everybody's groups, would else begin anew
// for ever.
const (
	maxWaits = 10
	longest  = 20 * time.Second
)

// soon waits as long as an answer asks to, or longer from time to time where it does not say; false: it is long, or there is no waiting.
func soon(ctx context.Context, err error, waited int) bool {
	wait := control.RetryAfter(time.Second << min(waited, 4))
	if !errors.As(err, &wait) && !problem.Is(err, problem.TooMany) || time.Duration(wait) > longest {
		return false
	}
	timer := time.NewTimer(max(time.Duration(wait), time.Second/10))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
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
	p.Err = errors.Join(httpStatus(response.StatusCode), p.Err)
	if refusal.Detail != "" {
		p.Text = plain(refusal.Detail)
	}
	return p
}

// maxDetail bounds what an endpoint says in words: it comes into logs, terminals and the mirror.
const maxDetail = 500

func plain(detail string) string { return terminal.OneLine(detail, maxDetail) }

// Detail is what an outcome says in words; empty: nothing.
func (b BulkItem) Detail() string {
	var refusal Error
	_ = json.Unmarshal(b.Response, &refusal) // what is none says nothing
	return plain(refusal.Detail)
}

// httpStatus is in the chain of the error of an answer that is no success.
type httpStatus int

func (s httpStatus) Error() string { return "HTTP " + strconv.Itoa(int(s)) }

// statusOf gives the status of the answer that an error is about; 0: there was none.
func statusOf(err error) int {
	var s httpStatus
	_ = errors.As(err, &s)
	return int(s)
}
