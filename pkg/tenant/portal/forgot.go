package portal

import (
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/passwords"
)

// resetCookie holds the token of a link by which a password is reset.
const resetCookie = "passly-reset"

// resetPath is the page that such a link leads to.
const resetPath = "/me/reset"

func (p *Portal) forgotPage(v *view) error {
	return v.show("forgot", page{Title: "Forgot password", Content: nameForm{}})
}

// forgot has a link sent. Everybody gets the same answer.
func (p *Portal) forgot(v *view) error {
	if err := p.Passwords.Forgot(v.Context(), v.PostFormValue("email"), v.RemoteAddr); err != nil {
		return err
	}
	return v.show("asked", page{Title: "Look into your mailbox", Content: askedView{Reset: true}})
}

// askedView says what was asked for: to reset a password, else to enrol.
type askedView struct{ Reset bool }

func (p *Portal) openReset(v *view) error {
	return v.fromLink(resetCookie, tenant.ResetLife, resetPath)
}

// resetVisit finds who came with the cookie's token.
func (p *Portal) resetVisit(v *view) (passwords.Visit, error) {
	token := v.token(resetCookie)
	if token == "" {
		return passwords.Visit{}, linkNeeded("e-mail")
	}
	return p.Passwords.Find(v.Context(), token, v.RemoteAddr)
}

// resetView is what the page on which a password is reset shows.
type resetView struct {
	passwords.Visit
	chosen
}

func (p *Portal) resetPage(v *view) error {
	visit, err := p.resetVisit(v)
	if err != nil {
		return err
	}
	return p.showReset(v, visit, "", nil)
}

// showReset asks for the code first, where there is a second factor, then for the password.
func (p *Portal) showReset(v *view, visit passwords.Visit, password string, wrong error) error {
	name, shown := "reset", page{Title: "Set a new password"}
	if visit.Factor {
		name, shown.Title = "reset-code", "One-time code"
	}
	asked, err := p.chosen(v, password, visit.Organization, visit.User)
	if err != nil {
		return err
	}
	shown.Content = resetView{visit, asked}
	if wrong != nil {
		return v.again(name, shown, wrong)
	}
	return v.show(name, shown)
}

// resetCode takes the code of the second factor.
func (p *Portal) resetCode(v *view) error {
	visit, err := p.resetVisit(v)
	if err != nil {
		return err
	}
	token, err := p.Passwords.ShowCode(v.Context(), visit, v.PostFormValue("code"))
	if err != nil {
		return p.showReset(v, visit, "", err)
	}
	v.setCookie(resetCookie, token, tenant.ResetLife)
	return v.redirect(resetPath)
}

func (p *Portal) reset(v *view) error {
	visit, err := p.resetVisit(v)
	if err != nil {
		return err
	}
	w := v.wish()
	again, err := p.Passwords.Reset(v.Context(), visit, w)
	if err != nil {
		if again != "" {
			v.setCookie(resetCookie, again, tenant.ResetLife)
		}
		return p.showReset(v, visit, w.New, err)
	}
	p.Log.Info("a person reset the password", "user", visit.User.ID)
	v.setCookie(resetCookie, "", 0)
	return v.redirect("/me/sign-in?done=reset")
}

func (p *Portal) checkAtReset(v *view) error {
	visit, err := p.resetVisit(v)
	if err != nil {
		return err
	}
	return p.answerRules(v, visit.Organization, visit.User)
}

// wish is the password that was typed into a form, twice.
func (v *view) wish() passwords.Wish {
	return passwords.Wish{Old: v.PostFormValue("old"), New: v.PostFormValue("password"), Again: v.PostFormValue("again"), From: v.RemoteAddr}
}
