package control

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// Winsock's own numbers; Go's syscall constants of these names are inventions on Windows and never match.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

// reachError puts why a connection failed into words. A cancelled ctx is no problem: its error comes back as it is.
func reachError(ctx context.Context, to *url.URL, err error) error {
	op := "connecting to " + to.Host
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", op, context.Canceled)
	}
	var told *problem.Problem
	if errors.As(err, &told) {
		return told
	}
	for _, explain := range []func(*url.URL, error) *problem.Problem{proxyProblem, nameProblem, tlsProblem, networkProblem} {
		if p := explain(to, err); p != nil {
			p.Op, p.Err = op, err
			return p
		}
	}
	return &problem.Problem{
		Code: problem.Unreachable, Title: "The connection to " + to.Host + " failed", Text: cause(err),
		Hint: "Check the network, then try again.", Op: op, Err: err,
	}
}

// cause leaves out the method and address that net/http puts before the reason.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// proxyAnswer is a proxy's refusal to pass a connection on.
type proxyAnswer struct{ status string }

func (e proxyAnswer) Error() string { return "the proxy answered " + e.status }

func proxyProblem(to *url.URL, err error) *problem.Problem {
	var refused proxyAnswer
	if errors.As(err, &refused) {
		return &problem.Problem{
			Code: problem.Unreachable, Title: "The proxy does not let this machine out to " + to.Host,
			Text: "It answered “" + refused.status + "”.",
			Hint: "Have " + to.Host + " allowed on the proxy. One that wants a name and a password gets them in HTTPS_PROXY.",
		}
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "proxyconnect" {
		return nil
	}
	return &problem.Problem{
		Code: problem.Unreachable, Title: "The proxy cannot be reached",
		Text: "The environment names a proxy (HTTPS_PROXY), and it does not answer.",
		Hint: "Correct HTTPS_PROXY, or put this host into NO_PROXY.",
	}
}

func nameProblem(to *url.URL, err error) *problem.Problem {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return nil
	}
	if dns.IsNotFound {
		return &problem.Problem{
			Code: problem.Unreachable, Title: "No host is called " + to.Hostname(),
			Text: "The name is not known to this machine's name servers.",
			Hint: "Check the spelling. Behind a private DNS, check that this machine asks it.",
		}
	}
	return &problem.Problem{
		Code: problem.Unreachable, Title: "The name " + to.Hostname() + " could not be looked up",
		Text: "The name servers of this machine did not answer.",
		Hint: "Check this machine's network and DNS settings, then try again.",
	}
}

func networkProblem(to *url.URL, err error) *problem.Problem {
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	var timeout net.Error
	switch {
	case is(syscall.ECONNREFUSED, wsaRefused):
		return &problem.Problem{
			Code: problem.Unreachable, Title: to.Host + " refuses the connection",
			Text: "The machine is there, but nothing listens on that port.",
			Hint: "Check the port, and that the tenant is running.",
		}
	case is(syscall.EHOSTUNREACH, syscall.ENETUNREACH, wsaHostUnreachable, wsaNetUnreachable):
		return &problem.Problem{
			Code: problem.Unreachable, Title: "There is no way to " + to.Host + " from here",
			Text: "The network has no route to it.", Hint: "Check this machine's network connection and gateway.",
		}
	case is(context.DeadlineExceeded, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &problem.Problem{
			Code: problem.Unreachable, Title: to.Host + " did not answer in time",
			Text: "A firewall may swallow the connection, or a proxy is needed to get out.",
			Hint: "Allow outbound HTTPS to it, or set HTTPS_PROXY, then try again.",
		}
	}
	return nil
}

func tlsProblem(to *url.URL, err error) *problem.Problem {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownAuthority(to, trust.Shown(err))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outOfTime(to, invalid.Cert, time.Now())
	case errors.As(err, &name):
		return wrongName(to, name.Certificate)
	case errors.As(err, &invalid):
		return &problem.Problem{
			Code: problem.TLS, Title: "The certificate of " + to.Host + " cannot be used", Text: invalid.Error(),
			Hint: "Have the certificate of the tenant replaced.",
		}
	case speaksNoTLS(err):
		return &problem.Problem{
			Code: problem.TLS, Title: to.Host + " does not speak TLS",
			Text: "Something answers on that port, but not HTTPS.", Hint: "Check the port; HTTPS is usually 443.",
		}
	}
	return nil
}

// speaksNoTLS reports whether something answered that is not TLS; net/http has words of its own for its favourite case.
func speaksNoTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || err != nil && strings.Contains(err.Error(), http.ErrSchemeMismatch.Error())
}

func unknownAuthority(to *url.URL, cert *x509.Certificate) *problem.Problem {
	return &problem.Problem{
		Code: problem.TLS, Title: "The certificate of " + to.Host + " comes from an authority that is not trusted here",
		Text: trust.Words(cert),
		Hint: "If that is your own authority, give its certificate with --ca FILE. Otherwise something sits in between: stop here.",
	}
}

func outOfTime(to *url.URL, cert *x509.Certificate, now time.Time) *problem.Problem {
	p := &problem.Problem{
		Code: problem.TLS, Title: "The certificate of " + to.Host + " has expired",
		Text: "It is not valid at this machine's time, " + now.Format("2 January 2006 15:04 MST") + ".",
		Hint: "Check this machine's clock. If it is right, the tenant needs a new certificate.",
	}
	if cert != nil && now.Before(cert.NotBefore) {
		p.Title = "The certificate of " + to.Host + " is not valid yet"
	}
	return p
}

func wrongName(to *url.URL, cert *x509.Certificate) *problem.Problem {
	p := &problem.Problem{
		Code: problem.TLS, Title: "The certificate is not for " + to.Hostname(),
		Text: "Another server may be answering.",
		Hint: "Use the name that the certificate is for, or check where the name leads.",
	}
	if cert != nil && len(cert.DNSNames) > 0 {
		shown := cert.DNSNames[:min(3, len(cert.DNSNames))]
		p.Text = "It is for " + strings.Join(shown, ", ") + ". " + p.Text
	}
	return p
}
