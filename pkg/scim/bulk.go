package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Bulk sends many operations, in one request (RFC 7644 §3.7) unless the endpoint wants them otherwise, and gives their outcomes, one
// an operation, in their order. What has no status may have been done or not. With ErrPaused, the outcomes are those of the first ones.
func (c *Client) Bulk(ctx context.Context, operations []BulkItem) ([]BulkItem, error) {
	l, err := c.adapted(ctx)
	switch {
	case err != nil:
		return nil, err
	case l.single || c.adapts && replaces(operations):
		return c.oneByOne(ctx, l, operations)
	}
	answers, err := c.inParts(ctx, l, operations)
	if c.adapts && len(answers) == 0 && (problem.Is(err, problem.NotFound) || statusOf(err) == http.StatusNotImplemented) {
		c.learn(func(l *limits) { l.single = true }) // it has none, whatever it says of itself
		return c.oneByOne(ctx, l, operations)
	}
	return answers, err
}

// replaces reports whether one of the operations is a PUT, for which the resource must be read first.
func replaces(operations []BulkItem) bool {
	for _, one := range operations {
		if one.Method == http.MethodPut {
			return true
		}
	}
	return false
}

// inParts sends operations in as many requests as the endpoint wants.
func (c *Client) inParts(ctx context.Context, l limits, operations []BulkItem) (answers []BulkItem, err error) {
	for len(operations) > 0 {
		n := l.fitting(operations)
		part, err := c.bulk(ctx, operations[:n])
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil, err
		case untaken(err):
			return answers, fmt.Errorf("%w: %w", ErrPaused, err)
		case len(answers) > 0:
			return append(answers, unknowns(operations[:n], err)...), fmt.Errorf("%w: %w", ErrPaused, err)
		default:
			return nil, err
		}
		answers, operations = append(answers, part...), operations[n:]
	}
	return answers, nil
}

// untaken reports whether an error means that nothing of a request was carried out: it came too soon, or by nobody who is known.
func untaken(err error) bool {
	var wait control.RetryAfter
	return problem.Is(err, problem.TooMany) || problem.Is(err, problem.CredentialsBad) || problem.Is(err, problem.Unavailable) && errors.As(err, &wait)
}

func (c *Client) bulk(ctx context.Context, operations []BulkItem) ([]BulkItem, error) {
	var answer struct {
		Operations []json.RawMessage `json:"Operations"`
	}
	var raw json.RawMessage
	request := BulkRequest{Schemas: []string{BulkReqSchema}, Operations: operations}
	err := c.do(ctx, http.MethodPost, "/Bulk", request, &raw)
	if err == nil {
		err = json.Unmarshal(raw, &answer)
	}
	if err != nil {
		return nil, fmt.Errorf("sending %d changes: %w", len(operations), err)
	}
	answered := make([]BulkItem, len(answer.Operations))
	for i, one := range answer.Operations {
		answered[i] = readOutcome(one)
	}
	return inOrder(operations, answered)
}

// readOutcome reads the outcome of one operation. Its status is text (RFC 7644 §3.7.3); services send a number as well, or an
// object with a code as SCIM 1.1 had it. Without one, what became of it is not known.
func readOutcome(raw []byte) BulkItem {
	var told struct {
		Method   word            `json:"method"`
		BulkID   word            `json:"bulkId"`
		Location word            `json:"location"`
		Status   word            `json:"status"`
		Response json.RawMessage `json:"response"`
	}
	if json.Unmarshal(raw, &told) != nil {
		return BulkItem{}
	}
	if told.Status == "" {
		var inside struct {
			Status struct {
				Code word `json:"code"`
			} `json:"status"`
		}
		_ = json.Unmarshal(raw, &inside)
		told.Status = inside.Status.Code
	}
	return BulkItem{Method: string(told.Method), BulkID: string(told.BulkID), Location: string(told.Location), Status: string(told.Status), Response: told.Response}
}

// inOrder brings answers into the order of their requests by bulkId; those without one stand where they stand. What was not answered
// is not known.
func inOrder(asked, answered []BulkItem) ([]BulkItem, error) {
	place := make(map[string]int, len(asked))
	for i, item := range asked {
		if item.BulkID != "" {
			place[item.BulkID] = i
		}
	}
	ordered, filled := unknowns(asked, nil), make([]bool, len(asked))
	for i, item := range answered {
		at, known := i, len(answered) == len(asked)
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

// unknowns are the outcomes of operations of which it is not known whether they were carried out.
func unknowns(operations []BulkItem, err error) []BulkItem {
	all := make([]BulkItem, len(operations))
	for i, one := range operations {
		all[i] = unknown(one, err)
	}
	return all
}

func unknown(operation BulkItem, err error) BulkItem {
	detail := "The endpoint did not say what became of it."
	if err != nil {
		detail = problem.Of(err).Title + "."
	}
	raw, _ := json.Marshal(Error{Schemas: []string{ErrorSchema}, Detail: detail}) // text always marshals
	return BulkItem{Method: operation.Method, BulkID: operation.BulkID, Response: raw}
}
