package scim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// limits are what an endpoint of others says that it takes at once. The zero limits are Passly's own: Bulk, of any size that
// is sent.
type limits struct {
	single bool // it has no bulk operations
	most   int  // operations in one request; 0: any number
}

// Adapt asks the endpoint what it can do, and keeps to it from then on. Without it the endpoint is taken for Passly's.
func (c *Client) Adapt(ctx context.Context) error {
	p, err := c.Provider(ctx)
	if err != nil {
		return err
	}
	if !p.Patch.Supported {
		return &problem.Problem{
			Code: problem.Invalid, Op: "asking what the SCIM endpoint can do", Title: "The SCIM endpoint cannot change a part of a resource",
			Text: "It has no PATCH (RFC 7644 §3.5.2), so one member of a group could not be changed without sending all of them.", Hint: "Use an endpoint that has it.",
		}
	}
	c.limits = limits{single: !p.Bulk.Supported, most: p.Bulk.MaxOperations}
	return nil
}

// inParts sends operations in as many requests as the endpoint wants.
func (c *Client) inParts(ctx context.Context, operations []BulkItem) (answers []BulkItem, err error) {
	for len(operations) > 0 {
		n := len(operations)
		if c.limits.most > 0 {
			n = min(n, c.limits.most)
		}
		part, err := c.bulk(ctx, operations[:n])
		if err != nil {
			return nil, err
		}
		answers, operations = append(answers, part...), operations[n:]
	}
	return answers, nil
}

// oneByOne does what bulk operations say by a request each.
func (c *Client) oneByOne(ctx context.Context, operations []BulkItem) ([]BulkItem, error) {
	answers := make([]BulkItem, len(operations))
	for i, operation := range operations {
		var err error
		if answers[i], err = c.single(ctx, operation); err != nil {
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
		raw, err := io.ReadAll(io.LimitReader(response.Body, maxSingle))
		if err != nil {
			return control.Reached(ctx, response.Request.URL, err)
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
