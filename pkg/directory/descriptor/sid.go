package descriptor

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// SID is a security identifier in its binary form (MS-DTYP 2.4.2.2), so that two are equal when their bytes are. The zero
// value is none.
type SID string

// Those that every account which signed in carries (MS-DTYP 2.4.2.4).
const (
	Everyone           SID = "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"
	AuthenticatedUsers SID = "\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00\x00"
)

// maxParts bounds a SID's sub-authorities.
const maxParts = 15

// ParseSID reads the value of an objectSid or a tokenGroups.
func ParseSID(b []byte) (SID, error) {
	sid, err := leadingSID(b)
	if err == nil && len(sid) != len(b) {
		return "", fmt.Errorf("a SID of %d bytes has %d", len(sid), len(b))
	}
	return sid, err
}

// leadingSID reads the SID that b begins with.
func leadingSID(b []byte) (SID, error) {
	if len(b) < 8 || b[0] != 1 || b[1] > maxParts || len(b) < 8+4*int(b[1]) {
		return "", fmt.Errorf("%x is no SID", b[:min(len(b), 16)])
	}
	return SID(b[:8+4*int(b[1])]), nil
}

// String gives the form S-1-5-21-….
func (s SID) String() string {
	if len(s) < 8 {
		return ""
	}
	authority := binary.BigEndian.Uint64([]byte("\x00\x00" + s[2:8]))
	var b strings.Builder
	b.WriteString("S-1-" + strconv.FormatUint(authority, 10))
	for part := []byte(s[8:]); len(part) >= 4; part = part[4:] {
		b.WriteString("-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(part)), 10))
	}
	return b.String()
}

// OfDomain reports whether the SID is one that a domain or a machine gave out, such as an account's: S-1-5-21-….
func (s SID) OfDomain() bool {
	const given = "\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00"
	return len(s) == 28 && string(s[2:12]) == given
}

// Sibling gives the SID of the same domain with another relative identifier, such as a primaryGroupID.
func (s SID) Sibling(relative uint32) SID {
	if len(s) < 12 {
		return ""
	}
	return s[:len(s)-4] + SID(binary.LittleEndian.AppendUint32(nil, relative))
}

// Token is whom an account is known as: itself, its groups and theirs.
type Token map[SID]bool

// NewToken puts SIDs into a token, with those that everybody who signed in carries.
func NewToken(sids ...SID) Token {
	t := Token{Everyone: true, AuthenticatedUsers: true}
	for _, sid := range sids {
		t[sid] = sid != ""
	}
	return t
}
