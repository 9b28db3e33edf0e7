package sasl

import (
	"crypto"
	"crypto/md5"
	"crypto/x509"
	"encoding/binary"
)

// EndPoint binds a sign-in to the TLS connection that it is made over, by the server's certificate (tls-server-end-point, RFC 5929
// §4): somebody between with another certificate cannot pass the sign-in on.
func EndPoint(certificate *x509.Certificate) []byte {
	hash := crypto.SHA256 // also where the signature's own is MD5 or SHA-1
	switch certificate.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		hash = crypto.SHA512
	}
	digest := hash.New()
	digest.Write(certificate.Raw)
	return digest.Sum([]byte("tls-server-end-point:"))
}

// bindings is a channel's binding as GSS-API knows it, without addresses: two address types and lengths of zero, then the data
// (RFC 2744 §3.11).
func bindings(data []byte) []byte {
	b := make([]byte, 16, 20+len(data))
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(data))), data...)
}

// bindingsHash is what a Kerberos sign-in says of its channel; zeros where there is none (RFC 4121 §4.1.1.2).
func bindingsHash(data []byte) (hash [md5.Size]byte) {
	if data == nil {
		return hash
	}
	return md5.Sum(bindings(data))
}
