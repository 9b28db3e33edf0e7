package console

import (
	"net/http"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/administrators"
	"passlysync/pkg/tenant/signin"
)

// joinPath is where invitations lead; the token follows it, and is put into a cookie at once.
const joinPath = "/join"

func joinCookie(r *http.Request) string { return cookieName(r) + "-join" }

// openInvitation takes the token out of the address. It does not use it up: programs that look at mails open links too.
func (c *Console) openInvitation(v *view) error {
	http.SetCookie(v.w, &http.Cookie{
		Name: joinCookie(v.Request), Value: v.PathValue("token"), Path: "/", MaxAge: int(administrators.InvitationLife.Seconds()),
		HttpOnly: true, Secure: v.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
	return v.redirect(joinPath)
}

// invited gives the token and who it is for. Wrong ones are slowed down for each network.
func (c *Console) invited(v *view) (string, tenant.Administrator, error) {
	token := ""
	if cookie, err := v.Cookie(joinCookie(v.Request)); err == nil {
		token = cookie.Value
	}
	network := signin.Network(v.RemoteAddr)
	if err := c.misses.Refused(network); err != nil {
		return "", tenant.Administrator{}, err
	}
	a, err := administrators.Invited(v.Context(), c.Store, token, c.Now())
	if problem.Is(err, problem.NotFound) {
		if slow := c.misses.Admit(network); slow != nil {
			err = slow
		}
	}
	return token, a, err
}

func (c *Console) joinPage(v *view) error {
	_, a, err := c.invited(v)
	if err != nil {
		return err
	}
	return v.show("join", page{Title: "Choose a password", Content: a})
}

// join stores the password that an invited administrator chose.
func (c *Console) join(v *view) error {
	token, a, err := c.invited(v)
	if err != nil {
		return err
	}
	password := v.PostFormValue("password")
	err = signin.CheckNewPassword(password)
	if err == nil && password != v.PostFormValue("again") {
		err = &problem.Problem{Code: problem.Invalid, Title: "The two passwords are not the same", Text: "Nothing was saved.", Hint: "Type the same password into both fields."}
	}
	if err != nil {
		return v.again("join", page{Title: "Choose a password", Content: a}, err)
	}
	hash, err := c.Desk.Hashing().Hash(v.Context(), password)
	if err != nil {
		return err
	}
	if a, err = administrators.Join(v.Context(), c.Store, token, hash, c.Now()); err != nil {
		return err
	}
	c.Log.Info("an administrator accepted the invitation", "email", a.Email)
	http.SetCookie(v.w, &http.Cookie{Name: joinCookie(v.Request), Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.TLS != nil, SameSite: http.SameSiteLaxMode})
	return v.redirect("/sign-in?done=joined")
}
