package scimserver

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
)

// Bounds of values: most attributes, and how many addresses a user may have.
const (
	maxValue  = 1024
	maxEmails = 20
)

func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

func meta(kind, base string, id tenant.ID, version int64, created, modified time.Time) *scim.Meta {
	return &scim.Meta{
		ResourceType: kind, Created: created.Truncate(time.Millisecond), LastModified: modified.Truncate(time.Millisecond), Version: etag(version),
		Location: base + "/" + kind + "s/" + id.String(),
	}
}

// userResource gives a user as SCIM shows it.
func (c caller) userResource(u tenant.User) scim.User {
	active := u.State != tenant.Disabled
	r := scim.User{
		Schemas: []string{scim.UserSchema, scim.PasslySchema}, ID: u.ID.String(), ExternalID: u.ExternalID, UserName: u.UserName,
		DisplayName: u.DisplayName, Active: &active, Meta: meta("User", c.base, u.ID, u.Version, u.Created, u.Modified),
		Passly: &scim.Passly{SAMAccountName: u.SAMAccountName, State: string(u.State), Organization: c.orgName},
	}
	if u.GivenName != "" || u.FamilyName != "" || u.FormattedName != "" {
		r.Name = &scim.Name{Formatted: u.FormattedName, FamilyName: u.FamilyName, GivenName: u.GivenName}
	}
	if u.Mail != "" {
		r.Emails = append(r.Emails, scim.Email{Value: u.Mail, Type: u.MailType, Primary: true})
	}
	for _, e := range u.OtherMail {
		r.Emails = append(r.Emails, scim.Email{Value: e.Value, Type: e.Type})
	}
	return r
}

// newUser makes the user that a POST asks for.
func (c caller) newUser(r *scim.User) (tenant.User, error) {
	u := tenant.User{Agent: c.agent, Organization: c.organization, State: c.policy.State, TwoFactor: c.policy.TwoFactor}
	return u, fill(&u, r)
}

// fill writes a resource over a user: what is not given is unset, but active stays as it is.
func fill(u *tenant.User, r *scim.User) error {
	if err := checkUser(r); err != nil {
		return err
	}
	u.ExternalID, u.UserName, u.DisplayName = r.ExternalID, r.UserName, r.DisplayName
	u.GivenName, u.FamilyName, u.FormattedName, u.SAMAccountName = "", "", "", ""
	if n := r.Name; n != nil {
		u.GivenName, u.FamilyName, u.FormattedName = n.GivenName, n.FamilyName, n.Formatted
	}
	if r.Passly != nil {
		u.SAMAccountName = r.Passly.SAMAccountName
	}
	if r.Active != nil {
		u.SetActive(*r.Active)
	}
	return fillEmails(u, r.Emails)
}

// fillEmails puts the primary address first; without one it is the first given.
func fillEmails(u *tenant.User, emails []scim.Email) error {
	u.Mail, u.MailType, u.OtherMail = "", "", nil
	if len(emails) == 0 {
		return nil
	}
	if len(emails) > maxEmails {
		return invalidValue("a user has at most " + strconv.Itoa(maxEmails) + " emails")
	}
	primary := 0
	for i, e := range emails {
		if err := checkText("emails", e.Value); err != nil {
			return err
		}
		if e.Value == "" {
			return invalidValue("an e-mail address has no value")
		}
		if e.Primary {
			primary = i
		}
	}
	u.Mail, u.MailType = emails[primary].Value, emails[primary].Type
	for i, e := range emails {
		switch {
		case i == primary:
		case e.Primary:
			return invalidValue("more than one e-mail address is primary")
		default:
			u.OtherMail = append(u.OtherMail, tenant.Email{Value: e.Value, Type: e.Type})
		}
	}
	return nil
}

func checkUser(r *scim.User) error {
	if strings.TrimSpace(r.UserName) == "" {
		return invalidValue("userName is required")
	}
	fields := [...]struct{ name, value string }{
		{"userName", r.UserName}, {"externalId", r.ExternalID}, {"displayName", r.DisplayName}, {}, {}, {}, {},
	}
	if n := r.Name; n != nil {
		fields[3].name, fields[3].value = "name.givenName", n.GivenName
		fields[4].name, fields[4].value = "name.familyName", n.FamilyName
		fields[5].name, fields[5].value = "name.formatted", n.Formatted
	}
	if r.Passly != nil {
		fields[6].name, fields[6].value = "samAccountName", r.Passly.SAMAccountName
	}
	for _, f := range &fields {
		if err := checkText(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

// checkText bounds a value and refuses control characters, which only ever hide something.
func checkText(name, value string) error {
	if len(value) > maxValue {
		return invalidValue(name + " is longer than " + strconv.Itoa(maxValue) + " bytes")
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return invalidValue(name + " holds a control character")
	}
	return nil
}

func invalidValue(detail string) error {
	return &scim.InputError{SCIMType: scim.InvalidValue, Detail: detail}
}
