package console

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// organizationRow is one organization with what it holds.
type organizationRow struct {
	tenant.Organization
	People, Active, Agents int
}

// Over reports whether more people are Active than there are licences.
func (r organizationRow) Over() bool { return r.Licences > 0 && r.Active > r.Licences }

// organizationsView is the list of organizations.
type organizationsView struct {
	Rows []organizationRow
	May  bool // add one
}

func (c *Console) organizationList(v *view) error {
	all, err := v.organizations()
	if err != nil {
		return err
	}
	shown := organizationsView{Rows: make([]organizationRow, len(all)), May: v.ofTenant() && v.session.Administrator.Role.MayChange()}
	agents, err := c.Agents.Agents(v.Context())
	if err != nil {
		return err
	}
	for i, o := range all {
		if shown.Rows[i], err = c.organizationRow(v.Context(), o, agents); err != nil {
			return err
		}
	}
	return v.show("organizations", page{Title: "Organizations", Section: "organizations", Content: shown})
}

func (c *Console) organizationRow(ctx context.Context, o tenant.Organization, agents []tenant.Agent) (organizationRow, error) {
	row := organizationRow{Organization: o}
	for _, a := range agents {
		if a.Organization == o.ID {
			row.Agents++
		}
	}
	var err error
	if row.People, err = c.Store.CountUsers(ctx, tenant.Scope{}, store.Query{Organization: o.ID}); err != nil {
		return row, err
	}
	row.Active, err = c.Store.CountUsers(ctx, tenant.Scope{}, store.Query{Organization: o.ID, State: tenant.Active})
	return row, err
}

// pathOrganization is the organization that the path names.
func (c *Console) pathOrganization(v *view) (tenant.Organization, error) {
	id, err := v.pathID("organization")
	if err != nil {
		return tenant.Organization{}, err
	}
	return c.Store.Organization(v.Context(), id)
}

// organizationView is an organization's page: the form, and what it holds.
type organizationView struct {
	organizationRow
	New, May bool
	Licensed string // as typed
	Shortest string
	Oldest   string // days
	Apart    []mismatch
}

// typed is the form as the organization stands.
func typed(o tenant.Organization) organizationView {
	shown := organizationView{Licensed: strconv.Itoa(o.Licences), Shortest: strconv.Itoa(o.MinPassword), Oldest: strconv.Itoa(o.MaxAge)}
	shown.Organization = o
	return shown
}

func (c *Console) newOrganizationPage(v *view) error {
	shown := typed(tenant.Organization{MinPassword: tenant.DefaultMinPassword, MinStrength: tenant.LeastStrength})
	shown.New = true
	return c.showOrganization(v, shown, nil)
}

func (c *Console) organizationPage(v *view) error {
	o, err := c.pathOrganization(v)
	if err != nil {
		return err
	}
	return c.showOrganization(v, typed(o), nil)
}

func (c *Console) showOrganization(v *view, shown organizationView, wrong error) (err error) {
	p := page{Title: "New organization", Section: "organizations"}
	if !shown.New {
		agents, err := c.Agents.Agents(v.Context())
		if err != nil {
			return err
		}
		if shown.organizationRow, err = c.organizationRow(v.Context(), shown.Organization, agents); err != nil {
			return err
		}
		shown.Apart = mismatches(shown.Organization, agents)
		p.Title = shown.Name
	}
	shown.May = v.ofTenant() && v.session.Administrator.Role.MayChange()
	p.Content = shown
	if wrong != nil {
		return v.again("organization", p, wrong)
	}
	return v.show("organization", p)
}

// readOrganization takes what was typed into the form; nothing of it is lost where something is wrong.
func (v *view) readOrganization(shown *organizationView) error {
	shown.Name, shown.Suffix = v.PostFormValue("name"), v.PostFormValue("suffix")
	shown.Licensed, shown.Shortest = strings.TrimSpace(v.PostFormValue("licences")), strings.TrimSpace(v.PostFormValue("min-password"))
	if shown.New {
		shown.URLName = v.PostFormValue("url-name")
	}
	shown.Oldest = strings.TrimSpace(v.PostFormValue("max-age"))
	var wrong [4]error
	shown.Licences, wrong[0] = strconv.Atoi(shown.Licensed)
	shown.MinPassword, wrong[1] = strconv.Atoi(shown.Shortest)
	shown.MaxAge, wrong[2] = strconv.Atoi(shown.Oldest)
	shown.MinStrength, wrong[3] = strconv.Atoi(v.PostFormValue("strength"))
	if err := errors.Join(wrong[:]...); err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "That is no number", Text: "Nothing was saved.", Hint: "Use whole numbers for licences, password length and age.", Err: err}
	}
	return shown.Organization.Check()
}

