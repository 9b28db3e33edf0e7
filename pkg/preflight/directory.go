package preflight

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// soon is when a certificate that ends is worth a warning.
const soon = 30 * 24 * time.Hour

// directory looks whether the domain controller's name resolves, its port answers and its certificate can be trusted.
// Nothing is sent but the handshake.
func (s Settings) directory(ctx context.Context) Result {
	u, err := url.Parse(s.Directory)
	if s.Directory == "" || err != nil || u.Hostname() == "" {
		return passed("asked later")
	}
	if u.Scheme != "ldaps" {
		return passed(u.Host + ", looked at with the account")
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "636")
	}
	result := s.handshake(ctx, address, u.Hostname())
	if result.State == Passed {
		result.Found.Directory = s.Directory
	}
	return result
}

func (s Settings) handshake(ctx context.Context, address, name string) Result {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return bad(Warning, address, &problem.Problem{
			Code: problem.Unreachable, Title: "The domain controller does not answer at " + address, Text: err.Error() + ".",
			Hint: "Check the name, that it runs, and that a firewall lets LDAPS through.", Err: err,
		})
	}
	defer conn.Close()
	roots, _ := trust.Roots(s.DirectoryCA) // where it holds no certificate, the question about the directory says so
	client := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: roots, MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(ctx); err != nil {
		return bad(Warning, address, untrusted(address, err))
	}
	return certified(client.ConnectionState().PeerCertificates[0], address, time.Now())
}

func certified(cert *x509.Certificate, address string, now time.Time) Result {
	until := cert.NotAfter.Format("2 January 2006")
	if cert.NotAfter.Sub(now) > soon {
		return passed(address + ", certificate valid until " + until)
	}
	return bad(Warning, address, &problem.Problem{
		Code: problem.TLS, Title: "The domain controller's certificate ends on " + until,
		Text: "After that the agent cannot read the directory.", Hint: "Have it renewed on the domain controller.",
	})
}

func untrusted(address string, err error) *problem.Problem {
	p := &problem.Problem{
		Code: problem.TLS, Title: "The certificate of " + address + " is not trusted here", Text: err.Error() + ".",
		Hint: "Have its authority's certificate (PEM) at hand: setup asks for it, or give it with --directory-ca FILE.", Err: err,
	}
	if cert := shown(err); cert != nil {
		sum := sha256.Sum256(cert.Raw)
		p.Text = "It was issued by " + cert.Issuer.String() + ". Its SHA-256 is " + hex.EncodeToString(sum[:]) + "."
	}
	return p
}

// shown is the certificate that a failed verification was about.
func shown(err error) *x509.Certificate {
	var failed *tls.CertificateVerificationError
	if errors.As(err, &failed) && len(failed.UnverifiedCertificates) > 0 {
		return failed.UnverifiedCertificates[0]
	}
	return nil
}
