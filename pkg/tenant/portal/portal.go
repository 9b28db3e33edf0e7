// Package portal serves the pages of people, not of administrators: /enrol, to which the enrolment e-mail leads, /me, their own
// account, and below it what who forgot a password, or has to choose another, goes through.
//
// The rules of every page are those of package pages; each works without its script, which only shows what of the password's
// rules is met while one types. The token of a link is in the address of one request alone, which puts it into a cookie and
// leads on: no page, log or referrer has it. The cookies are none of the console's, and the console's are none here.
package portal

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/person"
	"passlysync/pkg/tenant/store"
)

//go:embed templates/*.html assets/*
var files embed.FS

// maxForm bounds what a page may send.
const maxForm = 16 << 10

// Options are what a portal works on.
type Options struct {
	Tenant     tenant.Tenant
	Store      store.Store
	Enrolments *onboarding.Enrolments
	Desk       *person.Desk
	Passwords  *passwords.Desk
	CSS        string // address of the style sheet that all pages share
	Log        *slog.Logger
	Now        func() time.Time
}

// Portal serves the pages.
type Portal struct {
	Options
	pages  map[string]*template.Template
	assets pages.Assets
}

// New makes a portal. The embedded templates are part of the program: one that cannot be read is a fault of it.
func New(o Options) *Portal {
	p := &Portal{Options: o, assets: pages.LoadAssets(files, "assets", "/me/assets/"), pages: map[string]*template.Template{}}
	layout := template.Must(template.New("").Funcs(template.FuncMap{"choice": newChoice}).ParseFS(files, "templates/layout.html"))
	for _, name := range []string{"password", "second-factor", "recovery-codes", "ended", "asked", "problem", "sign-in", "code", "me", "forgot", "reset", "reset-code", "new-password"} {
		p.pages[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return p
}

// Register routes the pages.
func (p *Portal) Register(mux *http.ServeMux) {
	mine := http.NewServeMux()
	mine.Handle("GET /me/assets/{name}", p.assets)
	for pattern, do := range p.routes() {
		mine.HandleFunc(pattern, p.open(do))
	}
	guarded := pages.Guard(mine, maxForm)
	for _, path := range []string{"/enrol", "/enrol/", "/me", "/me/", "/o/"} {
		mux.Handle(path, guarded)
	}
}

func (p *Portal) routes() map[string]handler {
	return map[string]handler{
		"GET /enrol/{token}":          p.openLink,
		"GET /enrol":                  p.enrolPage,
		"POST /enrol/password":        p.setPassword,
		"POST /enrol/windows":         p.useWindows,
		"POST /enrol/check":           p.checkAtEnrolment,
		"POST /enrol/code":            p.confirm,
		"POST /enrol/again":           p.askAgain,
		"GET /me/sign-in":             p.signInPage,
		"GET /o/{name}":               p.organizationPage,
		"POST /me/sign-in":            p.signIn,
		"POST /me/code":               p.signInCode,
		"GET /me/forgot":              p.forgotPage,
		"POST /me/forgot":             p.forgot,
		"GET /me/reset/{token}":       p.openReset,
		"GET /me/reset":               p.resetPage,
		"POST /me/reset":              p.reset,
		"POST /me/reset/code":         p.resetCode,
		"POST /me/reset/check":        p.checkAtReset,
		"GET /me/new-password":        p.due(p.newPasswordPage),
		"POST /me/new-password":       p.due(p.choosePassword),
		"POST /me/new-password/check": p.due(p.checkHere),
		"GET /me":                     p.signedIn(p.mePage),
		"POST /me/password":           p.signedIn(p.changePassword),
		"POST /me/check":              p.signedIn(p.checkHere),
		"POST /me/recovery":           p.signedIn(p.renewCodes),
		"POST /me/sign-out":           p.signOut,
		"/":                           nowhere,
	}
}

func nowhere(*view) error { return tenant.NotFound("page") }
