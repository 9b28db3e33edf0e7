package console

import (
	"time"

	"passlysync/pkg/tenant/signin"
)

// unattendedView is what "Set up unattended" shows. Token is there once, in the answer that made it.
type unattendedView struct {
	Domain  string
	Token   string
	Expires time.Time
	Minutes int
}

func (c *Console) unattendedPage(v *view) error { return v.showUnattended(unattendedView{}) }

// mintToken makes an enrolment token. It is shown in this very answer, and kept as a hash only.
func (c *Console) mintToken(v *view) error {
	token, fresh, err := c.Desk.EnrolmentToken(v.Context(), v.session.Administrator, signin.UnattendedLife)
	if err != nil {
		return err
	}
	c.Log.Info("an enrolment token was made in the console", "by", v.session.Administrator.Email)
	return v.showUnattended(unattendedView{Token: token, Expires: fresh.Expires})
}

func (v *view) showUnattended(shown unattendedView) error {
	shown.Domain, shown.Minutes = v.Host, int(signin.UnattendedLife/time.Minute)
	return v.show("unattended", page{Title: "Set up unattended", Section: "directory-sync", Content: shown})
}
