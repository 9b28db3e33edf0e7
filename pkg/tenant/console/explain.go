package console

import (
	"context"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// explainWait is how long the page waits for the agent's answer.
const explainWait = 10 * time.Second

// explainView is what "Why is somebody not here?" shows.
type explainView struct {
	tenant.Agent
	Asked   string
	Answer  *control.Explanation
	Trouble *problem.Problem
}

// explainPage asks the agent what it sees of somebody, in scope or not, and why it does what it does.
func (c *Console) explainPage(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	shown := explainView{Agent: a, Asked: searched(v.FormValue("q"), control.MaxExplainName)}
	if shown.Asked != "" {
		ctx, cancel := context.WithTimeout(v.Context(), explainWait)
		defer cancel()
		answer, err := c.Agents.Explain(ctx, a.ID, control.ExplainArgs{Name: shown.Asked})
		if err != nil && v.Context().Err() != nil {
			return err
		}
		if err != nil {
			shown.Trouble = problem.Of(err)
		} else {
			shown.Answer = &answer
		}
	}
	return v.show("explain", page{Title: "Why is somebody not here?", Section: "directory-sync", Content: shown})
}
