package ad

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// What can be seen of a domain controller without an account, one step further each: its addresses, that its port answers,
// its certificates, its clock. Of the settings only URL, CA, Resolver and Silence count.

// Addresses gives the addresses of the directory's name; an address stands for itself.
func Addresses(ctx context.Context, s Settings) ([]netip.Addr, error) {
	at, err := parseURL(s.URL)
	if err != nil {
		return nil, err
	}
	if address, err := netip.ParseAddr(at.Hostname()); err == nil {
		return []netip.Addr{address}, nil
	}
	resolver := s.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	addresses, err := resolver.LookupNetIP(ctx, "ip", at.Hostname())
	if err != nil {
		return nil, unreachable("looking up the directory's name", err)
	}
	return addresses, nil
}

// Reach connects to the directory's port and hangs up.
func Reach(ctx context.Context, s Settings) error {
	at, err := parseURL(s.URL)
	if err != nil {
		return err
	}
	conn, err := s.connect(ctx, at)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Certificates gives the chain that the directory shows, its own certificate first. With an error that says why it is not
// trusted come the certificates that were shown. ErrNoTLS is a directory that has none.
func Certificates(ctx context.Context, s Settings) ([]*x509.Certificate, error) {
	at, err := parseURL(s.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := s.underTLS(ctx, at)
	if err != nil {
		var failed *tls.CertificateVerificationError
		if errors.As(err, &failed) {
			return failed.UnverifiedCertificates, err
		}
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates, nil
}

// CurrentTime asks the directory for its time, to the second, by an anonymous read of the root DSE, which every domain
// controller allows (MS-ADTS 3.1.1.3.2, 5.1.3.4 dsHeuristics).
func CurrentTime(ctx context.Context, s Settings) (time.Time, error) {
	s.Account, s.Password, s.Keytab, s.Own = "", "", nil, false
	session, err := start(ctx, s.withDefaults())
	if errors.Is(err, ErrNoTLS) && len(s.CA) == 0 {
		session, err = startClear(ctx, s.withDefaults())
	}
	if err != nil {
		return time.Time{}, err
	}
	defer session.close()
	const currentTime = "currentTime"
	root, err := session.one(ctx, "", currentTime)
	if err != nil {
		return time.Time{}, err
	}
	now, err := ldapTime(root[currentTime])
	if err != nil {
		return time.Time{}, wrong("reading %s: %w", currentTime, err)
	}
	return now, nil
}

// ldapTime reads a generalized time as domain controllers write it (RFC 4517 §3.3.13): 20261125120000.0Z.
func ldapTime(text string) (time.Time, error) { return time.Parse("20060102150405Z0700", text) }

// start begins a session; it is bound only where the line is signed in by Kerberos.
func start(ctx context.Context, settings Settings) (*session, error) {
	transport, err := dial(ctx, settings)
	if err != nil {
		return nil, err
	}
	s := over(transport, settings)
	s.bound, s.sealed = transport.bound, transport.sealed
	return s, nil
}

// startClear begins a session that anybody can read along and alter.
func startClear(ctx context.Context, settings Settings) (*session, error) {
	at, err := parseURL(settings.URL)
	if err != nil {
		return nil, err
	}
	plain, err := settings.connect(ctx, at)
	if err != nil {
		return nil, err
	}
	return over(plain, settings), nil
}

func over(transport net.Conn, settings Settings) *session {
	t := newTap(transport)
	_, private := transport.(line)
	t.secrets.readable = !private
	s := &session{tap: t, conn: ldap.NewConn(t, true), settings: settings}
	s.conn.Start()
	return s
}
