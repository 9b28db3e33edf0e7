package preflight

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/problem"
	"passlysync/pkg/trust"
)

// soon is when a certificate that ends is worth a warning.
const soon = 30 * 24 * time.Hour

// authorityFile is where in the state folder the directory's authority is kept that a person chose to trust.
const authorityFile = "directory-ca.pem"

// trusted is the domain controller's chain, and by what it is trusted.
type trusted struct {
	chain []*x509.Certificate
	ca    []byte
	file  string // that ca was found in; empty: it was given, or the system's authorities do

	sealed bool // there is no TLS: Kerberos proves the domain controller, and seals
}

// trust makes a handshake with the domain controller. With an error comes the chain that was shown.
func (l *look) trust(ctx context.Context) (trusted, error) {
	if err := l.reach(ctx); err != nil {
		return trusted{}, after(err, "the port does not answer")
	}
	at, err := l.controller(ctx)
	if err != nil {
		return trusted{}, err
	}
	return l.trusted.do(ctx, func(ctx context.Context) (trusted, error) {
		chain, err := ad.Certificates(ctx, at)
		for _, file := range l.authorities() {
			if !unknownAuthority(err) {
				break
			}
			at.CA, _ = trust.ReadFile(file)
			if again, err := ad.Certificates(ctx, at); err == nil {
				return trusted{chain: again, ca: at.CA, file: file}, nil
			}
		}
		if errors.Is(err, ad.ErrNoTLS) && len(l.DirectoryCA) == 0 {
			return trusted{sealed: true}, nil
		}
		return trusted{chain: chain, ca: l.DirectoryCA}, err
	})
}

// authorities are the files of this machine that may hold the directory's authority, where none was given.
func (l *look) authorities() []string {
	if len(l.DirectoryCA) > 0 {
		return nil
	}
	files := []string{filepath.Join(l.State, authorityFile)}
	if l.Facts.DirectoryCA != "" {
		files = append(files, l.Facts.DirectoryCA)
	}
	return files
}

func unknownAuthority(err error) bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown)
}

// certificate says whether the domain controller can be trusted, and for how long.
func (l *look) certificate(ctx context.Context) Result {
	seen, err := l.trust(ctx)
	if r, ok := skipped(err); ok {
		return r
	}
	if err != nil {
		r := bad(Warning, "not trusted", problem.Of(err))
		r.Repair = l.offerTrust(seen.chain, err)
		return r
	}
	if seen.sealed {
		return passed("none; Kerberos seals the connection instead")
	}
	r := lasting(seen.chain[0], l.Now())
	r.Found.DirectoryCA = seen.file
	return r
}

func lasting(cert *x509.Certificate, now time.Time) Result {
	until := cert.NotAfter.Format("2 January 2006")
	if cert.NotAfter.Sub(now) > soon {
		return passed("valid until " + until)
	}
	return bad(Warning, "ends on "+until, &problem.Problem{
		Code: problem.TLS, Title: "The domain controller's certificate ends on " + until,
		Text: "After that the agent cannot read the directory.", Hint: "Have it renewed on the domain controller.",
	})
}

// offerTrust offers to trust an authority that the server showed itself. The person decides by its fingerprint; where an
// authority was given, it stays the one that counts.
func (l *look) offerTrust(chain []*x509.Certificate, err error) *Repair {
	if !unknownAuthority(err) || len(l.DirectoryCA) > 0 {
		return nil
	}
	at, _ := l.find(context.Background())
	authority := anchor(chain, hostOf(at), l.Now())
	if authority == nil {
		return nil
	}
	return &Repair{
		Title: "Trust " + authority.Subject.String() + " (SHA-256 " + trust.Fingerprint(authority) + ") for the directory",
		Do:    func(context.Context) error { return keepAuthority(l.State, authority) },
	}
}

// anchor gives the certificate, nearest to the root, by which a server could be trusted with all it showed; nil: none.
func anchor(chain []*x509.Certificate, name string, now time.Time) *x509.Certificate {
	others := x509.NewCertPool()
	for _, cert := range chain {
		others.AddCert(cert)
	}
	for _, cert := range slices.Backward(chain) {
		if !cert.IsCA && !bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			continue
		}
		roots := x509.NewCertPool()
		roots.AddCert(cert)
		if _, err := chain[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: others, CurrentTime: now}); err == nil {
			return cert
		}
	}
	return nil
}

// keepAuthority writes a certificate into the state folder, whoever owns that.
func keepAuthority(state string, cert *x509.Certificate) error {
	err := writeInto(state, authorityFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	if err == nil {
		return nil
	}
	return &problem.Problem{
		Code: problem.Internal, Title: "The authority's certificate could not be kept", Text: problem.Reason(err) + ".",
		Hint: "Check that this account may write to " + state + ", or give the certificate with --directory-ca FILE.",
		Op:   "keeping the directory's authority", Err: err,
	}
}

func writeInto(folder, name string, content []byte) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	fresh := name + ".new"
	_ = root.Remove(fresh)
	file, err := root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return root.Rename(fresh, name)
}
