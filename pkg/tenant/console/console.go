// Package console is the tenant's face: the pages on which administrators see people, groups and agents, and configure
// the agents.
//
// Pages are made on the server by html/template from embedded files; there is no build step. The one script only keeps
// pages live and grows the tree of units: everything works without it. The rules that hold for every page: a strict
// content security policy (nothing inline), no cross-origin writes, a session or the sign-in page, under 100 kB, and errors
// with what to do next. Lists are read by key, page by page.
package console

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/history"
	"passlysync/pkg/tenant/installers"
	"passlysync/pkg/tenant/pages"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

//go:embed templates/*.html assets/*
var files embed.FS

// Options are what a console works on.
type Options struct {
	Tenant    tenant.Tenant
	Version   string
	Store     store.Store
	Agents    *agents.Registry
	Desk      *signin.Desk
	Passwords *passwords.Desk
	Mail      Mail
	History   *history.Keeper
	// Installers are the files that agents are installed from.
	Installers *installers.Folder
	Log        *slog.Logger
	Now        func() time.Time
}

// Console serves the pages.
type Console struct {
	Options
	pages  map[string]*template.Template
	assets pages.Assets
	live   liveStreams
	misses *signin.Limit // of invitations, by network
	asked  *signin.Limit // of the API, by token
}

// Limits of wrong invitations from one network, and of what one API token asks: so much at once, and one more each period.
const (
	missBurst  = 20
	missPeriod = 30 * time.Second
	askBurst   = 600
	askPeriod  = 100 * time.Millisecond
)

// New makes a console. The embedded templates are part of the program: one that cannot be read is a fault of it.
func New(o Options) *Console {
	c := &Console{Options: o, assets: pages.LoadAssets(files, "assets", "/assets/")}
	c.pages, c.misses = c.loadPages(), signin.NewLimit(o.Now, missBurst, missPeriod)
	c.asked = signin.NewLimit(o.Now, askBurst, askPeriod)
	return c
}

// Handler routes the pages.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{name}", c.assets.ServeHTTP)
	mux.HandleFunc("GET /sign-in", c.open(c.signInPage))
	mux.HandleFunc("POST /sign-in", c.open(c.signIn))
	mux.HandleFunc("POST /sign-in/code", c.open(c.signInCode))
	mux.HandleFunc("GET /join/{token}", c.open(c.openInvitation))
	mux.HandleFunc("GET /join", c.open(c.joinPage))
	mux.HandleFunc("POST /join", c.open(c.join))
	for pattern, do := range c.routes() {
		mux.HandleFunc(pattern, c.signedIn(do))
	}
	whole := http.NewServeMux()
	whole.Handle("/", pages.Guard(mux, maxForm))
	whole.Handle(api.Prefix+"/", c.api())
	return whole
}

