package preflight

import (
	"context"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"passlysync/pkg/problem"
)

// ports says whether the ports answer that the agent needs: the directory's, and the tenant's where it is known.
func (l *look) ports(ctx context.Context) Result {
	return worse(l.directoryPort(ctx), l.tenantPort(ctx))
}

func (l *look) directoryPort(ctx context.Context) Result {
	err := l.reach(ctx)
	if r, ok := skipped(err); ok {
		return r
	}
	at, _ := l.find(ctx)
	if err != nil {
		return bad(Warning, portOf(at)+" does not answer", problem.Of(err))
	}
	if seen, err := l.trust(ctx); err != nil || !seen.sealed {
		return passed(portOf(at))
	}
	return l.centrePort(ctx, portOf(at))
}

// centrePort looks at Kerberos' port, which is needed where there is no TLS.
func (l *look) centrePort(ctx context.Context, directory string) Result {
	at, _ := l.find(ctx)
	centre := net.JoinHostPort(hostOf(at), "88")
	if err := l.knock(ctx, centre); err != nil {
		return bad(Warning, centre+" does not answer", &problem.Problem{
			Code: problem.Unreachable, Title: "The domain controller's Kerberos, " + centre + ", cannot be reached", Text: problem.Reason(err) + ".",
			Hint: "It has no certificate, so Kerberos is needed: let port 88 (TCP) through, or give it a certificate for LDAPS.", Err: err,
		})
	}
	return passed(directory + " and 88")
}

// tenantPort is the zero Result where there is nothing to say.
func (l *look) tenantPort(ctx context.Context) Result {
	if l.Tenant == "" {
		return Result{}
	}
	at := portOf(l.Tenant)
	if proxy, err := l.proxyFor(l.Tenant); proxy != nil || err != nil {
		return passed(at + " by the proxy")
	}
	if err := l.knock(ctx, at); err != nil {
		return bad(Warning, at+" does not answer", &problem.Problem{
			Code: problem.Unreachable, Title: "The tenant's " + at + " cannot be reached", Text: problem.Reason(err) + ".",
			Hint: "Allow outbound HTTPS to it in the firewall, or set HTTPS_PROXY where a proxy is needed to get out.", Err: err,
		})
	}
	return passed(at)
}

// knock connects and hangs up.
func (l *look) knock(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, stepIn)
	defer cancel()
	dialer := net.Dialer{Resolver: l.Resolver}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// proxyFor gives the proxy by which an address is reached; nil: directly. The agent's HTTP client decides by the same rules.
func (l *look) proxyFor(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	config := httpproxy.Config{
		HTTPProxy: l.either("HTTP_PROXY"), HTTPSProxy: l.either("HTTPS_PROXY"), NoProxy: l.either("NO_PROXY"),
	}
	return config.ProxyFunc()(u)
}

// either gives a variable in capitals, else the same in small letters.
func (l *look) either(name string) string {
	if value := l.Environ(name); value != "" {
		return value
	}
	return l.Environ(strings.ToLower(name))
}

// worse joins what was found of the domain controller and of the tenant. The details of both are said; the words are those of
// the one that is worse.
func worse(one, other Result) Result {
	ranks := map[State]int{Skipped: 1, Passed: 2, Warning: 3, Failed: 4}
	joined := one
	if ranks[other.State] > ranks[one.State] {
		joined = other
	}
	details := []string{one.Detail, other.Detail}
	if one.State == Skipped && other.State != "" {
		details = []string{other.Detail, "directory " + one.Detail}
	}
	joined.Detail = strings.Trim(strings.Join(details, ", "), ", ")
	return joined
}
