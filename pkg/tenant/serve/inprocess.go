package serve

import (
	"context"
	"errors"
	"net/http"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/alarms"
	"passlysync/pkg/tenant/history"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// Handler serves everything: SCIM, control API and console.
func (t *Tenant) Handler() http.Handler { return t.handler }

// Close ends the streams and closes the store. Stop serving first.
func (t *Tenant) Close() error {
	t.StopStreams()
	var err error
	if t.bus != nil {
		err = t.bus.Close()
	}
	return errors.Join(err, t.store.Close())
}

// StopStreams ends event streams and live pages, which would otherwise keep a server from shutting down.
func (t *Tenant) StopStreams() {
	t.control.Streams.Stop()
	t.console.Stop()
}

// Info gives the tenant's id and name.
func (t *Tenant) Info() tenant.Tenant { return t.info }

// Agents gives all agents, oldest first.
func (t *Tenant) Agents(ctx context.Context) ([]tenant.Agent, error) { return t.agents.Agents(ctx) }

// Agent gives one agent.
func (t *Tenant) Agent(ctx context.Context, id tenant.ID) (tenant.Agent, error) {
	return t.agents.Agent(ctx, id)
}

// Configure changes what is chosen for an agent: the very function that the console calls.
func (t *Tenant) Configure(ctx context.Context, id tenant.ID, edit func(*tenant.Settings) error) (tenant.Agent, error) {
	return t.agents.Configure(ctx, id, edit)
}

// Approve lets held removals pass.
func (t *Tenant) Approve(ctx context.Context, id tenant.ID, approval control.Approval) (tenant.Agent, error) {
	return t.agents.Approve(ctx, id, approval)
}

// Units asks an agent for what is near the top of its directory's tree of units.
func (t *Tenant) Units(ctx context.Context, id tenant.ID) (control.UnitList, error) {
	return t.agents.Units(ctx, id, control.UnitsArgs{})
}

// Runs gives an agent's runs, newest first.
func (t *Tenant) Runs(ctx context.Context, id tenant.ID, limit int) ([]tenant.Run, error) {
	return t.store.Runs(ctx, id, tenant.Run{}, limit)
}

// CountUsers counts the users in a state; empty: all.
func (t *Tenant) CountUsers(ctx context.Context, state tenant.State) (int, error) {
	return t.store.CountUsers(ctx, tenant.Scope{}, store.Query{State: state})
}

// CountGroups counts the groups.
func (t *Tenant) CountGroups(ctx context.Context) (int, error) {
	return t.store.CountGroups(ctx, tenant.Scope{}, store.Query{})
}

// Store gives the store, for tests that look below the surface.
func (t *Tenant) Store() store.Store { return t.store }

// SyncNow asks an agent for a cycle at once.
func (t *Tenant) SyncNow(ctx context.Context, id tenant.ID) error { return t.agents.SyncNow(ctx, id) }

// Preview asks an agent what settings would do.
func (t *Tenant) Preview(ctx context.Context, id tenant.ID, args control.PreviewArgs) (control.Preview, error) {
	return t.agents.Preview(ctx, id, args)
}

// Explain asks an agent why somebody is, or is not, in the tenant.
func (t *Tenant) Explain(ctx context.Context, id tenant.ID, args control.ExplainArgs) (control.Explanation, error) {
	return t.agents.Explain(ctx, id, args)
}

// Desk signs people in, for tests that decide as an administrator does.
func (t *Tenant) Desk() *signin.Desk { return t.control.Desk }

// History undoes runs and forgets them, for tests that do what the console and its jobs do.
func (t *Tenant) History() *history.Keeper { return t.history }

// Held asks an agent for its held removals; Decide decides on some of them.
func (t *Tenant) Held(ctx context.Context, id tenant.ID, args control.HeldArgs) (control.HeldPage, error) {
	return t.agents.Held(ctx, id, args)
}

// Decide decides on held removals.
func (t *Tenant) Decide(ctx context.Context, id tenant.ID, args control.DecideArgs) (control.Decided, error) {
	return t.agents.Decide(ctx, id, args)
}

// Registry is where administrators and agents meet, for tests that ask as the tenant's own parts do.
func (t *Tenant) Registry() *agents.Registry { return t.agents }

// Passwords takes passwords to where they are kept: what the pages of people and administrators ask.
func (t *Tenant) Passwords() *writeback.Desk { return t.passwords }

// Alarms is who writes to administrators about agents.
func (t *Tenant) Alarms() *alarms.Watch { return t.alarms }
