package directory

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrCursorRefused means that the directory does not take the cursor: it is damaged, too old, or from another domain or
// database. Only a full pass helps.
var ErrCursorRefused = errors.New("the directory refused the cursor")

// GUID is an objectGUID in the byte order of the wire (MS-DTYP 2.3.4.2: the first three fields little-endian).
type GUID [16]byte

// order maps the canonical text's bytes to the wire's.
var order = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

// IsZero reports whether g is unset.
func (g GUID) IsZero() bool { return g == GUID{} }

// String gives the canonical lower-case form, 36 characters (RFC 9562 §4).
func (g GUID) String() string {
	var raw [16]byte
	for i, at := range order {
		raw[i] = g[at]
	}
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:36], raw[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// MarshalText gives the canonical form; UnmarshalText reads it.
func (g GUID) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads the canonical form, in either case.
func (g *GUID) UnmarshalText(text []byte) (err error) {
	*g, err = ParseGUID(string(text))
	return err
}

// ParseGUID reads the canonical form, in either case, without braces.
func ParseGUID(s string) (GUID, error) {
	var g GUID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return g, fmt.Errorf("%q is no GUID", s)
	}
	raw, err := hex.DecodeString(s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36])
	if err != nil {
		return g, fmt.Errorf("%q is no GUID", s)
	}
	for i, at := range order {
		g[at] = raw[i]
	}
	return g, nil
}

// GUIDFromBytes takes the 16 bytes of an objectGUID value.
func GUIDFromBytes(b []byte) (GUID, error) {
	var g GUID
	if len(b) != len(g) {
		return g, fmt.Errorf("an objectGUID has 16 bytes, not %d", len(b))
	}
	copy(g[:], b)
	return g, nil
}
