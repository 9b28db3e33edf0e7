package portal

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/person"
)

// doneWords say what a form has done, on the page it leads to.
func doneWords(done string) string {
	return map[string]string{
		"active":   "Your account is active. Sign in with the password that you chose.",
		"password": "Your password was changed. You were signed out everywhere else.",
		"reset":    "Your password was set. You were signed out everywhere; sign in with the new one.",
		"out":      "You are signed out.",
	}[done]
}

// nameForm is what the sign-in page shows.
type nameForm struct {
	Name         string
	Organization string // whose address led here; empty: none
}

func (p *Portal) signInPage(v *view) error {
	return v.show("sign-in", page{Title: "Sign in", Done: doneWords(v.URL.Query().Get("done")), Content: nameForm{}})
}

func (p *Portal) signIn(v *view) error {
	form := nameForm{Name: v.PostFormValue("name")}
	token, session, err := p.Desk.SignIn(v.Context(), person.Attempt{Name: form.Name, Password: v.PostFormValue("password"), From: v.RemoteAddr})
	if err != nil {
		return v.again("sign-in", page{Title: "Sign in", Content: form}, err)
	}
	if session.Purpose == tenant.ForPersonCode {
		return v.show("code", page{Title: "One-time code", Content: stepForm{token}})
	}
	return v.letIn(token, session)
}

// stepForm is what the second step of signing in shows. Step says that the password was right; it is good for nothing else.
type stepForm struct{ Step string }

func (p *Portal) signInCode(v *view) error {
	form := stepForm{v.PostFormValue("step")}
	token, session, err := p.Desk.Confirm(v.Context(), form.Step, v.PostFormValue("code"))
	if problem.Is(err, problem.Unauthorized) {
		late := &problem.Problem{Code: problem.Unauthorized, Title: "That took too long", Text: "The code has to follow the password within five minutes.", Hint: "Sign in again."}
		return v.again("sign-in", page{Title: "Sign in", Content: nameForm{}}, late)
	}
	if err != nil {
		return v.again("code", page{Title: "One-time code", Content: form}, err)
	}
	return v.letIn(token, session)
}

func (p *Portal) signOut(v *view) error {
	if token := v.token(meCookie); token != "" {
		if err := p.Desk.SignOut(v.Context(), token); err != nil {
			return err
		}
	}
	v.setCookie(meCookie, "", 0)
	return v.redirect("/me/sign-in?done=out")
}

// meView is what a person's own page shows.
type meView struct {
	User         tenant.User
	Organization tenant.Organization
	Factor       bool // an authenticator is registered
	CodesLeft    int
	Windows      bool // signs in with the password of Windows
	chosen
}

func (p *Portal) mePage(v *view) error {
	shown, err := p.me(v, "")
	if err != nil {
		return err
	}
	return v.show("me", page{Title: "Your account", Done: doneWords(v.URL.Query().Get("done")), Content: shown})
}

func (p *Portal) me(v *view, password string) (meView, error) {
	shown := meView{User: v.session.User}
	var err error
	if shown.Organization, err = p.organization(v); err != nil {
		return shown, err
	}
	if shown.chosen, err = p.chosen(v, password, shown.Organization, shown.User); err != nil {
		return shown, err
	}
	account, err := p.Store.Account(v.Context(), shown.User.ID)
	if err != nil {
		return shown, err
	}
	shown.Windows = account.PasswordHash == ""
	shown.Factor = account.SecondFactor != ""
	shown.CodesLeft, err = p.Store.CountRecoveryCodes(v.Context(), shown.User.ID)
	return shown, err
}

func (p *Portal) organization(v *view) (tenant.Organization, error) {
	return p.Store.Organization(v.Context(), v.session.User.Organization)
}

func (p *Portal) changePassword(v *view) error {
	w := v.wish()
	shown, err := p.me(v, w.New)
	if err != nil {
		return err
	}
	w.Organization = shown.Organization
	if err := p.Desk.ChangePassword(v.Context(), v.session, w); err != nil {
		return v.again("me", page{Title: "Your account", Content: shown}, err)
	}
	p.Log.Info("a person changed the password", "user", shown.User.ID)
	return v.redirect("/me?done=password")
}

func (p *Portal) renewCodes(v *view) error {
	codes, err := p.Desk.NewRecoveryCodes(v.Context(), v.session, v.PostFormValue("password"), v.RemoteAddr)
	if err != nil {
		shown, broken := p.me(v, "")
		if broken != nil {
			return broken
		}
		return v.again("me", page{Title: "Your account", Content: shown}, err)
	}
	p.Log.Info("a person made new recovery codes", "user", v.session.User.ID)
	return v.show("recovery-codes", page{Title: "Keep your recovery codes", Content: codesView{Codes: codes, Next: "/me"}})
}
