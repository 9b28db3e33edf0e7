package console

import (
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// removeView is what the page shows that asks before an agent is removed.
type removeView struct {
	tenant.Agent
	People int
	Typed  string
	Fate   string // what becomes of its people: keep or disable
}

func (c *Console) removePage(v *view) error { return c.showRemove(v, "", "keep", nil) }

func (c *Console) showRemove(v *view, typed, fate string, p *problem.Problem) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	shown := removeView{Agent: a, Typed: typed, Fate: fate}
	shown.People = shown.Heartbeat.Counts.People
	return v.show("remove", page{Title: "Remove " + shown.Configuration.Name, Section: "directory-sync", Problem: p, Content: shown})
}

// removeAgent forgets an agent, once its name was typed.
func (c *Console) removeAgent(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	typed, fate := strings.TrimSpace(v.PostFormValue("name")), v.PostFormValue("people")
	if typed != a.Configuration.Name || fate != "keep" && fate != "disable" {
		return c.showRemove(v, typed, fate, &problem.Problem{
			Code: problem.Invalid, Title: "The name is another one", Text: "Nothing was removed.", Hint: "Type " + a.Configuration.Name + " exactly as it is written.",
		})
	}
	people, err := c.Agents.Remove(v.Context(), a.ID, fate == "disable")
	if err != nil {
		return err
	}
	c.Log.Info("an agent was removed", "agent", a.ID, "name", a.Configuration.Name, "people", people, "disabled", fate == "disable", "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync?done=removed")
}

// setStatus pauses an agent, or lets it go on.
func (c *Console) setStatus(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	status := control.Status(v.PostFormValue("status"))
	if _, err := c.Agents.Configure(v.Context(), id, func(s *tenant.Settings) error {
		s.Status = status
		return nil
	}); err != nil {
		return err
	}
	c.Log.Info("an agent's status was set", "agent", id, "status", status, "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync/" + id.String() + "?done=" + string(status))
}