func (c *Console) addOrganization(v *view) error {
	shown := organizationView{New: true}
	err := v.readOrganization(&shown)
	if err == nil {
		err = c.Store.Write(v.Context(), func(tx store.Tx) error {
			all, err := tx.Organizations(v.Context())
			if err == nil && len(all) >= tenant.MaxOrganizations {
				err = &problem.Problem{Code: problem.Conflict, Title: "There are too many organizations", Text: "Nothing was saved.", Hint: "Remove one that is not needed."}
			}
			if err != nil {
				return err
			}
			if err := tx.AddOrganization(v.Context(), &shown.Organization); err != nil {
				return err
			}
			return tx.Record(v.Context(), audit.Entry{What: audit.OrganizationAdded, Subject: audit.OfOrganization(shown.Organization), Details: organizationChanges(tenant.Organization{}, shown.Organization)})
		})
	}
	var taken *tenant.Taken
	if errors.As(err, &taken) {
		err = &problem.Problem{Code: problem.Conflict, Title: "Another organization has the URL name " + taken.Value, Text: "Nothing was saved.", Hint: "Use another one.", Err: err}
	}
	if err != nil {
		return c.showOrganization(v, shown, err)
	}
	c.Log.Info("an organization was added", "organization", shown.Name, "by", v.session.Administrator.Email)
	return v.redirect("/organizations/" + shown.ID.String() + "?done=organization-added")
}

func (c *Console) saveOrganization(v *view) error {
	before, err := c.pathOrganization(v)
	if err != nil {
		return err
	}
	var shown organizationView
	shown.Organization = before
	if err := v.readOrganization(&shown); err != nil {
		return c.showOrganization(v, shown, err)
	}
	e := audit.Entry{What: audit.OrganizationChanged, Subject: audit.OfOrganization(shown.Organization), Details: organizationChanges(before, shown.Organization)}
	if err := c.Store.Write(v.Context(), func(tx store.Tx) error {
		return errors.Join(tx.ReplaceOrganization(v.Context(), shown.Organization), tx.Record(v.Context(), e))
	}); err != nil {
		return err
	}
	c.Log.Info("an organization was changed", "organization", shown.Name, "by", v.session.Administrator.Email)
	return v.redirect("/organizations/" + shown.ID.String() + "?done=organization")
}

func organizationChanges(before, after tenant.Organization) []audit.Detail {
	details := audit.Changed(nil, "name", before.Name, after.Name)
	details = audit.Changed(details, "URL name", before.URLName, after.URLName)
	details = audit.Changed(details, "principal-name suffix", before.Suffix, after.Suffix)
	details = audit.Changed(details, "licences", strconv.Itoa(before.Licences), strconv.Itoa(after.Licences))
	details = audit.Changed(details, "least password strength", strconv.Itoa(before.MinStrength), strconv.Itoa(after.MinStrength))
	details = audit.Changed(details, "oldest password, in days", strconv.Itoa(before.MaxAge), strconv.Itoa(after.MaxAge))
	return audit.Changed(details, "least password length", strconv.Itoa(before.MinPassword), strconv.Itoa(after.MinPassword))
}

// removeOrganization removes an empty one whose name was typed.
func (c *Console) removeOrganization(v *view) error {
	o, err := c.pathOrganization(v)
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.PostFormValue("typed")) != o.Name {
		err = &problem.Problem{Code: problem.Invalid, Title: "The name is another one", Text: "Nothing was removed.", Hint: "Type " + o.Name + " exactly as it is written."}
	} else {
		err = c.Store.Write(v.Context(), func(tx store.Tx) error {
			all, err := tx.Organizations(v.Context())
			if err == nil && len(all) == 1 {
				err = &problem.Problem{Code: problem.Conflict, Title: "The tenant needs an organization", Text: "This is the only one. Nothing was removed.", Hint: "Add another one first."}
			}
			if err != nil {
				return err
			}
			return errors.Join(tx.RemoveOrganization(v.Context(), o.ID), tx.Record(v.Context(), audit.Entry{What: audit.OrganizationRemoved, Subject: audit.OfOrganization(o)}))
		})
	}
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showOrganization(v, typed(o), err)
	}
	if err != nil {
		return err
	}
	c.Log.Info("an organization was removed", "organization", o.Name, "by", v.session.Administrator.Email)
	return v.redirect("/organizations?done=organization-removed")
}
