package portal

import (
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/links"
)

// leastToken is the least length of what may be a token.
const leastToken = 20

// fromLink takes the token of an e-mail's link out of the address, into a cookie of the page that it leads to. It does not use it up:
// programs that look at mails open links too.
func (v *view) fromLink(cookie string, life time.Duration, to string) error {
	if token := v.PathValue("token"); len(token) >= leastToken { // else it is one of our own pages, asked for again
		v.setCookie(cookie, token, life)
	}
	return v.redirect(to)
}

// linkNeeded is what is wrong where a page is opened without its link.
func linkNeeded(email string) error {
	return &problem.Problem{
		Code: links.Ended, Title: "The link from your e-mail is needed", Text: "This page is opened by the link in the " + email + ", and needs cookies.",
		Hint: "Open the link again, or have a new one sent to your e-mail address.",
	}
}
