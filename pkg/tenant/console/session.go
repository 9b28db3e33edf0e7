package console

import (
	"net/http"
	"net/url"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/controlserver"
	"passlysync/pkg/tenant/signin"
)

// cookieName carries the browser's own guarantee (Secure, Path=/, no Domain) where there is TLS.
func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-passly"
	}
	return "passly"
}

// signedIn serves those who have a session and sends others to sign in.
func (c *Console) signedIn(do handler) http.HandlerFunc {
	return c.open(func(v *view) error {
		cookie, err := v.Cookie(cookieName(v.Request))
		if err != nil {
			return v.toSignIn()
		}
		v.session, err = c.Desk.Session(v.Context(), cookie.Value, tenant.ForConsole)
		if problem.Is(err, problem.Unauthorized) {
			return v.toSignIn()
		}
		if err != nil {
			return err
		}
		v.Request = v.WithContext(audit.As(v.Context(), audit.BeingAdministrator(v.Context(), v.session.Administrator)))
		if err := v.permitted(); err != nil {
			return err
		}
		return do(v)
	})
}

// permitted refuses what the account's role or organization does not allow. It is all that stands before pages and API.
func (v *view) permitted() error {
	if err := v.mayChange(); err != nil {
		return err
	}
	return v.within()
}

// ownAccount is what everybody may change; administratorsPath, what owners may.
const (
	ownAccount         = "/account/"
	administratorsPath = "/administrators"
)

// mayChange refuses a reader's writes, whatever page they come from, and those of all but owners to administrators.
func (v *view) mayChange() error {
	reads := v.Method == http.MethodGet || v.Method == http.MethodHead
	if reads || v.URL.Path == "/sign-out" || strings.HasPrefix(v.URL.Path, ownAccount) {
		return nil
	}
	if v.URL.Path == administratorsPath || strings.HasPrefix(v.URL.Path, administratorsPath+"/") {
		return signin.MayAdminister(v.session.Administrator)
	}
	return signin.MayChange(v.session.Administrator)
}

// toSignIn remembers where a page was wanted. What a script asks for gets a plain answer.
func (v *view) toSignIn() error {
	if v.Header.Get("X-Fragment") != "" || v.URL.Path == "/live" {
		http.Error(v.w, "sign in", http.StatusUnauthorized)
		return nil
	}
	to := "/sign-in"
	if v.Method == http.MethodGet && v.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(v.URL.RequestURI())
	}
	return v.redirect(to)
}

// signInForm is what the sign-in page shows.
type signInForm struct {
	Email, Next string
}

func (c *Console) signInPage(v *view) error {
	return v.show("sign-in", page{Title: "Sign in", Content: signInForm{Next: localPath(v.URL.Query().Get("next"))}})
}

func (c *Console) signIn(v *view) error {
	form := signInForm{Email: v.PostFormValue("email"), Next: localPath(v.PostFormValue("next"))}
	token, session, err := c.Desk.SignIn(v.Context(), signin.Attempt{
		Email: form.Email, Password: v.PostFormValue("password"), From: v.RemoteAddr, Purpose: tenant.ForConsole,
	})
	if err != nil {
		return v.again("sign-in", page{Title: "Sign in", Content: form}, err)
	}
	if session.Purpose == tenant.ForSecondStep {
		return v.show("sign-in-code", page{Title: "One-time code", Content: codeForm{Step: token, Next: form.Next}})
	}
	v.setCookie(token, int(session.Expires.Sub(session.Created).Seconds()))
	return v.redirect(form.Next)
}

// codeForm is what the second step of signing in shows. Step says that the password was right; it is good for nothing else.
type codeForm struct {
	Step, Next string
}

// signInCode is the second step, for accounts with one-time codes.
func (c *Console) signInCode(v *view) error {
	form := codeForm{Step: v.PostFormValue("step"), Next: localPath(v.PostFormValue("next"))}
	token, session, err := c.Desk.Confirm(v.Context(), form.Step, v.PostFormValue("code"))
	if problem.Is(err, problem.Unauthorized) {
		late := &problem.Problem{Code: problem.Unauthorized, Title: "That took too long", Text: "The code has to follow the password within five minutes.", Hint: "Sign in again."}
		return v.again("sign-in", page{Title: "Sign in", Content: signInForm{Next: form.Next}}, late)
	}
	if err != nil {
		return v.again("sign-in-code", page{Title: "One-time code", Content: form}, err)
	}
	v.setCookie(token, int(session.Expires.Sub(session.Created).Seconds()))
	return v.redirect(form.Next)
}

// again shows a form with what was wrong with its answers. Faults that are not the answers' are none of the form's.
func (v *view) again(name string, p page, err error) error {
	p.Problem = problem.Of(err)
	if status := controlserver.StatusOf(p.Problem.Code); status != http.StatusInternalServerError {
		return v.render(status, name, p)
	}
	return err
}

func (c *Console) signOut(v *view) error {
	cookie, err := v.Cookie(cookieName(v.Request))
	if err == nil {
		if err := c.Desk.SignOut(v.Context(), cookie.Value); err != nil {
			return err
		}
	}
	v.setCookie("", -1)
	return v.redirect("/sign-in")
}

func (v *view) setCookie(token string, seconds int) {
	http.SetCookie(v.w, &http.Cookie{
		Name: cookieName(v.Request), Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

// localPath keeps a redirect on this origin.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/directory-sync"
	}
	return path
}
