package console

import (
	"passlysync/pkg/tenant"
)

// endSession ends one of the own sessions.
func (c *Console) endSession(v *view) error {
	if err := c.end(v, v.session.Administrator.ID); err != nil {
		return err
	}
	return v.redirect("/account?done=session-ended")
}

// endOthers ends all of the own sessions but this one.
func (c *Console) endOthers(v *view) error {
	if err := c.Desk.EndOtherSessions(v.Context(), v.session); err != nil {
		return err
	}
	c.Agents.Tell()
	return v.redirect("/account?done=sessions-ended")
}

// endTheirs ends a session of another administrator.
func (c *Console) endTheirs(v *view) error {
	id, err := v.pathID("administrator")
	if err != nil {
		return err
	}
	if err := c.end(v, id); err != nil {
		return err
	}
	return v.redirect("/administrators/" + id.String() + "?done=session-ended")
}

// end ends a session and the live pages that it keeps.
func (c *Console) end(v *view, of tenant.ID) error {
	if err := c.Desk.EndSession(v.Context(), of, v.PostFormValue("session")); err != nil {
		return err
	}
	c.Agents.Tell()
	c.Log.Info("a session was ended", "of", of, "by", v.session.Administrator.Email)
	return nil
}
