package ad

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// untrusted says why TLS with the server called name failed.
func untrusted(name string, err error) error {
	var (
		record  tls.RecordHeaderError
		network net.Error
	)
	if errors.Is(err, io.EOF) || errors.As(err, &network) {
		return unreachable("starting TLS with the directory", err)
	}
	p := &problem.Problem{
		Code: directory.Untrusted, Op: "starting TLS with the directory", Err: err,
		Title: "The connection to the directory cannot be trusted",
		Text:  "The password was not sent.",
		Hint:  "Check that the address is the domain controller's and that its certificate for LDAP is valid.",
	}
	if errors.As(err, &record) {
		p.Title = "What answers there does not speak TLS"
		p.Hint = "Use ldaps:// with port 636, or ldap:// with port 389 for StartTLS."
	}
	aboutCertificate(p, name, err)
	return p
}

// aboutCertificate says what is wrong with the certificate, where that is what failed.
func aboutCertificate(p *problem.Problem, name string, err error) {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown):
		p.Title = "The directory's certificate is signed by a CA that is not trusted here"
		p.Text = trust.Words(trust.Shown(err)) + " " + p.Text
		p.Hint = "Give the domain's CA certificate (PEM) when setup asks, or by --directory-ca FILE."
	case errors.As(err, &host):
		p.Title = fmt.Sprintf("The directory's certificate is not for the name %s", name)
		p.Hint = otherNames(host.Certificate)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		outOfTime(p, invalid.Cert, time.Now())
	}
}

func otherNames(cert *x509.Certificate) string {
	switch {
	case cert == nil:
	case len(cert.DNSNames) > 0:
		return "Use a name that its certificate is for: " + strings.Join(cert.DNSNames, ", ") + "."
	case len(cert.IPAddresses) == 0: // Samba's own, made at the first start
		return "It names no host at all (subjectAltName), as the one that Samba makes itself. Give the domain controller one with its full DNS name."
	}
	return "Use the domain controller's full DNS name as the address; its certificate lists the names it is for."
}

func outOfTime(p *problem.Problem, cert *x509.Certificate, now time.Time) {
	const day = "2 January 2006 15:04 MST"
	p.Title = "The directory's certificate has expired"
	p.Hint = "Have it renewed on the domain controller. If it is younger than that, check the clocks of both machines."
	if cert == nil {
		return
	}
	p.Text = "It was valid until " + cert.NotAfter.Format(day) + ". " + p.Text
	if now.Before(cert.NotBefore) {
		p.Title = "The directory's certificate is not valid yet"
		p.Text = "It is valid from " + cert.NotBefore.Format(day) + " on, and here it is " + now.Format(day) + ". The password was not sent."
		p.Hint = "Check the clocks of both machines."
	}
}
