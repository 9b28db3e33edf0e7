// Package sasl signs in to a directory without TLS, and keeps what is said after that from others: Kerberos proves both sides to
// each other, then a SASL security layer signs and seals every buffer (MS-ADTS 5.1.2.1, RFC 4422 §3.7). What belongs here is the
// mechanisms and the layer; what is said over it, and the bind's LDAP messages, are package ad's.
//
// What always holds here:
//
//   - A layer seals (confidentiality with integrity, by AES with 128 or 256 bits) or there is none; sign-only is never agreed to.
//   - A layer stands only after the server proved that it knows its own key: nobody else can answer for it.
//   - A password never leaves this machine. It becomes a key here (RFC 3962).
//   - Buffers come in the order in which they were sent, none twice, none altered, none larger than was agreed. Whatever else
//     comes ends the connection with a *Violation.
//   - What comes from the network is bounded, and cannot make a library panic this process.
//
// Messages of Kerberos, encryption and checksums are gokrb5's; on Windows all of it is the system's (SSPI).
package sasl

import (
	"errors"
	"fmt"
)

// Mechanism is one run of a SASL mechanism, of which the client speaks first (RFC 4422 §3).
type Mechanism interface {
	// Name is the mechanism's registered name.
	Name() string
	// Step answers the server's challenge, the first time nil. Once it is done, the server's success ends the exchange.
	Step(challenge []byte) (response []byte, done bool, err error)
	// Layer is what protects all that follows the exchange; nil where TLS does.
	Layer() Layer
	// Close lets go of what the exchange needed. The layer stays.
	Close() error
}

// Layer seals what is sent and opens what is received, buffer by buffer, in order.
type Layer interface {
	// Wrap seals one buffer of at most MaxPlain bytes.
	Wrap(plain []byte) (sealed []byte, err error)
	// Unwrap opens one buffer, which it may overwrite.
	Unwrap(sealed []byte) (plain []byte, err error)
	// MaxPlain is the most that fits into one buffer to the server.
	MaxPlain() int
	// MaxSealed is the largest buffer that the server may send.
	MaxSealed() int
}

// Violation says that what came is not what the other side sealed, or not in its turn: somebody between may have altered it.
type Violation struct{ What string }

func (v *Violation) Error() string { return "the sealed connection was broken off: " + v.What }

func violation(format string, values ...any) error { return &Violation{fmt.Sprintf(format, values...)} }

// ErrNoSealing is a server that proved who it is and does not offer to seal.
var ErrNoSealing = errors.New("the server does not offer to encrypt the connection by SASL")

// guarded runs what reads foreign bytes with a library that panics on some of them.
func guarded(what string, read func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%s: it is malformed", what)
		}
	}()
	if err := read(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
