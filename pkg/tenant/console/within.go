package console

import (
	"net/http"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// Administrators of one organization. What they do not see does not exist for them: the objects that a path names are looked
// at here, before any page is; lists and choices are narrowed by view.organizations and narrowing.query.

// ofTenant reports whether the account is for the whole tenant.
func (v *view) ofTenant() bool { return v.session.Administrator.Organization == 0 }

// organizations are those that the account is for.
func (v *view) organizations() ([]tenant.Organization, error) {
	if v.ofTenant() {
		return v.console.Store.Organizations(v.Context())
	}
	own, err := v.console.Store.Organization(v.Context(), v.session.Administrator.Organization)
	if err != nil {
		return nil, err
	}
	return []tenant.Organization{own}, nil
}

// sees reports whether something of an organization exists for the account.
func (v *view) sees(organization tenant.ID) bool {
	return v.ofTenant() || v.session.Administrator.Organization == organization
}

// mayChoose refuses an organization that the account is not for.
func (v *view) mayChoose(organization tenant.ID) error {
	if v.sees(organization) {
		return nil
	}
	return tenant.NotFound("organization")
}

// within refuses what is not of the account's organization: objects as if they were not there, the tenant's own settings
// with the reason.
func (v *view) within() error {
	if v.ofTenant() {
		return nil
	}
	parts := strings.Split(strings.Trim(v.URL.Path, "/"), "/")
	reads := v.Method == http.MethodGet || v.Method == http.MethodHead
	switch parts[0] {
	case "", "live", "sign-out", "account", "device", "installers":
		return nil
	case "users", "groups", "directory-sync":
		return v.withinOf(parts[0])
	case "organizations":
		if !reads || v.URL.Path == "/organizations/new" {
			return forTenant()
		}
		return v.withinOf(parts[0])
	case "provisioning":
		if reads {
			return nil
		}
	}
	return forTenant()
}

// withinOf looks at the object that the route names, where it names one.
func (v *view) withinOf(section string) error {
	if v.PathValue("id") == "" {
		return nil
	}
	what := map[string]string{"users": "user", "groups": "group", "directory-sync": "agent", "organizations": "organization"}[section]
	id, err := v.pathID(what)
	if err != nil {
		return err
	}
	var (
		organization tenant.ID
		ctx, c       = v.Context(), v.console
	)
	switch section {
	case "users":
		var u tenant.User
		u, err = c.Store.User(ctx, tenant.Scope{}, id)
		organization = u.Organization
	case "groups":
		var g tenant.Group
		g, err = c.Store.Group(ctx, tenant.Scope{}, id)
		organization = g.Organization
	case "directory-sync":
		var a tenant.Agent
		a, err = c.Agents.Agent(ctx, id)
		organization = a.Organization
	case "organizations":
		organization = id
	}
	if err != nil {
		return err
	}
	if !v.sees(organization) {
		return tenant.NotFound(what)
	}
	return nil
}

func forTenant() error {
	return &problem.Problem{
		Code: problem.Forbidden, Title: "This is for administrators of the whole tenant", Text: "Your account is for one organization. Nothing was changed.",
		Hint: "Ask an administrator of the tenant.", Op: "checking what the account is for",
	}
}
