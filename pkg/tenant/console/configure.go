package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/controlserver"
)

// unitsWait is how long the page waits for the agent's tree of units.
const unitsWait = 5 * time.Second

// configureView is what the configuration page shows.
type configureView struct {
	tenant.Agent
	Settings      tenant.Settings
	Organizations []tenant.Organization
	Policies      []tenant.ProvisioningPolicy
	Tree          []*unitNode
	Truncated     bool
	// NoTree says why the units cannot be shown; the chosen ones are then kept.
	NoTree *problem.Problem
	// Gone are chosen units that the tree does not have; they are shown so that nothing disappears unseen.
	Gone []directory.GUID
}

func (c *Console) configurePage(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	a, err := c.Agents.Agent(v.Context(), id)
	if err != nil {
		return err
	}
	return c.showConfigure(v, http.StatusOK, a, a.Settings(), nil)
}

func (c *Console) showConfigure(v *view, status int, a tenant.Agent, s tenant.Settings, p *problem.Problem) error {
	shown := configureView{Agent: a, Settings: s}
	var err error
	if shown.Organizations, err = c.Store.Organizations(v.Context()); err != nil {
		return err
	}
	if shown.Policies, err = c.Store.Policies(v.Context()); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(v.Context(), unitsWait)
	defer cancel()
	units, err := c.Agents.Units(wait, a.ID)
	if err != nil {
		if v.Context().Err() != nil {
			return err
		}
		shown.NoTree, shown.Gone = problem.Of(err), s.Scope
	} else {
		shown.Tree, shown.Gone = growTree(units.Units, s.Scope)
		shown.Truncated = units.Truncated
	}
	return v.render(status, "configure", page{Title: "Configure " + a.Configuration.Name, Section: "directory-sync", Problem: p, Content: shown})
}

func (c *Console) configure(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	if err := v.ParseForm(); err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "The form could not be read", Hint: "Go back and try again.", Err: err}
	}
	var chosen tenant.Settings
	a, err := c.Agents.Configure(v.Context(), id, func(s *tenant.Settings) error {
		chosen = *s
		err := v.readSettings(&chosen)
		*s = chosen
		return err
	})
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showConfigure(v, controlserver.StatusOf(p.Code), a, chosen, p)
	}
	if err != nil {
		return err
	}
	c.Log.Info("an agent was configured", "agent", id, "version", a.Configuration.Version, "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync/" + id.String() + "?done=saved")
}

// readSettings takes what was chosen from the form. What is wrong is said after all was taken, so that nothing typed is lost.
func (v *view) readSettings(s *tenant.Settings) error {
	var wrong error
	note := func(err error, title, hint string) {
		if err != nil && wrong == nil {
			wrong = &problem.Problem{Code: problem.Invalid, Title: title, Hint: hint, Err: err}
		}
	}
	var err error
	s.Version, err = strconv.ParseInt(v.PostFormValue("version"), 10, 64)
	note(err, "The form is incomplete", "Load the page again.")
	s.Name = strings.TrimSpace(v.PostFormValue("name"))
	s.Status, s.Incomplete = control.Status(v.PostFormValue("status")), control.Incomplete(v.PostFormValue("incomplete"))
	s.Organization, err = tenant.ParseID(v.PostFormValue("organization"))
	note(err, "No organization is chosen", "Choose the organization that the people belong to.")
	s.Policy, err = tenant.ParseID(v.PostFormValue("policy"))
	note(err, "No activation policy is chosen", "Choose what a new person becomes.")
	s.Scope = nil
	for _, text := range v.PostForm["unit"] {
		unit, err := directory.ParseGUID(text)
		note(err, "A chosen unit is not known", "Load the page again.")
		s.Scope = append(s.Scope, unit)
	}
	for name, limit := range map[string]*control.Limit{"users": &s.Guard.Users, "groups": &s.Guard.Groups, "memberships": &s.Guard.Memberships} {
		limit.Number, err = strconv.Atoi(v.PostFormValue(name + "-number"))
		note(err, "A guard limit is no number", "Use whole numbers.")
		limit.Percent, err = strconv.Atoi(v.PostFormValue(name + "-percent"))
		note(err, "A guard limit is no number", "Use whole numbers.")
	}
	return wrong
}