// routes are the pages of who is signed in. Everybody may look at what GET gives; who may do the rest says mayChange.
func (c *Console) routes() map[string]handler {
	return map[string]handler{
		"POST /sign-out":                                  c.signOut,
		"GET /{$}":                                        c.home,
		"GET /live":                                       c.serveLive,
		"GET /directory-sync":                             c.agentList,
		"GET /directory-sync/enrolment-token":             c.unattendedPage,
		"POST /directory-sync/enrolment-token":            c.mintToken,
		"GET /directory-sync/new":                         c.addPage,
		"GET /directory-sync/new/agent":                   c.downloadPage,
		"GET /installers/{name}":                          c.serveInstaller,
		"GET /directory-sync/{id}":                        c.agentPage,
		"GET /directory-sync/{id}/add":                    c.addUnits,
		"POST /directory-sync/{id}/add":                   c.addStep,
		"GET /directory-sync/{id}/preview":                c.previewPage,
		"GET /directory-sync/{id}/preview.csv":            c.previewCSV,
		"GET /directory-sync/{id}/configure":              c.configurePage,
		"POST /directory-sync/{id}/configure":             c.configure,
		"POST /directory-sync/{id}/approve":               c.approve,
		"GET /directory-sync/{id}/held/{kind}":            c.heldPage,
		"POST /directory-sync/{id}/held/{kind}":           c.decideHeld,
		"GET /directory-sync/{id}/runs":                   c.runsPage,
		"GET /directory-sync/{id}/runs/{run}":             c.runPage,
		"GET /directory-sync/{id}/runs/{run}/changes.csv": c.runCSV,
		"GET /directory-sync/{id}/runs/{run}/undo":        c.undoPage,
		"POST /directory-sync/{id}/runs/{run}/undo":       c.undo,
		"GET /users/{id}/history":                         c.userHistory,
		"POST /directory-sync/{id}/sync":                  c.syncNow,
		"GET /directory-sync/{id}/settings":               c.revisionsPage,
		"POST /directory-sync/{id}/settings":              c.takeBack,
		"GET /directory-sync/{id}/units":                  c.unitsPart,
		"GET /directory-sync/{id}/explain":                c.explainPage,
		"GET /users/new":                                  c.newUserPage,
		"POST /users/new":                                 c.addUser,
		"GET /users/{id}/edit":                            c.editUserPage,
		"POST /users/{id}/edit":                           c.editUser,
		"POST /users/{id}/state":                          c.setUserState,
		"GET /users/{id}/password":                        c.passwordPage,
		"POST /users/{id}/password":                       c.givePassword,
		"GET /groups/new":                                 c.newGroupPage,
		"POST /groups/new":                                c.addGroup,
		"POST /groups/{id}":                               c.changeGroup,
		"POST /directory-sync/{id}/status":                c.setStatus,
		"GET /directory-sync/{id}/remove":                 c.removePage,
		"POST /directory-sync/{id}/remove":                c.removeAgent,
		"GET /account":                                    c.accountPage,
		"GET /account/second-factor":                      c.turnOnPage,
		"POST /account/second-factor":                     c.turnOn,
		"POST /account/second-factor/off":                 c.turnOff,
		"GET /device":                                     c.devicePage,
		"POST /device":                                    c.decideDevice,
		"GET /users":                                      c.userList,
		"GET /users/{id}":                                 c.userPage,
		"GET /groups":                                     c.groupList,
		"GET /groups/{id}":                                c.groupPage,
		"GET /organizations":                              c.organizationList,
		"GET /provisioning":                               c.policyList,
		"GET /users/provision":                            c.provisionPage,
		"POST /users/provision":                           c.provision,
		"POST /users/{id}/send-again":                     c.sendAgain,
		"GET /organizations/new":                          c.newOrganizationPage,
		"POST /organizations/new":                         c.addOrganization,
		"GET /organizations/{id}":                         c.organizationPage,
		"POST /organizations/{id}/remove":                 c.removeOrganization,
		"POST /organizations/{id}":                        c.saveOrganization,
		"GET /provisioning/new":                           c.newPolicyPage,
		"GET /provisioning/{id}":                          c.policyPage,
		"POST /provisioning":                              c.savePolicy,
		"POST /provisioning/{id}":                         c.savePolicy,
		"POST /provisioning/{id}/remove":                  c.removePolicy,
		"GET /settings/mail":                              c.mailPage,
		"POST /settings/mail/test":                        c.testMail,
		"GET /settings/mail/outbox/{name}":                c.outboxPage,
		"POST /account/recovery-codes":                    c.renewCodes,
		"POST /account/alarms":                            c.setAlarms,
		"POST /account/tokens":                            c.makeToken,
		"POST /account/sessions/end":                      c.endSession,
		"POST /account/sessions/end-others":               c.endOthers,
		"GET /audit":                                      c.auditPage,
		"GET /audit.csv":                                  c.auditCSV,
		"GET /administrators":                             c.administratorList,
		"POST /administrators":                            c.invite,
		"GET /administrators/{id}":                        c.administratorPage,
		"POST /administrators/{id}/role":                  c.setRole,
		"POST /administrators/{id}/lock":                  c.setLocked,
		"POST /administrators/{id}/codes-off":             c.resetCodes,
		"POST /administrators/{id}/invite":                c.inviteAgain,
		"POST /administrators/{id}/remove":                c.removeAdministrator,
		"POST /administrators/{id}/sessions/end":          c.endTheirs,
		"GET /":                                           c.nowhere,
	}
}

// AssetURL is the address of one of the console's assets, for other pages that look alike.
func (c *Console) AssetURL(name string) string { return c.assets.URL(name) }

// Stop ends the live pages.
func (c *Console) Stop() { c.live.stop() }

func (c *Console) home(v *view) error { return v.redirect("/directory-sync") }

func (c *Console) nowhere(*view) error { return tenant.NotFound("page") }
