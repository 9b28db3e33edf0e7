package console

import (
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/signin"
)

// tokenView is the page with a new API token, which is shown once.
type tokenView struct {
	Name, Token string
	Expires     time.Time
	Example     string // a command that uses it
}

// makeToken makes an API token.
func (c *Console) makeToken(v *view) error {
	days, err := strconv.Atoi(strings.TrimSpace(v.PostFormValue("days")))
	if err != nil {
		return c.accountAgain(v, &problem.Problem{Code: problem.Invalid, Title: "That is no number of days", Text: "Nothing was made.", Hint: "Use a whole number.", Err: err})
	}
	token, made, err := c.Desk.APIToken(v.Context(), v.attempt(), v.PostFormValue("name"), days)
	if err != nil {
		return c.accountAgain(v, err)
	}
	c.Log.Info("an API token was made", "name", made.Browser, "expires", made.Expires, "by", v.session.Administrator.Email)
	shown := tokenView{Name: made.Browser, Token: token, Expires: made.Expires, Example: v.origin() + api.Prefix + "/users"}
	return v.show("api-token", page{Title: "A new API token", Section: "account", Content: shown})
}

// DefaultDays is how long a token lives where nobody says otherwise.
func (accountView) DefaultDays() int { return signin.DefaultTokenDays }

// MaxDays is how long it may live at most.
func (accountView) MaxDays() int { return signin.MaxTokenDays }

// origin is where the console is, as the browser names it.
func (v *view) origin() string {
	if v.TLS != nil {
		return "https://" + v.Host
	}
	return "http://" + v.Host
}
