package console

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/history"
)

// undoView is what the page shows that asks before a run is undone.
type undoView struct {
	runView
	Forecast history.Forecast
}

func (c *Console) undoPage(v *view) error { return c.showUndo(v, nil) }

// showUndo says what undoing the run would do, which it finds out by trying.
func (c *Console) showUndo(v *view, p *problem.Problem) error {
	shown := undoView{}
	var err error
	if shown.runView, err = c.pathRun(v); err != nil {
		return err
	}
	if shown.Forecast, err = c.History.Try(v.Context(), shown.Agent.ID, shown.Run.ID); err != nil {
		return err
	}
	return v.show("undo", page{Title: "Undo a run of " + shown.Agent.Configuration.Name, Section: "directory-sync", Problem: p, Content: shown})
}

// undo begins to undo a run, once that was confirmed.
func (c *Console) undo(v *view) error {
	shown, err := c.pathRun(v)
	if err != nil {
		return err
	}
	if v.PostFormValue("sure") != "yes" {
		return c.showUndo(v, &problem.Problem{
			Code: problem.Invalid, Title: "Nothing was undone", Text: "The agent is held until you let it go on, which has to be confirmed.", Hint: "Tick the box above the button.",
		})
	}
	u, err := c.History.Undo(v.Context(), shown.Agent.ID, shown.Run.ID)
	if err != nil {
		return err
	}
	c.Log.Info("a run is being undone", "agent", shown.Agent.ID, "run", shown.Run.ID, "undone", u.Undone, "kept", u.Kept, "by", v.session.Administrator.Email)
	return v.redirect(shown.Path() + "?done=undone")
}
