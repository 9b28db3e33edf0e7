package console

import (
	"context"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/administrators"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// administratorsView is the list of administrators. Link is there once, in the answer that made it.
type administratorsView struct {
	grantForm
	Rows      []tenant.Administrator
	Names     map[tenant.ID]string // of organizations
	May       bool                 // manage them
	Own       tenant.ID
	Typed     string
	Link, For string
	Trouble   *problem.Problem // why the invitation was not sent
}

// grantForm is what is asked of what somebody may do, and for whom.
type grantForm struct {
	Role          tenant.Role
	Organization  tenant.ID
	Organizations []tenant.Organization
}

// readGrant takes no organization for the whole tenant, and one that is none for an error: less must never become more.
func (v *view) readGrant() (g administrators.Grant, err error) {
	g.Role = tenant.Role(v.PostFormValue("role"))
	if chosen := v.PostFormValue("organization"); chosen != "" {
		if g.Organization, err = tenant.ParseID(chosen); err != nil {
			return g, tenant.NotFound("organization")
		}
	}
	return g, nil
}

func (c *Console) administratorList(v *view) error {
	return c.showAdministrators(v, administratorsView{grantForm: grantForm{Role: tenant.RoleAdministrator}}, nil)
}

func (c *Console) showAdministrators(v *view, shown administratorsView, wrong error) error {
	all, err := c.Store.Administrators(v.Context())
	if err != nil {
		return err
	}
	shown.Rows, shown.May, shown.Own = all, v.session.Administrator.Role.MayAdminister(), v.session.Administrator.ID
	if shown.Organizations, err = c.Store.Organizations(v.Context()); err != nil {
		return err
	}
	shown.Names = namesOf(shown.Organizations)
	p := page{Title: "Administrators", Section: "administrators", Content: shown}
	if wrong != nil {
		return v.again("administrators", p, wrong)
	}
	return v.show("administrators", p)
}

// invite adds somebody who then chooses a password.
func (c *Console) invite(v *view) error {
	email := strings.TrimSpace(v.PostFormValue("email"))
	g, err := v.readGrant()
	if err != nil {
		return err
	}
	a, token, err := administrators.Invite(v.Context(), c.Store, email, g, c.Now())
	if err != nil {
		return c.showAdministrators(v, administratorsView{Typed: email, grantForm: grantForm{Role: g.Role, Organization: g.Organization}}, err)
	}
	return c.deliver(v, a, token)
}

func (c *Console) inviteAgain(v *view) error {
	id, err := v.pathID("administrator")
	if err != nil {
		return err
	}
	a, token, err := administrators.InviteAgain(v.Context(), c.Store, id, c.Now())
	if err != nil {
		return err
	}
	return c.deliver(v, a, token)
}

// deliver sends an invitation, or shows its link where it cannot be sent.
func (c *Console) deliver(v *view, a tenant.Administrator, token string) error {
	c.Log.Info("an administrator was invited", "email", a.Email, "role", a.Role, "by", v.session.Administrator.Email)
	link := c.Mail.Links + joinPath + "/" + token
	var trouble error
	if c.Mail.Server != "" {
		if trouble = c.Mail.Courier.Invite(v.Context(), a.Email, link, c.Now().Add(administrators.InvitationLife)); trouble == nil {
			return v.redirect("/administrators?done=invited")
		}
	}
	return c.showAdministrators(v, administratorsView{grantForm: grantForm{Role: tenant.RoleAdministrator}, Link: link, For: a.Email, Trouble: problem.Of(trouble)}, nil)
}

// administratorView is one administrator's page.
type administratorView struct {
	tenant.Administrator
	Grant    grantForm
	Own      bool
	Sessions []sessionRow
}

func (c *Console) administratorPage(v *view) error { return c.showAdministrator(v, nil) }

func (c *Console) showAdministrator(v *view, wrong error) error {
	if err := signin.MayAdminister(v.session.Administrator); err != nil {
		return err
	}
	id, err := v.pathID("administrator")
	if err != nil {
		return err
	}
	shown := administratorView{Own: id == v.session.Administrator.ID}
	if shown.Administrator, err = c.Store.AdministratorByID(v.Context(), id); err != nil {
		return err
	}
	if shown.Sessions, err = c.sessionRows(v, id); err != nil {
		return err
	}
	shown.Grant = grantForm{Role: shown.Role, Organization: shown.Organization}
	if shown.Grant.Organizations, err = c.Store.Organizations(v.Context()); err != nil {
		return err
	}
	p := page{Title: shown.Email, Section: "administrators", Content: shown}
	if wrong != nil {
		return v.again("administrator", p, wrong)
	}
	return v.show("administrator", p)
}

// edit changes somebody else as an owner.
func (c *Console) edit(v *view, done string, do func(context.Context, store.Tx, tenant.Administrator) error) error {
	id, err := v.pathID("administrator")
	if err != nil {
		return err
	}
	ctx := v.Context()
	err = administrators.NotYourself(v.session.Administrator.ID, id)
	if err == nil {
		err = c.Store.Write(ctx, func(tx store.Tx) error {
			a, err := tx.AdministratorByID(ctx, id)
			if err != nil {
				return err
			}
			return do(ctx, tx, a)
		})
	}
	if problem.Is(err, problem.NotFound) {
		return err
	}
	if err != nil {
		return c.showAdministrator(v, err)
	}
	c.Agents.Tell() // live pages of who was signed out end now
	c.Log.Info("an administrator was changed", "administrator", id, "how", done, "by", v.session.Administrator.Email)
	if done == "removed" {
		return v.redirect("/administrators?done=administrator-removed")
	}
	return v.redirect("/administrators/" + id.String() + "?done=administrator-" + done)
}

func (c *Console) setRole(v *view) error {
	g, err := v.readGrant()
	if err != nil {
		return err
	}
	return c.edit(v, "role", func(ctx context.Context, tx store.Tx, a tenant.Administrator) error {
		return administrators.Edit(ctx, tx, a, func(a *tenant.Administrator) { a.Role, a.Organization = g.Role, g.Organization })
	})
}

func (c *Console) setLocked(v *view) error {
	locked, done := v.PostFormValue("locked") == "yes", "unlocked"
	if locked {
		done = "locked"
	}
	return c.edit(v, done, func(ctx context.Context, tx store.Tx, a tenant.Administrator) error {
		return administrators.Edit(ctx, tx, a, func(a *tenant.Administrator) { a.Locked = locked })
	})
}

func (c *Console) resetCodes(v *view) error {
	return c.edit(v, "codes-off", func(ctx context.Context, tx store.Tx, a tenant.Administrator) error {
		return administrators.Edit(ctx, tx, a, func(a *tenant.Administrator) { a.SecondFactor = "" })
	})
}

func (c *Console) removeAdministrator(v *view) error {
	typed := strings.TrimSpace(v.PostFormValue("email"))
	return c.edit(v, "removed", func(ctx context.Context, tx store.Tx, a tenant.Administrator) error {
		if typed != a.Email {
			return &problem.Problem{Code: problem.Invalid, Title: "The e-mail is another one", Text: "Nobody was removed.", Hint: "Type " + a.Email + " exactly as it is written."}
		}
		return administrators.Remove(ctx, tx, a)
	})
}

func roles() []tenant.Role {
	return []tenant.Role{tenant.RoleOwner, tenant.RoleAdministrator, tenant.RoleReader}
}

func roleWord(r tenant.Role) string {
	switch r {
	case tenant.RoleOwner:
		return "Owner"
	case tenant.RoleReader:
		return "Reader"
	}
	return "Administrator"
}

func roleMeans(r tenant.Role) string {
	switch r {
	case tenant.RoleOwner:
		return "manages everything, administrators too"
	case tenant.RoleReader:
		return "looks, and changes nothing but the own account"
	}
	return "manages everything but administrators"
}

func roleWords(r tenant.Role) string { return roleWord(r) + ": " + roleMeans(r) }
