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
)

// limits are what an endpoint of others says that it takes at once. The zero limits are Passly's own: Bulk, of any size that
// is sent, and paging by cursor.
type limits struct {
	known   bool // it was asked
	single  bool // it has no bulk operations, or no PATCH
	whole   bool // it has no PATCH
	most    int  // operations in one request; 0: any number
	largest int  // bytes of one request; 0: any number
	indexed bool // it pages by index only
}

// Adapt asks the endpoint what it can do, and keeps to it from then on. Without it the endpoint is taken for Passly's.
func (c *Client) Adapt(ctx context.Context) error {
	c.adapting.Lock()
	defer c.adapting.Unlock()
	p, err := c.Provider(ctx)
	if err != nil {
		return err
	}
	if err := fits(p); err != nil {
		return err
	}
	c.limits = limits{known: true, single: !p.Bulk.Supported || !p.Patch.Supported, whole: !p.Patch.Supported, most: p.Bulk.MaxOperations, largest: p.Bulk.MaxPayloadSize, indexed: !p.Pagination.Cursor}
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

// inParts sends operations in as many requests as the endpoint wants.
func (c *Client) inParts(ctx context.Context, l limits, operations []BulkItem) (answers []BulkItem, err error) {
	for len(operations) > 0 {
		n := l.fitting(operations)
		part, err := c.bulk(ctx, operations[:n])
		if err != nil {
			return nil, err
		}
		answers, operations = append(answers, part...), operations[n:]
	}
	return answers, nil
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

// ErrPaused is in the chain of the error of a client that stopped, since the endpoint asked to slow down. What was answered until then
// comes with it; the rest was not sent.
var ErrPaused = errors.New("the rest was not sent")

// pausing gives the error of an answer that asks to slow down, and keeps how long. A 503 that says no time may be of one change alone.
func pausing(response *http.Response) error {
	slow := response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != ""
	if !slow {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrPaused, answered(response))
}

// oneByOne does what bulk operations say by a request each, until the endpoint asks to slow down.
func (c *Client) oneByOne(ctx context.Context, l limits, operations []BulkItem) ([]BulkItem, error) {
	answers := make([]BulkItem, len(operations))
	for i, operation := range operations {
		do := c.single
		if l.whole && operation.Method == http.MethodPatch {
			do = c.inWhole
		}
		var err error
		if answers[i], err = do(ctx, operation); errors.Is(err, ErrPaused) {
			return answers[:i], err
		}
		if err != nil {
			return nil, fmt.Errorf("sending change %d of %d: %w", i+1, len(operations), err)
		}
	}
	return answers, nil
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
