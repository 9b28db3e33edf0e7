package ad

import "errors"

// Tags of the LDAP messages and values that are read here (RFC 4511 §4; all are single bytes on the wire).
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagSequence    = 0x30
	tagSet         = 0x31
	tagSearchEntry = 0x64
	tagSearchRef   = 0x73
)

var errTruncated = errors.New("an LDAP element ends before its length says")

// octets is what LDAP is read from: bytes on the transport, a string where its parts are kept.
type octets interface{ ~[]byte | ~string }

// element takes the first BER element off b: its tag, its content, and what follows it. LDAP uses definite lengths
// only (RFC 4511 §5.1).
func element[T octets](b T) (tag byte, content, rest T, err error) {
	head, length, ok := header(b)
	if !ok || length > len(b)-head {
		return 0, b[:0], b[:0], errTruncated
	}
	return b[0], b[head : head+length], b[head+length:], nil
}

// header reads tag and length: the bytes they take and the length of the content. It is not ok when b is too short to
// tell or the length is of a form that LDAP does not use.
func header[T octets](b T) (head, length int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	if b[1] < 0x80 {
		return 2, int(b[1]), true
	}
	count := int(b[1] & 0x7f)
	if count == 0 || count > 4 || len(b) < 2+count {
		return 0, 0, false
	}
	for i := range count {
		length = length<<8 | int(b[2+i])
	}
	return 2 + count, length, length >= 0
}

// expect takes an element off b that must have this tag.
func expect[T octets](tag byte, b T) (content, rest T, err error) {
	got, content, rest, err := element(b)
	if err == nil && got != tag {
		err = errors.New("an LDAP element is of another kind than the protocol says")
	}
	return content, rest, err
}
