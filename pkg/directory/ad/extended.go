package ad

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// extendedDN asks for DNs that carry their object's GUID, as text: <GUID=…>;<SID=…>;CN=… (MS-ADTS 3.1.1.3.4.1.5).
// The value is SEQUENCE { INTEGER 1 }.
func extendedDN() ldap.Control {
	return ldap.NewControlString(ldap.ControlTypeMicrosoftExtendedDN, true, "\x30\x03\x02\x01\x01")
}

// splitExtended takes an extended DN apart. The GUID is zero where there is none; what is no extended DN is all DN.
func splitExtended(value string) (id directory.GUID, dn string) {
	for strings.HasPrefix(value, "<") {
		inner, after, found := strings.Cut(value[1:], ">")
		if !found {
			return id, value
		}
		if text, isGUID := strings.CutPrefix(inner, "GUID="); isGUID {
			id = guidFromText(text)
		}
		value = strings.TrimPrefix(after, ";")
	}
	return id, value
}

// guidFromText reads the form with hyphens, or 32 hexadecimal digits, which are the wire's bytes (control value 0). It
// gives zero for anything else. It does not allocate: groups have members by the thousand.
func guidFromText(text string) (id directory.GUID) {
	hyphens := len(text) == 36
	if !hyphens && len(text) != 32 {
		return directory.GUID{}
	}
	at := 0
	for i := range id {
		if hyphens && (i == 4 || i == 6 || i == 8 || i == 10) {
			if text[at] != '-' {
				return directory.GUID{}
			}
			at++
		}
		high, low := nibble(text[at]), nibble(text[at+1])
		if high > 15 || low > 15 {
			return directory.GUID{}
		}
		id[i] = high<<4 | low
		at += 2
	}
	if hyphens { // the first three fields are little-endian on the wire (MS-DTYP 2.3.4.2)
		id[0], id[1], id[2], id[3] = id[3], id[2], id[1], id[0]
		id[4], id[5] = id[5], id[4]
		id[6], id[7] = id[7], id[6]
	}
	return id
}

// nibble gives the value of a hexadecimal digit, 255 of anything else.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
