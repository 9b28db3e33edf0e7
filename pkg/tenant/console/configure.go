package console

import (
	"errors"
	"strconv"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// configureView is what the configuration page shows.
type configureView struct {
	tenant.Agent
	Settings      tenant.Settings
	Organizations []tenant.Organization
	Policies      []tenant.ProvisioningPolicy
	Tree          []*unitNode
	Asked         asked
	Truncated     bool
	// NoTree says why the units cannot be shown; the chosen ones are then kept.
	NoTree *problem.Problem
	// Gone are chosen units that the tree does not have; they are shown so that nothing disappears unseen.
	Gone []directory.GUID
	// Kept are chosen units that are not among those shown; they stay chosen.
	Kept []directory.GUID
	// Apart is where the organization's password policy and the domain's are not the same.
	Apart []mismatch
}

func (c *Console) configurePage(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	return c.showConfigure(v, a, a.Settings(), nil)
}

func (c *Console) showConfigure(v *view, a tenant.Agent, s tenant.Settings, p *problem.Problem) error {
	shown, err := c.choices(v, a, s)
	if err == nil {
		err = c.tree(v, &shown)
	}
	if err != nil {
		return err
	}
	for _, o := range shown.Organizations {
		if o.ID == a.Organization {
			shown.Apart = mismatches(o, []tenant.Agent{a})
		}
	}
	return v.show("configure", page{Title: "Edit " + a.Configuration.Name, Section: "directory-sync", Problem: p, Content: shown})
}

// choices is what there is to choose from, but for the units.
func (c *Console) choices(v *view, a tenant.Agent, s tenant.Settings) (shown configureView, err error) {
	shown = configureView{Agent: a, Settings: s}
	if shown.Organizations, err = v.organizations(); err != nil {
		return shown, err
	}
	shown.Policies, err = c.Store.Policies(v.Context())
	return shown, err
}

func (c *Console) configure(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	if err := v.readForm(); err != nil {
		return err
	}
	if v.unfolds() {
		a, err := c.Agents.Agent(v.Context(), id)
		if err != nil {
			return err
		}
		chosen := a.Settings()
		_ = v.readSettings(&chosen) // nothing is saved: what is wrong is said when it is
		return c.showConfigure(v, a, chosen, nil)
	}
	var chosen tenant.Settings
	a, err := c.Agents.Configure(v.Context(), id, func(s *tenant.Settings) error {
		chosen = *s
		err := errors.Join(v.readSettings(&chosen), v.mayChoose(chosen.Organization))
		*s = chosen
		return err
	})
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showConfigure(v, a, chosen, p)
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
	if v.PostForm.Has("password-policy") { // without it the form is one that does not ask
		s.PasswordPolicy, s.UnlockOnReset = control.PasswordPolicy(v.PostFormValue("password-policy")), v.PostFormValue("unlock") != ""
	}
	s.Organization, err = tenant.ParseID(v.PostFormValue("organization"))
	note(err, "No organization is chosen", "Choose the organization that the people belong to.")
	s.Policy, err = tenant.ParseID(v.PostFormValue("policy"))
	note(err, "No activation policy is chosen", "Choose what a new person becomes.")
	s.Scope, err = v.units()
	note(err, "A chosen unit is not known", "Load the page again.")
	for name, limit := range map[string]*control.Limit{"users": &s.Guard.Users, "groups": &s.Guard.Groups, "memberships": &s.Guard.Memberships} {
		limit.Number, err = strconv.Atoi(v.PostFormValue(name + "-number"))
		note(err, "A guard limit is no number", "Use whole numbers.")
		limit.Percent, err = strconv.Atoi(v.PostFormValue(name + "-percent"))
		note(err, "A guard limit is no number", "Use whole numbers.")
	}
	return wrong
}

// units are the chosen ones.
func (v *view) units() (scope []directory.GUID, err error) {
	for _, text := range v.PostForm["unit"] {
		unit, wrong := directory.ParseGUID(text)
		err = errors.Join(err, wrong)
		scope = append(scope, unit)
	}
	return scope, err
}
