package console

import (
	"bytes"
	"html/template"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/administrators"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// accountView is what "Your account" shows.
type accountView struct {
	tenant.Administrator
	Codes    bool // one-time codes are asked for
	Left     int  // recovery codes
	Sessions []sessionRow
}

// sessionRow is a session as a page lists it.
type sessionRow struct {
	tenant.Session
	Name string
	For  string
	This bool // the one that asks
}

func (c *Console) sessionRows(v *view, of tenant.ID) ([]sessionRow, error) {
	all, err := c.Desk.Sessions(v.Context(), of)
	rows := make([]sessionRow, len(all))
	for i, s := range all {
		rows[i] = sessionRow{s, signin.SessionName(s), signin.PurposeWords(s.Purpose), bytes.Equal(s.Hash, v.session.Hash)}
	}
	return rows, err
}

func (c *Console) accountPage(v *view) error {
	shown, err := c.accountView(v)
	if err != nil {
		return err
	}
	return v.show("account", page{Title: "Your account", Section: "account", Content: shown})
}

func (c *Console) accountView(v *view) (accountView, error) {
	admin, err := c.Store.AdministratorByID(v.Context(), v.session.Administrator.ID)
	if err != nil {
		return accountView{}, err
	}
	shown := accountView{Administrator: admin, Codes: admin.SecondFactor != ""}
	if shown.Left, err = c.Store.CountAdministratorCodes(v.Context(), admin.ID); err != nil {
		return shown, err
	}
	shown.Sessions, err = c.sessionRows(v, admin.ID)
	return shown, err
}

// setAlarms says whether this administrator is written to about agents.
func (c *Console) setAlarms(v *view) error {
	wanted, done := v.PostFormValue("alarms") == "on", "alarms-off"
	if wanted {
		done = "alarms-on"
	}
	err := c.Store.Write(v.Context(), func(tx store.Tx) error {
		return administrators.SetAlarms(v.Context(), tx, v.session.Administrator, wanted)
	})
	if err != nil {
		return err
	}
	return v.redirect("/account?done=" + done)
}

// turnOnView is what the page that turns one-time codes on shows.
type turnOnView struct {
	Secret string
	Groups []string // the secret as people copy it
	QR     template.HTML
}

func (c *Console) turnOnPage(v *view) error {
	shown, err := c.accountView(v)
	if err != nil {
		return err
	}
	if shown.Codes {
		return v.redirect("/account")
	}
	return c.showTurnOn(v, signin.NewSecret(), nil)
}

// showTurnOn shows the secret, the same one again where the answers were wrong.
func (c *Console) showTurnOn(v *view, secret string, wrong error) error {
	picture, err := pages.QR(signin.SecretAddress(secret, "Passly "+c.Tenant.Name, v.session.Administrator.Email))
	if err != nil {
		return err
	}
	shown := turnOnView{Secret: secret, Groups: pages.Groups(secret, 4), QR: picture}
	p := page{Title: "Turn on one-time codes", Section: "account", Content: shown}
	if wrong != nil {
		return v.again("second-factor", p, wrong)
	}
	return v.show("second-factor", p)
}

func (c *Console) turnOn(v *view) error {
	secret := v.PostFormValue("secret")
	codes, err := c.Desk.TurnOn(v.Context(), v.attempt(), secret)
	if err != nil && signin.SoundSecret(secret) {
		return c.showTurnOn(v, secret, err)
	}
	if err != nil {
		return err
	}
	c.Log.Info("one-time codes were turned on", "by", v.session.Administrator.Email)
	return v.showCodes(codes, "One-time codes are on. The next sign-in asks for one.")
}

// codesView is what the page with new recovery codes shows.
type codesView struct{ Codes []string }

// showCodes shows recovery codes, in the answer that made them and never again.
func (v *view) showCodes(codes []string, done string) error {
	return v.show("recovery-codes", page{Title: "Keep your recovery codes", Section: "account", Done: done, Content: codesView{codes}})
}

// renewCodes makes recovery codes that take the place of those before.
func (c *Console) renewCodes(v *view) error {
	codes, err := c.Desk.NewCodes(v.Context(), v.attempt())
	if err != nil {
		return c.accountAgain(v, err)
	}
	c.Log.Info("recovery codes were made", "by", v.session.Administrator.Email)
	return v.showCodes(codes, "The former codes do not work any more.")
}

// accountAgain shows the account's page with what was wrong.
func (c *Console) accountAgain(v *view, wrong error) error {
	shown, err := c.accountView(v)
	if err != nil {
		return err
	}
	return v.again("account", page{Title: "Your account", Section: "account", Content: shown}, wrong)
}

func (c *Console) turnOff(v *view) error {
	if err := c.Desk.TurnOff(v.Context(), v.attempt()); err != nil {
		return c.accountAgain(v, err)
	}
	c.Log.Info("one-time codes were turned off", "by", v.session.Administrator.Email)
	return v.redirect("/account?done=codes-off")
}

// attempt is how somebody who is signed in proves it anew.
func (v *view) attempt() signin.Attempt {
	return signin.Attempt{
		Email: v.session.Administrator.Email, Password: v.PostFormValue("password"), Code: v.PostFormValue("code"), From: v.RemoteAddr,
	}
}
