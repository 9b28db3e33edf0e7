package preflight

import (
	"context"
	"net/url"
	"strings"

	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/service"
)

// proxy says by which proxy the tenant is reached, whether it answers, and whether the service will know it. The password in
// its address is never shown.
func (l *look) proxy(ctx context.Context) Result {
	name := "HTTPS_PROXY"
	if l.Environ(name) == "" {
		name = strings.ToLower(name)
	}
	value := l.Environ(name)
	if value == "" {
		return passed("none")
	}
	u, err := proxyURL(value)
	if err != nil {
		return bad(Warning, name, &problem.Problem{
			Code: problem.Invalid, Title: name + " cannot be read", Text: "It is no address, so nothing can go out by it.", Hint: "Write it as http://proxy.example.com:3128, or unset it.",
		})
	}
	at := portOf(u.String())
	if l.Tenant != "" {
		if by, err := l.proxyFor(l.Tenant); err == nil && by == nil {
			return passed("not for " + hostOf(l.Tenant) + " (NO_PROXY)")
		}
	}
	if err := l.knock(ctx, at); err != nil {
		return bad(Warning, at+" does not answer", &problem.Problem{
			Code: problem.Unreachable, Title: "The proxy " + at + " cannot be reached", Text: problem.Reason(err) + ".",
			Hint: "Correct " + name + ", or put the tenant into NO_PROXY where it is reached directly.", Err: err,
		})
	}
	if p := l.proxyPassword(ctx, name); p != nil {
		return bad(Warning, at, p)
	}
	return passed(at)
}

// proxyURL reads the address of a proxy, in which the scheme may be missing.
func proxyURL(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err == nil && u.Hostname() == "" {
		err = &url.Error{Op: "parse", URL: "the proxy", Err: url.InvalidHostError("")}
	}
	return u, err
}

// secretEnvironment is where an administrator keeps what the unit must not hold.
const secretEnvironment = "/etc/passly-sync-proxy.env"

// proxyPassword says how to give the service a proxy with a password, which setup does not write into what everybody can read.
func (l *look) proxyPassword(ctx context.Context, name string) *problem.Problem {
	_, heldBack := service.ProxyEnvironment(l.Environ)
	if len(heldBack) == 0 || l.Service == nil {
		return nil
	}
	if installed, ok := l.Service.Standing(ctx); ok && installed.EnvironmentFile {
		return nil
	}
	p := &problem.Problem{
		Code: problem.Forbidden, Title: "The proxy's password is not given to the agent's service",
		Text: "Everybody on this machine could read it there.",
		Hint: "Give the service a proxy that lets this machine through without a password.",
	}
	if l.Facts.OS != host.Windows {
		p.Hint = "install -m 600 /dev/null " + secretEnvironment + "; write the line " + name + "=… into it; then systemctl edit " +
			service.Name + ", with the lines [Service] and EnvironmentFile=" + secretEnvironment
	}
	return p
}
