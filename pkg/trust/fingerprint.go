package trust

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// Shown is the certificate to compare when a verification failed: of the chain that the server sent the one that stands
// nearest to its root, or nil where err says nothing of it.
func Shown(err error) *x509.Certificate {
	var failed *tls.CertificateVerificationError
	if errors.As(err, &failed) && len(failed.UnverifiedCertificates) > 0 {
		return failed.UnverifiedCertificates[len(failed.UnverifiedCertificates)-1]
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return unknown.Cert
	}
	return nil
}

// Fingerprint writes a certificate's SHA-256 in groups of four, so that two people can compare it aloud.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	groups := make([]string, 0, len(sum)/2)
	for i := 0; i < len(sum); i += 2 {
		groups = append(groups, fmt.Sprintf("%02X%02X", sum[i], sum[i+1]))
	}
	return strings.Join(groups, " ")
}

// Words say who issued a certificate and its fingerprint; empty for none. Of a chain that ends with an authority's own
// certificate, it is the authority's.
func Words(cert *x509.Certificate) string {
	if cert == nil {
		return ""
	}
	issuer, whose := "an unknown authority", "Its"
	if name := cert.Issuer.String(); name != "" {
		issuer = name
	}
	if cert.IsCA {
		whose = "The authority's"
	}
	return "It was issued by " + issuer + ". " + whose + " SHA-256 is " + Fingerprint(cert) + "."
}
