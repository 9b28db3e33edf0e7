package scim

import (
	"context"
	"fmt"
	"net/http"
)

// inWhole does a change by reading the resource, changing it here and putting it back: a PATCH at an endpoint that has none (RFC 7644
// §3.5.2 leaves it to them), and a PUT, which would have all go that it does not say. What else stands in it, of other clients too,
// stays.
func (c *Client) inWhole(ctx context.Context, operation BulkItem) (BulkItem, error) {
	read, err := c.single(ctx, BulkItem{Method: http.MethodGet, Path: operation.Path, BulkID: operation.BulkID})
	if err != nil || read.Status != "200" {
		return read, err // gone, or refused: so is the change
	}
	changed, err := rewritten(operation, read.Response)
	if err != nil {
		return read, fmt.Errorf("changing %s: %w", operation.Path, err)
	}
	return c.single(ctx, BulkItem{Method: http.MethodPut, Path: operation.Path, BulkID: operation.BulkID, Data: changed})
}
