package sasl

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"

	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/types"
)

// A wrap token begins with 16 bytes: its kind, flags, a filler, how many bytes are filled in behind the text (EC), by how many the
// rest was rotated (RRC), and its number in the row (RFC 4121 §4.2.6.2).
const (
	tokenHead = 16

	flagAcceptor = 1 // the server sent it
	flagSealed   = 2
	flagSubkey   = 4 // under the key that the server chose
)

// side is one direction: whose key usage and flags, and which number comes next.
type side struct {
	usage  uint32
	flags  byte
	number uint64
	cipher *derived
}

// wrapper makes and opens wrap tokens under one key.
type wrapper struct {
	suite   etype.EType
	key     types.EncryptionKey
	out, in side
	bounds
}

// bounds are what was agreed on: the most that fits into one buffer to the server, and the largest buffer from it.
type bounds struct{ plain, sealed int }

func (b bounds) MaxPlain() int { return b.plain }

func (b bounds) MaxSealed() int { return b.sealed }

// newWrapper is the client's: ours is the first number that it sends, theirs the first that the server does.
func newWrapper(key types.EncryptionKey, serversKey bool, ours, theirs uint64) (*wrapper, error) {
	suite, err := suite(key)
	if err != nil {
		return nil, err
	}
	w := &wrapper{
		suite: suite, key: key,
		out: side{usage: keyusage.GSSAPI_INITIATOR_SEAL, number: ours},
		in:  side{usage: keyusage.GSSAPI_ACCEPTOR_SEAL, flags: flagAcceptor, number: theirs},
	}
	if serversKey {
		w.out.flags |= flagSubkey
		w.in.flags |= flagSubkey
	}
	if w.out.cipher, err = derive(suite, key, w.out.usage); err != nil {
		return nil, err
	}
	w.in.cipher, err = derive(suite, key, w.in.usage)
	return w, err
}

func head(flags byte, filled int, number uint64) []byte {
	b := make([]byte, tokenHead)
	b[0], b[1], b[2], b[3] = 0x05, 0x04, flags, 0xff
	binary.BigEndian.PutUint16(b[4:], uint16(filled))
	binary.BigEndian.PutUint64(b[8:], number)
	return b
}

// overhead is how much longer a buffer becomes by being sealed.
func (w *wrapper) overhead() int {
	return 2*tokenHead + w.suite.GetConfounderByteSize() + w.suite.GetHMACBitLength()/8
}

// Wrap seals: the text and a copy of the head, encrypted with a checksum.
func (w *wrapper) Wrap(plain []byte) ([]byte, error) {
	top := head(w.out.flags|flagSealed, 0, w.out.number)
	sealed, err := w.out.cipher.encrypt(append(bytes.Clone(plain), top...))
	if err != nil {
		return nil, err
	}
	w.out.number++
	return append(top, sealed...), nil
}

// sign makes a token that can be read and not be altered: the exchange itself needs it.
func (w *wrapper) sign(plain []byte) ([]byte, error) {
	sum, err := w.checksum(plain, w.out)
	if err != nil {
		return nil, err
	}
	top := head(w.out.flags, len(sum), w.out.number)
	w.out.number++
	return append(append(top, plain...), sum...), nil
}

// checksum is over the text and the head, in which EC and RRC are zero (RFC 4121 §4.2.4).
func (w *wrapper) checksum(plain []byte, s side) ([]byte, error) {
	return w.suite.GetChecksumHash(w.key.KeyValue, append(bytes.Clone(plain), head(s.flags, 0, s.number)...), s.usage)
}

// Unwrap opens what the server sealed. A token that is only signed is a violation.
func (w *wrapper) Unwrap(token []byte) ([]byte, error) {
	filled, rest, err := w.in.opened(token, w.in.flags|flagSealed)
	if err != nil {
		return nil, err
	}
	if len(rest) < w.suite.GetConfounderByteSize()+w.suite.GetHMACBitLength()/8 {
		return nil, violation("a buffer is too short to be sealed")
	}
	plain, err := w.in.cipher.decrypt(rest)
	if err != nil {
		return nil, violation("a buffer was altered, or sealed by somebody else")
	}
	end := len(plain) - tokenHead
	if end < filled {
		return nil, violation("a buffer is too short to be sealed")
	}
	if !bytes.Equal(plain[end:], head(w.in.flags|flagSealed, filled, w.in.number)) {
		return nil, violation("a buffer's head was altered")
	}
	w.in.number++
	return plain[:end-filled], nil
}

// verify reads what the server signed.
func (w *wrapper) verify(token []byte) ([]byte, error) {
	size, rest, err := w.in.opened(token, w.in.flags)
	if err != nil {
		return nil, err
	}
	if size > len(rest) {
		return nil, violation("a checksum is longer than its token")
	}
	plain, sum := rest[:len(rest)-size], rest[len(rest)-size:]
	want, err := w.checksum(plain, w.in)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(sum, want) {
		return nil, violation("a token was altered, or signed by somebody else")
	}
	w.in.number++
	return plain, nil
}

// opened checks a token's head, of which nothing is proven yet, and gives its rest as it was before it was rotated.
func (s side) opened(token []byte, flags byte) (filled int, rest []byte, err error) {
	if len(token) < tokenHead || token[0] != 0x05 || token[1] != 0x04 || token[3] != 0xff {
		return 0, nil, violation("a buffer is not sealed at all")
	}
	if token[2] != flags {
		return 0, nil, violation("a buffer is not sealed as was agreed on (flags %#x, not %#x)", token[2], flags)
	}
	if got := binary.BigEndian.Uint64(token[8:]); got != s.number {
		return 0, nil, violation("a buffer came twice, or one is missing (number %d, not %d)", got, s.number)
	}
	rest = token[tokenHead:]
	if by := int(binary.BigEndian.Uint16(token[6:])); by > 0 && len(rest) > 0 {
		by %= len(rest)
		rest = append(bytes.Clone(rest[by:]), rest[:by]...)
	}
	return int(binary.BigEndian.Uint16(token[4:])), rest, nil
}
