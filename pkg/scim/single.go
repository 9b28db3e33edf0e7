package scim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// limits are what an endpoint of others says that it takes at once. The zero limits are Passly's own: Bulk, of any size that
// is sent, and paging by cursor.
type limits struct {
	known   bool // it was asked
	single  bool // it has no bulk operations, or no PATCH
	whole   bool // it has no PATCH
	most    int  // operations in one request; 0: any number
	largest int  // bytes of one request; 0: any number
	listed  int  // resources in one page; 0: any number
	indexed bool // it pages by index only
}

// Adapt asks the endpoint what it can do, and keeps to it from then on. Without it the endpoint is taken for Passly's.
func (c *Client) Adapt(ctx context.Context) error {
	c.adapting.Lock()
	defer c.adapting.Unlock()
	l, _, err := c.ask(ctx)
	if err != nil {
		return err
	}
	c.limits = l
	return nil
}

// adapted gives the limits, and asks for them where the endpoint is one of others and was not asked yet.
func (c *Client) adapted(ctx context.Context) (limits, error) {
	c.adapting.Lock()
	l := c.limits
	c.adapting.Unlock()
	if !c.adapts || l.known {
		return l, nil
	}
	if err := c.Adapt(ctx); err != nil {
		return l, err
	}
	c.adapting.Lock()
	defer c.adapting.Unlock()
	return c.limits, nil
}

// around is what a request and each of its operations have beside the data, in bytes, generously.
const around = 256

// fitting is how many of the operations, at least one, the endpoint takes in one request.
func (l limits) fitting(operations []BulkItem) int {
	size := around
	for i, operation := range operations {
		size += around + len(operation.Path) + len(operation.Data)
		if i > 0 && (l.most > 0 && i >= l.most || l.largest > 0 && size > l.largest) {
			return i
		}
	}
	return len(operations)
}

// ErrPaused is in the chain of the error of a client that stopped, since the endpoint asked to slow down or does not serve. What was
// answered until then comes with it; the rest was not sent.
var ErrPaused = errors.New("the rest was not sent")

// pausing gives the error of an answer that asks to slow down, and keeps how long. A 503 that says no time may be of one change alone.
func pausing(response *http.Response) error {
	slow := response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != ""
	if !slow {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrPaused, answered(response))
}

// enough is after how many changes in a row that the endpoint did not serve it is taken to be away.
const enough = 3

// oneByOne does what bulk operations say by a request each, until the endpoint asks to slow down, or seems to be away. One change
// at which it stumbles keeps the others from nothing.
func (c *Client) oneByOne(ctx context.Context, l limits, operations []BulkItem) ([]BulkItem, error) {
	var answers []BulkItem
	unserved := 0
	for _, operation := range operations {
		answer, err := c.one(ctx, l, operation)
		for waited := 0; errors.Is(err, ErrPaused) && waited < maxWaits && soon(ctx, err, waited); waited++ {
			answer, err = c.one(ctx, l, operation)
		}
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("sending changes: %w", err)
		case errors.Is(err, ErrPaused):
			return answers, err
		case err != nil && (untaken(err) || problem.Is(err, NotSCIM) || problem.Is(err, problem.TLS)):
			return answers, fmt.Errorf("%w: %w", ErrPaused, err)
		case err != nil:
			answer = unknown(operation, err)
		default:
			err = unavailable(answer)
		}
		if unserved++; err == nil {
			unserved = 0
		}
		if answers = append(answers, answer); unserved == enough {
			return answers, fmt.Errorf("%w: %w", ErrPaused, err)
		}
	}
	return answers, nil
}

// unavailable is the error of an outcome that says that the endpoint does not serve.
func unavailable(answer BulkItem) error {
	switch answer.Status {
	case "502", "503", "504":
		return &problem.Problem{
			Code: problem.Unavailable, Title: "The SCIM service cannot serve right now", Op: "sending changes",
			Text: "It answered several changes in a row with status " + answer.Status + ".", Hint: "Wait a minute; they are sent again.",
		}
	}
	return nil
}

// one does one operation, in the way that the endpoint has for it.
func (c *Client) one(ctx context.Context, l limits, operation BulkItem) (BulkItem, error) {
	switch {
	case operation.Method == http.MethodPut && c.adapts, operation.Method == http.MethodPatch && l.whole:
		return c.inWhole(ctx, operation)
	}
	answer, err := c.single(ctx, operation)
	if c.adapts && err == nil && operation.Method == http.MethodPatch && (answer.Status == "405" || answer.Status == "501") {
		c.learn(func(l *limits) { l.whole, l.single = true, true }) // it has none, whatever it says of itself
		return c.inWhole(ctx, operation)
	}
	return answer, err
}

// learn keeps what the endpoint turned out to be.
func (c *Client) learn(change func(*limits)) {
	c.adapting.Lock()
	defer c.adapting.Unlock()
	change(&c.limits)
}

func (c *Client) single(ctx context.Context, operation BulkItem) (answer BulkItem, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = c.authorize(ctx, func(token string) error {
		response, err := c.send(ctx, token, operation.Method, operation.Path, operation.Data)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode == http.StatusUnauthorized {
			return answered(response)
		}
		if err := pausing(response); err != nil {
			return err
		}
		raw, err := io.ReadAll(io.LimitReader(response.Body, maxSingle))
		if err != nil {
			return control.Reached(ctx, response.Request.URL, err)
		}
		if err := understood(response, raw); err != nil {
			return err
		}
		answer = BulkItem{Method: operation.Method, BulkID: operation.BulkID, Status: strconv.Itoa(response.StatusCode), Location: response.Header.Get("Location"), Response: raw}
		if answer.Location == "" {
			answer.Location = locationIn(raw)
		}
		return nil
	})
	return answer, err
}

// maxSingle bounds the answer to one change: the resource as it is now.
const maxSingle = 16 << 20

// locationIn is where a resource says that it is (RFC 7643 §3.1).
func locationIn(raw []byte) string {
	var resource struct {
		Meta struct {
			Location string `json:"location"`
		} `json:"meta"`
	}
	if control.Decode(bytes.NewReader(raw), maxSingle, &resource) != nil {
		return ""
	}
	return resource.Meta.Location
}
