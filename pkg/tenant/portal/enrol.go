package portal

import (
	"bytes"
	"html/template"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/signin"
)

func (p *Portal) openLink(v *view) error {
	return v.fromLink(enrolCookie, tenant.InvitationLife, "/enrol")
}

// visit finds who came with the cookie's token.
func (p *Portal) visit(v *view) (onboarding.Visit, error) {
	token := v.token(enrolCookie)
	if token == "" {
		return onboarding.Visit{}, linkNeeded("enrolment e-mail")
	}
	return p.Enrolments.Find(v.Context(), token, v.RemoteAddr)
}

// passwordView is what the page on which a password is chosen shows.
type passwordView struct {
	onboarding.Visit
	chosen
}

// choice is what the fields for a new password show.
type choice struct {
	Label, Check string
	passwords.Asked
}

func newChoice(label, check string, asked passwords.Asked) choice {
	return choice{label, check, asked}
}

// showPassword asks for the password with which somebody enrols.
func (p *Portal) showPassword(v *view, visit onboarding.Visit, password string, wrong error) error {
	asked, err := p.chosen(v, password, visit.Organization, visit.User)
	if err != nil {
		return err
	}
	shown := page{Title: "Choose a password", Content: passwordView{visit, asked}}
	if wrong != nil {
		return v.again("password", shown, wrong)
	}
	return v.show("password", shown)
}

func (p *Portal) enrolPage(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	if visit.SecondStep() {
		return p.secondFactorPage(v, visit, nil)
	}
	return p.showPassword(v, visit, "", nil)
}

func (p *Portal) setPassword(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	w := v.wish()
	active, err := p.Enrolments.SetPassword(v.Context(), visit, w)
	if err != nil {
		return p.showPassword(v, visit, w.New, err)
	}
	return p.goOn(v, visit, active)
}

// useWindows takes the password of Windows in place of a new one.
func (p *Portal) useWindows(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	active, err := p.Enrolments.UseWindows(v.Context(), visit, v.PostFormValue("windows"), v.RemoteAddr)
	if err != nil {
		return p.showPassword(v, visit, "", err)
	}
	return p.goOn(v, visit, active)
}

// goOn leads to the second factor, or to signing in.
func (p *Portal) goOn(v *view, visit onboarding.Visit, active bool) error {
	if !active {
		return v.redirect("/enrol")
	}
	p.Log.Info("a person enrolled", "user", visit.User.ID)
	v.setCookie(enrolCookie, "", 0)
	return v.redirect("/me/sign-in?done=active")
}

// checkAtEnrolment tells the script which rules a password meets.
func (p *Portal) checkAtEnrolment(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	return p.answerRules(v, visit.Organization, visit.User)
}

func (v *view) rules(rules []passwords.Rule) error {
	var out bytes.Buffer
	if err := v.portal.pages["password"].ExecuteTemplate(&out, "rules", rules); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = v.w.Write(out.Bytes())
	return nil
}

// factorView is what the page on which the authenticator is registered shows.
type factorView struct {
	onboarding.Visit
	Groups []string // the secret as people copy it
	Link   template.URL
	QR     template.HTML
}

func (p *Portal) secondFactorPage(v *view, visit onboarding.Visit, wrong error) error {
	secret := visit.Account.PendingFactor
	address := signin.SecretAddress(secret, "Passly "+p.Tenant.Name, visit.User.Mail)
	picture, err := pages.QR(address)
	if err != nil {
		return err
	}
	shown := page{Title: "Register your authenticator", Content: factorView{visit, pages.Groups(secret, 4), template.URL(address), picture}} //nolint:gosec // made above, escaped
	if wrong != nil {
		return v.again("second-factor", shown, wrong)
	}
	return v.show("second-factor", shown)
}

// codesView is what the page with recovery codes shows.
type codesView struct {
	Codes []string
	Next  string // where to go on
	Fresh bool   // the account has just become active
}

func (p *Portal) confirm(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	codes, err := p.Enrolments.Confirm(v.Context(), visit, v.PostFormValue("code"))
	if err != nil && !visit.SecondStep() {
		return v.redirect("/enrol")
	}
	if err != nil {
		return p.secondFactorPage(v, visit, err)
	}
	p.Log.Info("a person enrolled", "user", visit.User.ID)
	v.setCookie(enrolCookie, "", 0)
	return v.show("recovery-codes", page{Title: "Keep your recovery codes", Content: codesView{codes, "/me/sign-in?done=active", true}})
}

// askAgain has a new link sent. Everybody gets the same answer.
func (p *Portal) askAgain(v *view) error {
	if err := p.Enrolments.Ask(v.Context(), v.PostFormValue("email"), v.RemoteAddr); err != nil {
		return err
	}
	return v.show("asked", page{Title: "Look into your mailbox", Content: askedView{}})
}
