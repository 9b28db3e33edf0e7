package ad

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// dialTimeout bounds connecting, StartTLS and the handshake together.
const dialTimeout = 20 * time.Second

// line is a connection that nobody can read along or alter, under TLS or sealed by SASL, and whether it is signed in.
type line struct {
	net.Conn
	bound, sealed bool
}

// dial gives a line to the directory at s.URL. Where it takes Kerberos, it is signed in already.
func dial(ctx context.Context, s Settings) (line, error) {
	at, err := parseURL(s.URL)
	if err != nil {
		return line{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secure, err := s.underTLS(ctx, at)
	switch {
	case errors.Is(err, ErrNoTLS) && s.maySeal():
		return s.sealed(ctx, at)
	case err != nil:
		return line{}, err
	case s.byTicket():
		return s.bindUnderTLS(ctx, at, secure)
	}
	return line{Conn: secure}, nil
}

// underTLS gives a connection under TLS.
func (s Settings) underTLS(ctx context.Context, at *url.URL) (*tls.Conn, error) {
	config, err := tlsConfig(at.Hostname(), s.CA)
	if err != nil {
		return nil, err
	}
	if at.Scheme == "ldap" && len(s.CA) == 0 && s.knowsNoTLS(ctx, at) {
		return nil, noTLS()
	}
	plain, err := s.connect(ctx, at)
	if err != nil {
		return nil, err
	}
	secure, err := secure(ctx, plain, at.Scheme == "ldap", config)
	if err != nil {
		_ = plain.Close()
		return nil, err
	}
	return secure, nil
}

// connect gives a connection without TLS, on which nothing but TLS, the request for it, or a sign-in by Kerberos may be sent.
func (s Settings) connect(ctx context.Context, at *url.URL) (net.Conn, error) {
	dialer := net.Dialer{Resolver: s.Resolver}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(at.Hostname(), port(at)))
	if err != nil {
		return nil, unreachable("connecting to the directory", err)
	}
	return conn, nil
}

// CheckURL refuses what is not the address of a directory.
func CheckURL(text string) error {
	_, err := parseURL(text)
	return err
}

func parseURL(text string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimSpace(text))
	if err != nil || at.Hostname() == "" || (at.Scheme != "ldap" && at.Scheme != "ldaps") || strings.Trim(at.Path, "/") != "" {
		return nil, &problem.Problem{
			Code: problem.Invalid, Op: "reading the directory's address", Err: err,
			Title: fmt.Sprintf("%q is not the address of a directory", text),
			Hint:  "Write it as ldaps://dc1.example.com, or ldap://dc1.example.com for StartTLS or a domain controller without a certificate.",
		}
	}
	return at, nil
}

func port(at *url.URL) string {
	switch {
	case at.Port() != "":
		return at.Port()
	case at.Scheme == "ldaps":
		return "636"
	}
	return ldapPort
}

const ldapPort = "389"

func tlsConfig(host string, ca []byte) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if len(bytes.TrimSpace(ca)) == 0 {
		return config, nil
	}
	roots, ok := trust.Roots(ca)
	if !ok {
		return nil, &problem.Problem{
			Code: problem.Invalid, Op: "reading the directory's CA certificate",
			Title: "The CA certificate given for the directory is not a PEM certificate",
			Hint:  "Export it as Base-64 encoded X.509: the file begins with -----BEGIN CERTIFICATE-----.",
		}
	}
	config.RootCAs = roots
	return config, nil
}

// secure puts TLS on a plain connection, after StartTLS where the port is the plain one.
func secure(ctx context.Context, plain net.Conn, startTLS bool, config *tls.Config) (*tls.Conn, error) {
	if startTLS {
		if err := askForTLS(ctx, plain); err != nil {
			return nil, err
		}
	}
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, untrusted(config.ServerName, err)
	}
	return conn, nil
}

// startTLSRequest is the LDAP message with id 1 that asks for StartTLS (RFC 4511 §4.14.1). It is sent here and not by
// go-ldap because TLS must lie below the tap.
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// ErrNoTLS is a directory that does not offer TLS on its port 389: a domain controller without a certificate does not.
var ErrNoTLS = errors.New("the directory does not grant StartTLS")

func askForTLS(ctx context.Context, plain net.Conn) error {
	deadline, _ := ctx.Deadline()
	_ = plain.SetDeadline(deadline)
	defer func() { _ = plain.SetDeadline(time.Time{}) }()
	if _, err := io.WriteString(plain, startTLSRequest); err != nil {
		return unreachable("asking for StartTLS", err)
	}
	answer, err := readUnbuffered(plain)
	if err != nil {
		return unreachable("asking for StartTLS", err)
	}
	if !startTLSGranted(answer) {
		return noTLS()
	}
	return nil
}

func noTLS() error {
	return &problem.Problem{
		Code: directory.Untrusted, Op: "asking for StartTLS", Err: ErrNoTLS,
		Title: "The directory does not offer StartTLS",
		Text:  "Without encryption the password would be readable on the network, so it was not sent.",
		Hint:  "Give the domain controller a certificate, or use ldaps:// on port 636. If it has none, leave the CA out: Kerberos seals the connection then.",
	}
}

// probeLimit bounds asking whether a port is closed.
const probeLimit = 2 * time.Second

// knowsNoTLS reports whether the domain controller refuses connections on LDAPS' own port, which one with TLS opens always. Samba
// without TLS must not be asked for StartTLS: 4.17 grants it, and then ends with a segmentation fault.
func (s Settings) knowsNoTLS(ctx context.Context, at *url.URL) bool {
	if port(at) != ldapPort {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	conn, err := s.connect(ctx, &url.URL{Scheme: "ldaps", Host: bracketed(at.Hostname())})
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused)
}

// wsaRefused is WSAECONNREFUSED, which Windows says for it.
const wsaRefused = syscall.Errno(10061)

// bracketed is a host as it stands in an address.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// readUnbuffered reads one short LDAP message and not a byte more: what follows belongs to TLS.
func readUnbuffered(from io.Reader) ([]byte, error) {
	message := make([]byte, 2, 256)
	if _, err := io.ReadFull(from, message); err != nil {
		return nil, err
	}
	for {
		head, length, ok := header(message)
		if ok && head+length > 64<<10 {
			return nil, errors.New("an answer of this length is not expected")
		}
		want := len(message) + 1
		if ok {
			want = head + length
		} else if want > 6 {
			return nil, errTruncated
		}
		if len(message) >= want {
			return message, nil
		}
		more := make([]byte, want-len(message))
		if _, err := io.ReadFull(from, more); err != nil {
			return nil, err
		}
		message = append(message, more...)
	}
}

// startTLSGranted reports whether an extended response has the result code success.
func startTLSGranted(message []byte) bool {
	const extendedResponse = 0x78
	tag, body, err := operation(message)
	if err != nil || tag != extendedResponse {
		return false
	}
	code, _, err := expect(tagEnumerated, body)
	return err == nil && len(code) == 1 && code[0] == 0
}
