package main

import (
	"crypto/tls"
	"net"
	"net/url"
	"os"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/trust"
)

// mailFlags say how e-mails go out and what their links begin with.
type mailFlags struct {
	PublicURL        string `name:"public-url" help:"Where people reach the tenant, for links in e-mails, such as https://acme.my.passly.com. Default: the certificate's name, or this machine." placeholder:"URL"`
	SMTP             string `name:"smtp" help:"SMTP server for enrolment e-mails, such as smtp://user@mail.example.com:587 (STARTTLS) or smtps://… (TLS). Without it they are written into the outbox folder." placeholder:"URL"`
	SMTPFrom         string `name:"smtp-from" help:"Address that e-mails come from." placeholder:"EMAIL"`
	SMTPPasswordFile string `name:"smtp-password-file" help:"File with the SMTP user's password in its first line." placeholder:"FILE"`
	SMTPCA           string `name:"smtp-ca" help:"Certificates (PEM) to trust for the SMTP server beside the system's." placeholder:"FILE"`
}

// fill puts the flags into the options.
func (f mailFlags) fill(o *serve.Options, listen string, certificate *tls.Certificate) error {
	var err error
	if o.PublicURL, err = f.publicURL(listen, certificate); err != nil || f.SMTP == "" {
		return err
	}
	server, err := mail.ParseServer(f.SMTP)
	if err != nil {
		return err
	}
	if server.Password, err = f.password(server.User); err != nil {
		return err
	}
	if f.SMTPFrom == "" {
		return &problem.Problem{Code: problem.Invalid, Title: "E-mails need an address that they come from", Hint: "Give it with --smtp-from, such as passly@example.com."}
	}
	if _, err := mail.ParseAddress(f.SMTPFrom); err != nil {
		return err
	}
	if f.SMTPCA != "" {
		pem, err := os.ReadFile(f.SMTPCA)
		roots, ok := trust.Roots(pem)
		if err != nil || !ok {
			return &problem.Problem{Code: problem.Invalid, Title: "There is no certificate in " + f.SMTPCA, Hint: "Give a file in PEM form with --smtp-ca.", Err: err}
		}
		server.Roots = roots
	}
	o.SMTP, o.MailFrom = &server, f.SMTPFrom
	return nil
}

func (f mailFlags) password(user string) (string, error) {
	switch {
	case user == "" && f.SMTPPasswordFile == "":
		return "", nil
	case user == "":
		return "", &problem.Problem{Code: problem.Invalid, Title: "There is a password but no user for the SMTP server", Hint: "Write the user into --smtp, such as smtp://user@mail.example.com."}
	case f.SMTPPasswordFile == "":
		return "", &problem.Problem{Code: problem.Invalid, Title: "There is a user but no password for the SMTP server", Hint: "Give it with --smtp-password-file."}
	}
	file, err := os.Open(f.SMTPPasswordFile)
	if err != nil {
		return "", &problem.Problem{Code: problem.Invalid, Title: "The SMTP password file cannot be read", Text: err.Error(), Hint: "Check --smtp-password-file.", Err: err}
	}
	defer file.Close()
	return firstLine(file)
}

// publicURL is what was given, else what the certificate or the address to listen on says.
func (f mailFlags) publicURL(listen string, certificate *tls.Certificate) (string, error) {
	if f.PublicURL != "" {
		u, err := url.Parse(f.PublicURL)
		if err != nil || u.Scheme != "https" && (u.Scheme != "http" || !control.Loopback(u.Hostname())) || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return "", &problem.Problem{
				Code: problem.Invalid, Title: "The public address cannot be used", Text: "Links in e-mails begin with it, and carry what lets people in.",
				Hint: "Give one like https://acme.my.passly.com with --public-url.", Err: err,
			}
		}
		return u.Scheme + "://" + u.Host, nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", nil // said when it is listened on
	}
	scheme, usual := "http", "80"
	if certificate != nil {
		scheme, usual = "https", "443"
	}
	if control.Loopback(host) {
		host = "localhost"
	} else if certificate != nil {
		host = nameIn(certificate, host)
	}
	if port != usual {
		host = net.JoinHostPort(host, port)
	}
	return scheme + "://" + host, nil
}

// nameIn gives the first whole name of a certificate.
func nameIn(certificate *tls.Certificate, otherwise string) string {
	if certificate.Leaf == nil {
		return otherwise
	}
	for _, name := range certificate.Leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	return otherwise
}
