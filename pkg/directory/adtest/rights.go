package adtest

import (
	"encoding/binary"

	"passlysync/pkg/directory"
)

// sidBytes is sid in its binary form (MS-DTYP 2.4.2.2).
func (s *Server) sidBytes(n int32) string {
	b := []byte{1, 5, 0, 0, 0, 0, 0, 5}
	for _, part := range [...]uint32{21, domainSID[0], domainSID[1], domainSID[2], uint32(firstRelative + n)} {
		b = binary.LittleEndian.AppendUint32(b, part)
	}
	return string(b)
}

// token is whom the account is known as: Everyone, a group that nobody may see, and itself. No order is promised.
func (s *Server) token() []string {
	return []string{"\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", s.sidBytes(hiddenGroup), s.sidBytes(accountObject)}
}

// hiddenGroup is a number below those of the objects there are, as that of Domain Users is.
const hiddenGroup = 513 - firstRelative

// User-Force-Change-Password (MS-ADTS 5.1.3.2.1), as it stands on the wire.
var resetPassword = directory.GUID{0x70, 0x95, 0x29, 0x00, 0x6d, 0x24, 0xd0, 0x11, 0xa7, 0x68, 0x00, 0xaa, 0x00, 0x6e, 0x05, 0x29}

// securityDescriptor lets the account set everybody's password, unless that was taken from it, and everybody read (MS-DTYP
// 2.4.6: self-relative, with a discretionary list only).
func (s *Server) securityDescriptor() string {
	const allow, allowObject, objectIsGiven = 0, 5, 1
	const controlAccess, read = 0x100, 0x20094
	rules := [][]byte{rule(allow, read, nil, "\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00\x00")} // Authenticated Users
	if !s.options.LacksReset {
		rules = append(rules, rule(allowObject, controlAccess, append([]byte{objectIsGiven, 0, 0, 0}, resetPassword[:]...), s.sidBytes(accountObject)))
	}
	var list []byte
	for _, r := range rules {
		list = append(list, r...)
	}
	const headerSize = 20
	b := []byte{1, 0, 0x04, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, headerSize, 0, 0, 0, 4, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(8+len(list)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(rules)))
	return string(append(append(b, 0, 0), list...))
}

// rule is an access control entry (MS-DTYP 2.4.4.2, 2.4.4.3) that children inherit.
func rule(kind byte, mask uint32, object []byte, sid string) []byte {
	const inherited = 0x02
	b := binary.LittleEndian.AppendUint16([]byte{kind, inherited}, uint16(8+len(object)+len(sid)))
	b = append(binary.LittleEndian.AppendUint32(b, mask), object...)
	return append(b, sid...)
}
