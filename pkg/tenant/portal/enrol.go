package portal

import (
	"bytes"
	"html/template"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/signin"
)

// leastToken is the least length of what may be a token.
const leastToken = 20

// openLink takes the token out of the address. It does not use it up: programs that look at mails open links too.
func (p *Portal) openLink(v *view) error {
	if token := v.PathValue("token"); len(token) >= leastToken { // else it is one of our own pages, asked for again
		v.setCookie(enrolCookie, token, tenant.InvitationLife)
	}
	return v.redirect("/enrol")
}

// visit finds who came with the cookie's token.
func (p *Portal) visit(v *view) (onboarding.Visit, error) {
	token := v.token(enrolCookie)
	if token == "" {
		return onboarding.Visit{}, &problem.Problem{
			Code: onboarding.LinkEnded, Title: "The link from your e-mail is needed", Text: "This page is opened by the link in the enrolment e-mail, and needs cookies.",
			Hint: "Open the link again, or have a new one sent to your e-mail address.",
		}
	}
	return p.Enrolments.Find(v.Context(), token, v.RemoteAddr)
}

// passwordView is what the page on which a password is chosen shows.
type passwordView struct {
	onboarding.Visit
	Rules []onboarding.Rule
}

// choice is what the fields for a new password show.
type choice struct {
	Label, Check string
	Rules        []onboarding.Rule
}

func newChoice(label, check string, rules []onboarding.Rule) choice {
	return choice{label, check, rules}
}

func passwordPage(visit onboarding.Visit, password string) page {
	return page{Title: "Choose a password", Content: passwordView{visit, onboarding.Rules(password, visit.Organization, visit.User)}}
}

func (p *Portal) enrolPage(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	if visit.SecondStep() {
		return p.secondFactorPage(v, visit, nil)
	}
	return v.show("password", passwordPage(visit, ""))
}

func (p *Portal) setPassword(v *view) error {
	visit, err := p.visit(v)
	if err != nil {
		return err
	}
	password := v.PostFormValue("password")
	active, err := p.Enrolments.SetPassword(v.Context(), visit, password, v.PostFormValue("again"))
	if err != nil {
		return v.again("password", passwordPage(visit, password), err)
	}
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
	return v.rules(onboarding.Rules(v.PostFormValue("password"), visit.Organization, visit.User))
}

func (v *view) rules(rules []onboarding.Rule) error {
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
	return v.show("asked", page{Title: "Look into your mailbox"})
}
