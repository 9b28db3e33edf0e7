package main

import (
	"context"
	"fmt"

	"passlysync/pkg/tenant/serve"
)

// which names a tenant.
type which struct {
	place
}

type disableCommand struct{ which }

// Run disables the tenant.
func (c *disableCommand) Run(ctx context.Context, t terminal) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if err := serve.Disable(ctx, o, true); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "The tenant is disabled: nobody can sign in and no agent can be enrolled. Agents that are enrolled go on.")
	return nil
}

type enableCommand struct{ which }

// Run enables it again.
func (c *enableCommand) Run(ctx context.Context, t terminal) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if err := serve.Disable(ctx, o, false); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "The tenant is enabled.")
	return nil
}
