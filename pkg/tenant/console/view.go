package console

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/controlserver"
)

// maxForm bounds what a page may send: a thousand chosen units and the rest.
const maxForm = 256 << 10

// handler answers one request of somebody who is signed in.
type handler func(*view) error

// view is one request and its page.
type view struct {
	*http.Request
	w       http.ResponseWriter
	console *Console
	session tenant.Session
	program bool // asks by the API, and is answered in JSON
}

// page is what the templates show.
type page struct {
	Title    string
	Section  string // of the navigation
	Tenant   string
	Version  string
	Admin    string
	OfTenant bool // the account is for the whole tenant
	Live     bool // the page keeps itself up to date
	Done     string
	Problem  *problem.Problem // above the page's content
	Now      time.Time
	Content  any
	CSS, JS  string
	Fragment bool
}

// open serves without a session.
func (c *Console) open(do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &view{Request: r.WithContext(audit.Visiting(r.Context(), r.RemoteAddr, r.UserAgent())), w: w, console: c}
		if err := do(v); err != nil {
			v.fail(err)
		}
	}
}

// fail shows an error as a page.
func (v *view) fail(err error) {
	p := problem.Of(err)
	status := controlserver.StatusOf(p.Code)
	if status == http.StatusInternalServerError {
		if v.Context().Err() == nil {
			v.console.Log.Error("a page failed", "method", v.Method, "path", v.URL.Path, "error", err)
		}
		p = &problem.Problem{Title: "This page could not be made", Text: "The fault is the tenant's; its log has the details.", Hint: "Try again in a minute."}
	}
	var wait control.RetryAfter
	if errors.As(err, &wait) {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(time.Duration(wait)/time.Second)))
	}
	if v.program {
		v.tellProblem(p, status)
		return
	}
	if err := v.render(status, "problem", page{Title: p.Title, Content: p}); err != nil {
		v.console.Log.Error("showing a problem failed", "error", err)
	}
}

// show renders a page, or only its live part where the script asked for that. One with a problem above it has the problem's status.
func (v *view) show(name string, p page) error {
	if p.Problem != nil {
		return v.render(controlserver.StatusOf(p.Problem.Code), name, p)
	}
	return v.render(http.StatusOK, name, p)
}

func (v *view) render(status int, name string, p page) error {
	if v.program {
		return v.tell(status, p)
	}
	c := v.console
	p.Tenant, p.Version, p.Admin, p.Now = c.Tenant.Name, c.Version, v.session.Administrator.Email, c.Now()
	p.OfTenant = v.ofTenant()
	p.CSS, p.JS = c.assets.URL("console.css"), c.assets.URL("console.js")
	if p.Done == "" {
		p.Done = doneWords[v.URL.Query().Get("done")]
	}
	block := "layout"
	if p.Live && v.Header.Get("X-Fragment") == "live" {
		block = "live"
	}
	var out bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&out, block, p); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes()) // the browser went away: nobody to tell
	return nil
}

// doneWords say what a form has done, on the page it leads to.
var doneWords = map[string]string{
	"added":         "The agent is added. Its first sync has begun; how it goes appears below by itself.",
	"user-added":    "The Local user is added.",
	"user-saved":    "Saved.",
	"group-saved":   "Saved.",
	"group-removed": "The group is removed. Its members stay.",
	"paused":        "Paused. Nothing is changed in Passly until it is resumed.",
	"enabled":       "Resumed. The agent goes on.",
	"removed":       "The agent is removed here. To take it off its machine, run passly-sync setup there and choose Remove.",
	"saved":         "Saved. The agent has been told.",
	"approved":      "Approved. The agent goes on with these removals.",
	"codes-off":     "One-time codes are off.",
	"undone":        "What stands of this run is being put back, and the agent is held until you let it go on.",
	"sync":          "Asked for a sync. What changes appears below.",

	"alarms-on":               "You are written to when an agent needs somebody.",
	"alarms-off":              "You are not written to any more.",
	"session-ended":           "The session is ended.",
	"sessions-ended":          "You are signed out everywhere else.",
	"invited":                 "The invitation is sent. Its link works once, for 24 hours.",
	"joined":                  "Your password is saved. Sign in with it.",
	"administrator-role":      "The role is changed, and the account signed out everywhere.",
	"administrator-locked":    "Locked, and signed out everywhere.",
	"administrator-unlocked":  "Unlocked.",
	"administrator-codes-off": "Two-factor is off. The password alone signs in, until it is turned on again.",
	"administrator-removed":   "The administrator is removed.",

	"policy-saved":   "Saved. Agents with this policy go by it from now on.",
	"policy-removed": "Removed.",

	"organization":         "Saved. New passwords and Local users are held to it from now on.",
	"organization-added":   "The organization is added. Agents and Local users can be put into it.",
	"organization-removed": "The organization is removed.",

	"mail-sent":  "The test e-mail is on its way.",
	"send-again": "The enrolment e-mail is sent again within seconds.",
}

func (v *view) redirect(to string) error {
	if v.program {
		return v.tellDone(to)
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// agentID reads the id in the path.
func (v *view) pathID(what string) (tenant.ID, error) {
	id, err := tenant.ParseID(v.PathValue("id"))
	if err != nil {
		return 0, tenant.NotFound(what)
	}
	return id, nil
}

// readForm reads the address and the form.
func (v *view) readForm() error {
	if err := v.ParseForm(); err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "The form could not be read", Hint: "Go back and try again.", Err: err}
	}
	return nil
}

// maxSearch bounds what is searched for, in bytes.
const maxSearch = 200

// searched is what somebody searches for, cut to what is looked at.
func searched(text string, most int) string {
	text = strings.TrimSpace(text)
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
