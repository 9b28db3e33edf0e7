package console

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/local"
)

// localGroupView is the form for a new Local group.
type localGroupView struct {
	Name          string
	Organization  tenant.ID
	Organizations []tenant.Organization
}

func (c *Console) newGroupPage(v *view) error { return c.showNewGroup(v, localGroupView{}, nil) }

func (c *Console) showNewGroup(v *view, shown localGroupView, p *problem.Problem) (err error) {
	if shown.Organizations, err = v.organizations(); err != nil {
		return err
	}
	return v.show("local-group", page{Title: "New Local group", Section: "groups", Problem: p, Content: shown})
}

func (c *Console) addGroup(v *view) error {
	shown := localGroupView{Name: v.PostFormValue("name")}
	shown.Organization, _ = tenant.ParseID(v.PostFormValue("organization")) // one that is none is not known
	if err := v.mayChoose(shown.Organization); err != nil {
		return err
	}
	id, err := local.AddGroup(v.Context(), c.Store, shown.Name, shown.Organization)
	if problem.Is(err, problem.Invalid) {
		return c.showNewGroup(v, shown, problem.Of(err))
	}
	if err != nil {
		return err
	}
	c.Log.Info("a Local group was added", "group", id, "by", v.session.Administrator.Email)
	return v.redirect("/groups/" + id.String() + "?done=group-saved")
}

// changeGroup does what one of the forms on a Local group's page asks for.
func (c *Console) changeGroup(v *view) error {
	id, err := v.pathID("group")
	if err != nil {
		return err
	}
	to, what := "/groups/"+id.String()+"?done=group-saved", v.PostFormValue("do")
	switch what {
	case "rename":
		err = local.RenameGroup(v.Context(), c.Store, id, v.PostFormValue("name"))
	case "add":
		err = local.AddMember(v.Context(), c.Store, id, v.PostFormValue("who"), v.session.Administrator.Organization)
	case "take-out":
		var member tenant.ID
		if member, err = tenant.ParseID(v.PostFormValue("member")); err == nil {
			err = local.RemoveMember(v.Context(), c.Store, id, member)
		}
	case "remove":
		err, to = local.RemoveGroup(v.Context(), c.Store, id), "/groups?done=group-removed"
	default:
		err = &problem.Problem{Code: problem.Invalid, Title: "The form is incomplete", Hint: "Load the page again."}
	}
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.NotFound) || problem.Is(err, problem.Conflict) {
		return c.showGroup(v, id, v.PostFormValue("who"), p)
	}
	if err != nil {
		return err
	}
	c.Log.Info("a Local group was changed", "group", id, "what", what, "by", v.session.Administrator.Email)
	return v.redirect(to)
}
