// Package console is the tenant's face: the pages on which administrators see people, groups and agents, and configure
// the agents.
package console

import (
	"log/slog"
	"net/http"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// Options are what a console works on.
type Options struct {
	Tenant  tenant.Tenant
	Version string
	Store   store.Store
	Agents  *agents.Registry
	Desk    *signin.Desk
	Log     *slog.Logger
	Now     func() time.Time
}

// Console serves the pages.
type Console struct{ Options }

// New makes a console.
func New(o Options) *Console { return &Console{o} }

// Handler routes the pages.
func (c *Console) Handler() http.Handler { return http.NotFoundHandler() }

// Stop ends the live pages.
func (c *Console) Stop() {}
