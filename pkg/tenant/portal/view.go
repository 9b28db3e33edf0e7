package portal

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
	"passlysync/pkg/tenant/links"
)

// handler answers one request.
type handler func(*view) error

// view is one request and its page.
type view struct {
	*http.Request
	w       http.ResponseWriter
	portal  *Portal
	session tenant.PersonSession // of who is signed in
}

// page is what the templates show.
type page struct {
	Title, Tenant      string
	CSS, OwnCSS, OwnJS string
	Done               string
	Problem            *problem.Problem
	Content            any
}

// cookie names. With TLS they carry the browser's own guarantee: Secure, Path=/, no Domain.
const (
	enrolCookie = "passly-enrol"
	meCookie    = "passly-me"
)

func (v *view) cookieName(name string) string {
	if v.TLS != nil {
		return "__Host-" + name
	}
	return name
}

func (v *view) setCookie(name, value string, life time.Duration) {
	seconds := int(life / time.Second)
	if value == "" {
		seconds = -1
	}
	http.SetCookie(v.w, &http.Cookie{
		Name: v.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

// token gives a cookie's value; empty: there is none.
func (v *view) token(name string) string {
	cookie, err := v.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (p *Portal) open(do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &view{Request: r.WithContext(audit.Visiting(r.Context(), r.RemoteAddr, r.UserAgent())), w: w, portal: p}
		if err := do(v); err != nil {
			v.fail(err)
		}
	}
}

// signedIn serves those who have a session for the own pages, due those who have to choose another password first. Others are sent to
// sign in.
func (p *Portal) signedIn(do handler) handler { return p.within(tenant.ForOwnPages, do) }

func (p *Portal) due(do handler) handler { return p.within(tenant.ForNewPassword, do) }

func (p *Portal) within(purpose tenant.PersonPurpose, do handler) handler {
	return func(v *view) (err error) {
		v.session, err = p.Desk.Session(v.Context(), v.token(meCookie), purpose)
		if problem.Is(err, problem.Unauthorized) {
			return v.redirect("/me/sign-in")
		}
		if err != nil {
			return err
		}
		return do(v)
	}
}

func (v *view) redirect(to string) error {
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// statusOf knows the codes of links beside the usual ones.
func statusOf(code problem.Code) int {
	if code == links.Ended || code == links.Used {
		return http.StatusGone
	}
	return controlserver.StatusOf(code)
}

// endedView says why a link does not work, and of which kind it was.
type endedView struct {
	*problem.Problem
	Reset bool
}

// fail shows an error as a page. The log gets the route, never the address: that may hold a token.
func (v *view) fail(err error) {
	p := problem.Of(err)
	status := statusOf(p.Code)
	switch {
	case status == http.StatusGone:
		v.render(status, "ended", page{Title: p.Title, Content: endedView{p, strings.HasPrefix(v.URL.Path, resetPath)}})
		return
	case status == http.StatusInternalServerError:
		if v.Context().Err() == nil {
			v.portal.Log.Error("a page failed", "page", v.Pattern, "error", err)
		}
		p = &problem.Problem{Title: "This page could not be made", Text: "The fault is not yours.", Hint: "Try again in a minute."}
	}
	v.waits(err)
	v.render(status, "problem", page{Title: p.Title, Content: p})
}

// again shows a form with what was wrong with its answers. Other faults are none of the form's.
func (v *view) again(name string, p page, err error) error {
	p.Problem = problem.Of(err)
	status := statusOf(p.Problem.Code)
	if status == http.StatusInternalServerError || status == http.StatusGone {
		return err
	}
	v.waits(err)
	v.render(status, name, p)
	return nil
}

func (v *view) waits(err error) {
	var wait control.RetryAfter
	if errors.As(err, &wait) {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(time.Duration(wait)/time.Second)))
	}
}

func (v *view) show(name string, p page) error {
	v.render(http.StatusOK, name, p)
	return nil
}

func (v *view) render(status int, name string, p page) {
	p.Tenant, p.CSS = v.portal.Tenant.Name, v.portal.CSS
	p.OwnCSS, p.OwnJS = v.portal.assets.URL("portal.css"), v.portal.assets.URL("portal.js")
	var out bytes.Buffer
	if err := v.portal.pages[name].ExecuteTemplate(&out, "layout", p); err != nil {
		v.portal.Log.Error("showing a page failed", "page", name, "error", err)
		http.Error(v.w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes()) // the browser went away: nobody to tell
}
