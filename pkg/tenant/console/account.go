package console

import (
	"html/template"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/signin"
)

// accountView is what "Your account" shows.
type accountView struct {
	tenant.Administrator
	Codes bool // one-time codes are asked for
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
	return accountView{admin, admin.SecondFactor != ""}, err
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
	err := c.Desk.TurnOn(v.Context(), v.attempt(), secret)
	if err != nil && signin.SoundSecret(secret) {
		return c.showTurnOn(v, secret, err)
	}
	if err != nil {
		return err
	}
	c.Log.Info("one-time codes were turned on", "by", v.session.Administrator.Email)
	return v.redirect("/account?done=codes-on")
}

func (c *Console) turnOff(v *view) error {
	if err := c.Desk.TurnOff(v.Context(), v.attempt()); err != nil {
		shown, broken := c.accountView(v)
		if broken != nil {
			return broken
		}
		return v.again("account", page{Title: "Your account", Section: "account", Content: shown}, err)
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
