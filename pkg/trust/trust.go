// Package trust says whose certificates count: the system's authorities, and those that an administrator gives in addition.
package trust

import "crypto/x509"

// Roots gives the system's roots and the certificates in extra (PEM); ok is false when there is none in it.
func Roots(extra []byte) (roots *x509.CertPool, ok bool) {
	roots, err := x509.SystemCertPool()
	if err != nil { // Windows without a readable store, a container without certificates
		roots = x509.NewCertPool()
	}
	return roots, roots.AppendCertsFromPEM(extra)
}
