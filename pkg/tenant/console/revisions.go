package console

import (
	"context"
	"strconv"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// revisionsShown is how many versions a page lists.
const revisionsShown = 20

// revisionRow is one version and what it changed.
type revisionRow struct {
	tenant.Revision
	Changes []tenant.Change
	InForce bool
}

// revisionsView is what the history of an agent's settings shows.
type revisionsView struct {
	tenant.Agent
	Rows        []revisionRow
	Next, First string
}

func (c *Console) revisionsPage(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	shown := revisionsView{Agent: a}
	before, err := strconv.ParseInt(v.FormValue("before"), 10, 64)
	if err != nil {
		before = 0
	} else {
		shown.First = v.URL.Path
	}
	if err := c.history(v.Context(), &shown, before); err != nil {
		return err
	}
	if n := len(shown.Rows); n == revisionsShown {
		shown.Next = v.URL.Path + "?before=" + strconv.FormatInt(shown.Rows[n-1].Settings.Version, 10)
	}
	return v.show("revisions", page{Title: "Settings of " + shown.Configuration.Name, Section: "directory-sync", Content: shown})
}

// history reads a page of revisions, and one more to compare the last with.
func (c *Console) history(ctx context.Context, shown *revisionsView, before int64) error {
	names, err := c.names(ctx)
	if err != nil {
		return err
	}
	all, err := c.Store.Revisions(ctx, shown.ID, before, revisionsShown+1)
	if err != nil {
		return err
	}
	for i, r := range all[:min(len(all), revisionsShown)] {
		var former tenant.Settings
		if i+1 < len(all) {
			former = all[i+1].Settings
		}
		shown.Rows = append(shown.Rows, revisionRow{r, r.Settings.Changes(former, names), r.Settings.Version == shown.Configuration.Version})
	}
	return nil
}

func (c *Console) names(ctx context.Context) (tenant.Names, error) {
	organizations, err := c.organizationNames(ctx)
	if err != nil {
		return tenant.Names{}, err
	}
	policies, err := c.Store.Policies(ctx)
	if err != nil {
		return tenant.Names{}, err
	}
	names := tenant.Names{Organizations: organizations, Policies: map[tenant.ID]string{}}
	for _, p := range policies {
		names.Policies[p.ID] = p.Name
	}
	return names, nil
}

// takeBack chooses again what a version had chosen, as a new version.
func (c *Console) takeBack(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(v.PostFormValue("version"), 10, 64)
	if err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "The form is incomplete", Hint: "Load the page again.", Err: err}
	}
	found, err := c.Store.Revisions(v.Context(), id, version+1, 1)
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Settings.Version != version {
		return tenant.NotFound("version")
	}
	if _, err := c.Agents.Configure(v.Context(), id, func(s *tenant.Settings) error {
		now := s.Version
		*s = found[0].Settings
		s.Version = now
		return v.mayChoose(s.Organization)
	}); err != nil {
		return err
	}
	c.Log.Info("an agent's settings were taken back", "agent", id, "to", version, "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync/" + id.String() + "/settings?done=saved")
}
