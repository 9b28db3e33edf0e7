package portal

import (
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/writeback"
)

// newPasswordPath is the page of who has to choose another password before anything else.
const newPasswordPath = "/me/new-password"

// chosen is what a page shows on which a password is chosen.
type chosen struct {
	Place writeback.Place // where it is kept
	Asked passwords.Asked
}

// TwoWay reports whether a password that is chosen is also that of Windows.
func (c chosen) TwoWay() bool { return c.Place == writeback.TwoWay }

// OneWay reports whether the password of Windows is managed there alone.
func (c chosen) OneWay() bool { return c.Place == writeback.OneWay }

// chosen gives what is asked of somebody's password.
func (p *Portal) chosen(v *view, password string, o tenant.Organization, u tenant.User) (chosen, error) {
	way, err := p.Passwords.Way(v.Context(), u)
	if err != nil {
		return chosen{}, err
	}
	asked, err := p.Passwords.Asked(v.Context(), password, o, u)
	return chosen{way.Place, asked}, err
}

// answerRules tells the script which rules a password meets.
func (p *Portal) answerRules(v *view, o tenant.Organization, u tenant.User) error {
	asked, err := p.Passwords.Asked(v.Context(), v.PostFormValue("password"), o, u)
	if err != nil {
		return err
	}
	return v.rules(asked.Rules)
}

// newPasswordView is what that page shows.
type newPasswordView struct {
	User tenant.User
	chosen
}

func (p *Portal) newPasswordPage(v *view) error { return p.showNewPassword(v, "", nil) }

func (p *Portal) showNewPassword(v *view, password string, wrong error) error {
	o, err := p.organization(v)
	if err != nil {
		return err
	}
	asked, err := p.chosen(v, password, o, v.session.User)
	if err != nil {
		return err
	}
	shown := page{Title: "Choose another password", Content: newPasswordView{v.session.User, asked}}
	if wrong != nil {
		return v.again("new-password", shown, wrong)
	}
	return v.show("new-password", shown)
}

func (p *Portal) choosePassword(v *view) error {
	o, err := p.organization(v)
	if err != nil {
		return err
	}
	w := v.wish()
	w.Organization, w.Old = o, ""
	token, session, err := p.Desk.ChoosePassword(v.Context(), v.session, w)
	if err != nil {
		return p.showNewPassword(v, w.New, err)
	}
	p.Log.Info("a person chose another password", "user", session.User.ID)
	v.setCookie(meCookie, token, session.Expires.Sub(session.Created))
	return v.redirect("/me?done=password")
}

// checkHere tells the script which rules a password meets, of who is signed in or is to choose another.
func (p *Portal) checkHere(v *view) error {
	o, err := p.organization(v)
	if err != nil {
		return err
	}
	return p.answerRules(v, o, v.session.User)
}

// letIn sets the cookie of a session, and leads to where it is good for.
func (v *view) letIn(token string, session tenant.PersonSession) error {
	v.setCookie(meCookie, token, session.Expires.Sub(session.Created))
	if session.Purpose == tenant.ForNewPassword {
		return v.redirect(newPasswordPath)
	}
	return v.redirect("/me")
}
