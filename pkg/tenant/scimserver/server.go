// Package scimserver serves SCIM 2.0 (RFC 7643, RFC 7644; cursor paging by RFC 9865) below /scim/v2/.
//
// What always holds:
//
//   - A token sees and changes only what its agent made; anything else is 404, whether it exists or not.
//   - Every write can be repeated: a second POST with an externalId that the agent used is 409 uniqueness and changes
//     nothing, a member added twice is one member, removing an absent one succeeds.
//   - Bodies are bounded, and duplicate keys, trailing data and invalid UTF-8 are refused.
//   - A change of a group's members costs the members named, never those that are there.
//
// Errors leave as SCIM error bodies, made at one place (fail).
package scimserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Path is where the endpoint stands.
const Path = "/scim/v2"

// Limits, as ServiceProviderConfig tells them.
const (
	MaxOperations = 1000
	MaxPayload    = 4 << 20
	MaxResults    = 1000
	defaultCount  = 100
	// maxListedMembers bounds the members that one list of groups carries.
	maxListedMembers = 100_000
)

// Authenticator tells which agent asks.
type Authenticator interface {
	Agent(r *http.Request) (tenant.Agent, error)
}

// Server is the endpoint.
type Server struct {
	store store.Store
	auth  Authenticator
	log   *slog.Logger
}

// New makes the endpoint.
func New(s store.Store, auth Authenticator, log *slog.Logger) *Server {
	return &Server{store: s, auth: auth, log: log}
}

// caller is who asks, with what its requests need to know.
type caller struct {
	agent        tenant.ID
	organization tenant.ID
	orgName      string
	policy       tenant.ProvisioningPolicy // of users it adds
	run          string                    // the agent's id of its run; empty: it says none
	base         string                    // URL of the endpoint as the client spelled it
}

func (c caller) scope() tenant.Scope { return tenant.Scope{Agent: c.agent} }

// call is one request.
type call struct {
	*http.Request
	caller
	server *Server
	w      http.ResponseWriter
}

// Handler routes the endpoint.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(*call) error{
		"GET /Users": (*call).listUsers, "POST /Users": (*call).postUser, "POST /Users/.search": (*call).searchUsers,
		"GET /Users/{id}": (*call).getUser, "PUT /Users/{id}": (*call).putUser,
		"PATCH /Users/{id}": (*call).patchUser, "DELETE /Users/{id}": (*call).deleteUser,
		"GET /Groups": (*call).listGroups, "POST /Groups": (*call).postGroup, "POST /Groups/.search": (*call).searchGroups,
		"GET /Groups/{id}": (*call).getGroup, "PUT /Groups/{id}": (*call).putGroup,
		"PATCH /Groups/{id}": (*call).patchGroup, "DELETE /Groups/{id}": (*call).deleteGroup,
		"POST /Bulk":                 (*call).bulk,
		"GET /ServiceProviderConfig": (*call).serviceProvider,
		"GET /Schemas":               (*call).schemas, "GET /Schemas/{id}": (*call).schema,
		"GET /ResourceTypes": (*call).resourceTypes, "GET /ResourceTypes/{id}": (*call).resourceType,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+Path+path, s.serve(do))
	}
	mux.HandleFunc("/", s.serve(func(*call) error { return tenant.NotFound("endpoint") }))
	return mux
}

// serve finds out who asks before anything else is looked at.
func (s *Server) serve(do func(*call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, server: s, w: w}
		err := s.identify(c)
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, MaxPayload)
			err = do(c)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *Server) identify(c *call) error {
	agent, err := s.auth.Agent(c.Request)
	if err != nil {
		return err
	}
	c.caller, err = s.callerOf(c.Context(), agent)
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	c.base = scheme + "://" + c.Host + Path
	if err != nil {
		return err
	}
	c.run, err = runOf(c.Request)
	return err
}

func (s *Server) callerOf(ctx context.Context, agent tenant.Agent) (caller, error) {
	c := caller{agent: agent.ID, organization: agent.Organization, policy: tenant.ProvisioningPolicy{State: tenant.Created}}
	o, err := s.store.Organization(ctx, agent.Organization)
	if err != nil {
		return c, fmt.Errorf("reading the caller's organization: %w", err)
	}
	c.orgName = o.Name
	policies, err := s.store.Policies(ctx)
	if err != nil {
		return c, fmt.Errorf("reading the caller's policy: %w", err)
	}
	for _, p := range policies {
		if p.ID == agent.Policy {
			c.policy = p
		}
	}
	return c, nil
}
