package mail

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Usual ports (RFC 6409, RFC 8314).
const (
	submissionPort  = 587
	submissionsPort = 465
)

// Server is how to reach an SMTP server.
type Server struct {
	Host     string
	Port     int
	TLS      bool // from the first byte; else STARTTLS
	User     string
	Password string
	Roots    *x509.CertPool // nil: the system's
}

// ParseServer reads smtp://[user@]host[:port] or smtps://…. A password does not belong in it: it would be in the list of
// processes.
func ParseServer(text string) (Server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return Server{}, &problem.Problem{
			Code: problem.Invalid, Title: "The SMTP server's address cannot be read", Hint: "Write it like smtp://user@mail.example.com:587, or smtps:// for TLS from the start.", Err: err,
		}
	}
	if _, given := u.User.Password(); given {
		return Server{}, &problem.Problem{
			Code: problem.Invalid, Title: "A password stands in the SMTP server's address", Text: "Others could read it in the list of processes.", Hint: "Give it with --smtp-password-file.",
		}
	}
	s := Server{Host: u.Hostname(), TLS: u.Scheme == "smtps", User: u.User.Username(), Port: submissionPort}
	if s.TLS {
		s.Port = submissionsPort
	}
	if port := u.Port(); port != "" {
		s.Port, err = strconv.Atoi(port)
	}
	if err != nil || s.Port < 1 || s.Port > 65535 {
		return Server{}, &problem.Problem{Code: problem.Invalid, Title: "The SMTP server's port is out of bounds", Hint: "Use 587, or 465 with smtps://.", Err: err}
	}
	return s, nil
}

// String gives the address as ParseServer reads it.
func (s Server) String() string {
	u := url.URL{Scheme: "smtp", Host: s.Host + ":" + strconv.Itoa(s.Port)}
	if strings.Contains(s.Host, ":") {
		u.Host = "[" + s.Host + "]:" + strconv.Itoa(s.Port)
	}
	if s.TLS {
		u.Scheme = "smtps"
	}
	if s.User != "" {
		u.User = url.User(s.User)
	}
	return u.String()
}

// options turn a server into the library's settings. Without TLS nothing is sent but to this machine.
func (s Server) options() []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(sendTimeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch {
	case s.TLS:
		options = append(options, gomail.WithSSL())
	case control.Loopback(s.Host):
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return options
}
