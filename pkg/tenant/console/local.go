package console

import (
	"strconv"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/local"
	"passlysync/pkg/tenant/onboarding"
)

// localView is the form for a Local user.
type localView struct {
	local.Person
	ID            tenant.ID // zero: a new one
	Version       int64
	Organizations []tenant.Organization
	Policies      []tenant.ProvisioningPolicy
	Policy        tenant.ID // of a new one
}

func (c *Console) newUserPage(v *view) error {
	return c.showLocal(v, localView{Policy: tenant.DefaultPolicyID}, nil)
}

func (c *Console) editUserPage(v *view) error {
	u, err := c.pathUser(v)
	if err != nil {
		return err
	}
	return c.showLocal(v, localView{Person: local.Of(u), ID: u.ID, Version: u.Version}, nil)
}

func (c *Console) showLocal(v *view, shown localView, p *problem.Problem) (err error) {
	if shown.Organizations, err = v.organizations(); err != nil {
		return err
	}
	if shown.Policies, err = c.Store.Policies(v.Context()); err != nil {
		return err
	}
	title := "New Local user"
	if shown.ID != 0 {
		title = "Edit a Local user"
	}
	return v.show("local", page{Title: title, Section: "users", Problem: p, Content: shown})
}

// readLocal takes what was typed; nothing of it is lost where something is wrong.
func (v *view) readLocal() (shown localView) {
	shown.Person = local.Person{
		GivenName: v.PostFormValue("given"), FamilyName: v.PostFormValue("family"), DisplayName: v.PostFormValue("display"),
		Mail: v.PostFormValue("mail"), UserName: v.PostFormValue("logon"),
	}
	shown.Organization, _ = tenant.ParseID(v.PostFormValue("organization")) // one that is none is not known
	shown.Policy, _ = tenant.ParseID(v.PostFormValue("policy"))
	shown.Version, _ = strconv.ParseInt(v.PostFormValue("version"), 10, 64)
	return shown
}

func (c *Console) addUser(v *view) error {
	shown := v.readLocal()
	policy, err := onboarding.Policy(v.Context(), c.Store, shown.Policy)
	if err != nil {
		return err
	}
	if err := v.mayChoose(shown.Organization); err != nil {
		return err
	}
	id, err := local.Add(v.Context(), c.Store, shown.Person, policy)
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showLocal(v, shown, p)
	}
	if err != nil {
		return err
	}
	c.Log.Info("a Local user was added", "user", id, "by", v.session.Administrator.Email)
	return v.redirect("/users/" + id.String() + "?done=user-added")
}

func (c *Console) editUser(v *view) error {
	shown := v.readLocal()
	var err error
	if shown.ID, err = v.pathID("user"); err != nil {
		return err
	}
	if err := v.mayChoose(shown.Organization); err != nil {
		return err
	}
	err = local.Edit(v.Context(), c.Store, shown.ID, shown.Version, shown.Person, v.program)
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showLocal(v, shown, p)
	}
	if err != nil {
		return err
	}
	c.Log.Info("a Local user was changed", "user", shown.ID, "by", v.session.Administrator.Email)
	return v.redirect("/users/" + shown.ID.String() + "?done=user-saved")
}

// setUserState disables a Local user, or gives the former state back.
func (c *Console) setUserState(v *view) error {
	id, err := v.pathID("user")
	if err != nil {
		return err
	}
	disabled := v.PostFormValue("state") == string(tenant.Disabled)
	if err := local.SetDisabled(v.Context(), c.Store, id, disabled); err != nil {
		return err
	}
	c.Log.Info("a Local user's state was set", "user", id, "disabled", disabled, "by", v.session.Administrator.Email)
	return v.redirect("/users/" + id.String() + "?done=user-saved")
}
