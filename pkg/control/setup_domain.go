package control

import (
	"net"
	"net/url"
	"strings"

	"passlysync/pkg/problem"
)

// hostedSuffix completes a bare name: acme is acme.my.passly.com.
const hostedSuffix = ".my.passly.com"

// Candidates gives the base URLs that a Passly domain as people write it may stand for, in the order in which to try
// them: acme, a host, a host with port, or a URL. It is HTTPS always, but for plain HTTP on loopback addresses.
func Candidates(domain string) ([]string, error) {
	domain = strings.TrimSpace(domain)
	if domain == "" {
		return nil, badDomain("The Passly domain is empty")
	}
	if !strings.Contains(domain, "://") {
		return candidatesOfHost(domain)
	}
	u, err := url.Parse(domain)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, badDomain("That address cannot be read")
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme == "https" || scheme == "http" && Loopback(u.Hostname()) {
		return hostBases(u.Host, scheme)
	}
	if scheme == "http" {
		return nil, &problem.Problem{
			Code: problem.TLS, Title: "Plain HTTP is refused", Text: "Only this machine itself may be reached without TLS.",
			Hint: "Write the address with https://, or only the host's name.", Op: "reading the Passly domain",
		}
	}
	return nil, badDomain("A Passly domain is not a " + scheme + " address")
}

func candidatesOfHost(domain string) ([]string, error) {
	host, _, _ := strings.Cut(domain, "/")
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	switch {
	case Loopback(strings.Trim(name, "[]")):
		return hostBases(host, "https", "http")
	case !strings.ContainsAny(host, ".:"):
		return hostBases(host+hostedSuffix, "https")
	}
	return hostBases(host, "https")
}

func hostBases(host string, schemes ...string) ([]string, error) {
	bases := make([]string, 0, len(schemes))
	for _, scheme := range schemes {
		u, err := url.Parse(scheme + "://" + strings.ToLower(host))
		if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Host, " ,;?#@\\") {
			return nil, badDomain("That is not a Passly domain")
		}
		bases = append(bases, u.Scheme+"://"+u.Host)
	}
	return bases, nil
}

func badDomain(title string) error {
	return &problem.Problem{
		Code: problem.Invalid, Title: title, Op: "reading the Passly domain",
		Text: "It is the address at which you sign in to Passly.",
		Hint: "Write your tenant's name (acme) or its whole address (acme.my.passly.com).",
	}
}
