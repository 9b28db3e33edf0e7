package console

import (
	"errors"
	"strconv"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

func (c *Console) organizationList(v *view) error {
	all, err := c.Store.Organizations(v.Context())
	if err != nil {
		return err
	}
	return v.show("organizations", page{Title: "Organizations", Section: "organizations", Content: all})
}

func (c *Console) organization(v *view) (tenant.Organization, error) {
	id, err := v.pathID("organization")
	if err != nil {
		return tenant.Organization{}, err
	}
	all, err := c.Store.Organizations(v.Context())
	if err != nil {
		return tenant.Organization{}, err
	}
	for _, o := range all {
		if o.ID == id {
			return o, nil
		}
	}
	return tenant.Organization{}, tenant.NotFound("organization")
}

func (c *Console) organizationPage(v *view) error {
	o, err := c.organization(v)
	if err != nil {
		return err
	}
	return v.show("organization", page{Title: o.Name, Section: "organizations", Content: o})
}

func (c *Console) saveOrganization(v *view) error {
	o, err := c.organization(v)
	if err != nil {
		return err
	}
	before := o.MinPassword
	length, err := strconv.Atoi(strings.TrimSpace(v.PostFormValue("min-password")))
	if err != nil {
		err = &problem.Problem{Code: problem.Invalid, Title: "The length is no number", Hint: "Use a whole number.", Err: err}
	} else {
		o.MinPassword = length
		err = tenant.CheckMinPassword(length)
	}
	if err != nil {
		return v.again("organization", page{Title: o.Name, Section: "organizations", Content: o}, err)
	}
	e := audit.Entry{What: audit.OrganizationChanged, Subject: audit.Subject{Kind: audit.AnOrganization, ID: o.ID, Name: o.Name}}
	e.Details = audit.Changed(nil, "least password length", strconv.Itoa(before), strconv.Itoa(length))
	if err := c.Store.Write(v.Context(), func(tx store.Tx) error {
		return errors.Join(tx.SetMinPassword(v.Context(), o.ID, length), tx.Record(v.Context(), e))
	}); err != nil {
		return err
	}
	c.Log.Info("an organization was changed", "organization", o.Name, "by", v.session.Administrator.Email)
	return v.redirect("/organizations/" + o.ID.String() + "?done=organization")
}
