package scim

import (
	"net/url"
	"strconv"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// kindOfAddress is what an address is of, in words.
type kindOfAddress struct{ of, example string }

var (
	serviceURL = kindOfAddress{"SCIM service", "https://scim.example.com/scim/v2"}
	tokenURL   = kindOfAddress{"token endpoint", "https://login.example.com/oauth2/token"}
)

// ServiceURL reads the address of a service as people write it, and refuses one to which a token must not be sent: plain HTTP to
// another machine, unless that was asked for.
func ServiceURL(text string, plain bool) (string, error) { return serviceURL.read(text, plain) }

func (k kindOfAddress) read(text string, plain bool) (string, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "/")
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err == nil {
		u.Host = strings.ToLower(u.Host)
	}
	op := "reading the address of the " + k.of
	bad := func(title, hint string) (string, error) {
		return "", &problem.Problem{Code: problem.Invalid, Title: title, Hint: hint, Op: op}
	}
	switch {
	case err != nil || u.Hostname() == "":
		return bad(strconv.Quote(text)+" is no address of a "+k.of, "Give it like "+k.example+".")
	case u.User != nil:
		return bad("The address of the "+k.of+" holds a name or password", "Leave them out: the service is signed in to with the token alone.")
	case u.RawQuery != "" || u.Fragment != "":
		return bad("The address of the "+k.of+" goes on after its path", "Leave out what follows the ? or #.")
	case u.Scheme == "https", u.Scheme == "http" && (plain || control.Loopback(u.Hostname())):
		return canonical(u), nil
	case u.Scheme == "http":
		p := &problem.Problem{
			Code: problem.TLS, Title: "Plain HTTP to another machine is refused", Op: op,
			Text: "Everybody on the way could read the token, and all that is synced.",
			Hint: "Use an address that begins with https://. Where that cannot be, and the way is safe, say so with --scim-plain-http.",
		}
		return "", p
	}
	return bad("The address of the "+k.of+" is not one of HTTPS", "Give it like "+k.example+".")
}

// canonical spells an address in one way: set up again for the same service, an agent stays who it is.
func canonical(u *url.URL) string {
	if port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; strings.HasSuffix(u.Host, port) {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	return u.String()
}
