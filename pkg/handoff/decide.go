package handoff

import (
	"context"

	"passlysync/pkg/control"
)

var _ Decider = (*Client)(nil)

// Held asks for a page of held removals.
func (c *Client) Held(ctx context.Context, args control.HeldArgs) (page control.HeldPage, err error) {
	err = c.ask(ctx, heldPath, args, &page)
	return page, err
}

// Decide hands a decision on held removals over.
func (c *Client) Decide(ctx context.Context, args control.DecideArgs) (done control.Decided, err error) {
	err = c.ask(ctx, decidePath, args, &done)
	return done, err
}
