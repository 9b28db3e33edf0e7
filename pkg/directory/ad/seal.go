package ad

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"passlysync/pkg/directory/sasl"
	"passlysync/pkg/problem"
)

// byTicket reports whether the sign-in is by Kerberos also where there is TLS: there is no password that a simple bind could send.
func (s Settings) byTicket() bool { return s.Own || s.Password == "" && len(s.Keytab) > 0 }

// maySeal reports whether a line without TLS may be sealed instead. Who gave a CA expects TLS. That somebody between can make this
// machine take Kerberos, by answering that there is no TLS, gives nothing away: Kerberos proves both sides, and seals.
func (s Settings) maySeal() bool {
	return len(s.CA) == 0 && (s.Own || s.Account != "" && (s.Password != "" || len(s.Keytab) > 0))
}

// sealed signs in by Kerberos and seals the line from the first byte after that on.
func (s Settings) sealed(ctx context.Context, at *url.URL) (line, error) {
	return s.signedIn(ctx, at, func() (net.Conn, []byte, error) {
		plain, err := s.connect(ctx, at)
		return plain, nil, err
	})
}

// bindUnderTLS signs in by Kerberos over TLS, bound to it by the server's certificate.
func (s Settings) bindUnderTLS(ctx context.Context, at *url.URL, secure *tls.Conn) (line, error) {
	return s.signedIn(ctx, at, func() (net.Conn, []byte, error) {
		return secure, sasl.EndPoint(secure.ConnectionState().PeerCertificates[0]), nil
	})
}

func (s Settings) signedIn(ctx context.Context, at *url.URL, open func() (conn net.Conn, binding []byte, err error)) (line, error) {
	conn, binding, err := open()
	if err != nil {
		return line{}, err
	}
	secure, err := s.negotiate(ctx, at, conn, binding)
	if err != nil {
		_ = closeNow(conn)
		return line{}, s.ticketProblem(at, err)
	}
	return line{Conn: secure, bound: true, sealed: binding == nil}, nil
}

// negotiate runs the mechanism on a connection, and gives the connection with the layer that was agreed on.
func (s Settings) negotiate(ctx context.Context, at *url.URL, conn net.Conn, binding []byte) (net.Conn, error) {
	mechanism, err := s.mechanism(ctx, at, conn.RemoteAddr(), binding)
	if err != nil {
		return nil, err
	}
	defer mechanism.Close()
	if err := bindBySASL(ctx, conn, mechanism); err != nil {
		return nil, err
	}
	if layer := mechanism.Layer(); layer != nil {
		return sasl.NewConn(conn, layer), nil
	}
	if binding == nil { // never: a mechanism without TLS agrees to nothing but a layer
		return nil, sasl.ErrNoSealing
	}
	return conn, nil
}

// kerberosPort is where every domain controller has its key distribution centre (MS-KILE 2.1).
const kerberosPort = "88"

// mechanism is Kerberos: with the account's password or keytab, or as the account of this process.
func (s Settings) mechanism(ctx context.Context, at *url.URL, server net.Addr, binding []byte) (sasl.Mechanism, error) {
	if strings.Contains(s.Account, "=") && !strings.Contains(s.Account, "@") {
		return nil, &problem.Problem{
			Code: problem.Invalid, Op: "signing in to the directory", Title: "Kerberos does not know accounts by their distinguished name",
			Text: "The domain controller offers no TLS, so Kerberos is used.", Hint: "Write the account as user@domain.",
		}
	}
	host, _, err := net.SplitHostPort(server.String())
	if err != nil {
		return nil, err
	}
	if s.Own {
		return sasl.NewOwn(ctx, s.service(at, host), binding)
	}
	return sasl.NewKerberos(ctx, s.account(), s.service(at, host), binding)
}

func (s Settings) account() sasl.Account {
	return sasl.Account{Name: s.Account, Password: s.Password, Keytab: s.Keytab}
}

// service is the directory as Kerberos knows it: by the name in the address and never by one that the server gives, which anybody
// could give. address is where the name led.
func (s Settings) service(at *url.URL, address string) sasl.Service {
	return sasl.Service{Name: "ldap/" + at.Hostname(), Realm: realm(at.Hostname(), s.Account), KDC: net.JoinHostPort(address, kerberosPort)}
}

// realm is the domain of a domain controller, which its name ends with; by an address alone it is the account's.
func realm(host, account string) string {
	_, domain, found := strings.Cut(host, ".")
	if _, err := netip.ParseAddr(host); err != nil && found {
		return strings.TrimSuffix(domain, ".")
	}
	_, domain, _ = strings.Cut(account, "@")
	return domain
}
