package portal

import "passlysync/pkg/tenant"

// organizationPage is the sign-in page by the address of an organization.
func (p *Portal) organizationPage(v *view) error {
	all, err := p.Store.Organizations(v.Context())
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.URLName == v.PathValue("name") {
			return v.show("sign-in", page{Title: "Sign in", Content: nameForm{Organization: o.Name}})
		}
	}
	return tenant.NotFound("organization")
}
