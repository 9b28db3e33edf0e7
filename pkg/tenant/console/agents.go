package console

import (
	"context"
	"slices"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// runsShown is how many of an agent's last runs its page shows.
const runsShown = 15

// agentRow is one agent with what the list says of it.
type agentRow struct {
	tenant.Agent
	Organization string
	Condition    control.Condition
}

func (c *Console) agentList(v *view) error {
	all, err := c.Agents.Agents(v.Context())
	if err != nil {
		return err
	}
	names, err := c.organizationNames(v.Context())
	if err != nil {
		return err
	}
	rows := make([]agentRow, 0, len(all))
	for _, a := range all {
		if v.sees(a.Organization) {
			rows = append(rows, agentRow{a, names[a.Organization], a.Condition(c.Now())})
		}
	}
	return v.show("agents", page{Title: "Directory Sync", Section: "directory-sync", Live: true, Content: rows})
}

func (c *Console) organizationNames(ctx context.Context) (map[tenant.ID]string, error) {
	all, err := c.Store.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	return namesOf(all), nil
}

func namesOf(all []tenant.Organization) map[tenant.ID]string {
	names := make(map[tenant.ID]string, len(all))
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return names
}

// agentView is what an agent's page shows.
type agentView struct {
	agentRow
	Conditions []control.Condition // the tenant's own word first
	Offline    bool
	Policy     string
	Runs       []tenant.Run
	Held       []heldView
}

// heldView is one kind of held removal, and whether it was approved already.
type heldView struct {
	control.Held
	Approved bool
}

// pathAgent is the agent that the path names.
func (c *Console) pathAgent(v *view) (tenant.Agent, error) {
	id, err := v.pathID("agent")
	if err != nil {
		return tenant.Agent{}, err
	}
	return c.Agents.Agent(v.Context(), id)
}

func (c *Console) agentPage(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	shown, err := c.agentView(v.Context(), id)
	if err != nil {
		return err
	}
	return v.show("agent", page{Title: shown.Configuration.Name, Section: "directory-sync", Live: true, Content: shown})
}

func (c *Console) agentView(ctx context.Context, id tenant.ID) (agentView, error) {
	a, err := c.Agents.Agent(ctx, id)
	if err != nil {
		return agentView{}, err
	}
	names, err := c.organizationNames(ctx)
	if err != nil {
		return agentView{}, err
	}
	shown := agentView{agentRow: agentRow{a, names[a.Organization], a.Condition(c.Now())}, Offline: a.Offline(c.Now())}
	if shown.Offline || a.HasLeft() {
		shown.Conditions = append(shown.Conditions, shown.Condition)
	}
	if a.HasLeft() { // what it said last is over
		a.Heartbeat.Conditions, a.Heartbeat.Held = nil, nil
	}
	for _, condition := range a.Heartbeat.Conditions {
		// What is held has a section of its own, with the button.
		if condition.Code != control.HeldRemovals || len(a.Heartbeat.Held) == 0 {
			shown.Conditions = append(shown.Conditions, condition)
		}
	}
	for _, h := range a.Heartbeat.Held {
		shown.Held = append(shown.Held, heldView{h, slices.Contains(a.Configuration.Approved, h.Approval())})
	}
	policies, err := c.Store.Policies(ctx)
	if err != nil {
		return shown, err
	}
	for _, p := range policies {
		if p.ID == a.Policy {
			shown.Policy = p.Name
		}
	}
	shown.Runs, err = c.Store.Runs(ctx, id, tenant.Run{}, runsShown)
	return shown, err
}

func (c *Console) approve(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	approval := control.Approval{Kind: control.RemovalKind(v.PostFormValue("kind")), Digest: v.PostFormValue("digest")}
	if _, err := c.Agents.Approve(v.Context(), id, approval); err != nil {
		return err
	}
	c.Log.Info("held removals were approved", "agent", id, "kind", approval.Kind, "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync/" + id.String() + "?done=approved")
}

func (c *Console) syncNow(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	if err := c.Agents.SyncNow(v.Context(), id); err != nil {
		return err
	}
	return v.redirect("/directory-sync/" + id.String() + "?done=sync")
}
