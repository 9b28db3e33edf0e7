package service

import (
	"encoding/binary"
	"slices"
	"testing"
	"unicode/utf16"
)

func TestPolicySaysWhoMayLogOnAsAService(t *testing.T) {
	const template = "[Unicode]\r\nUnicode=yes\r\n[Privilege Rights]\r\nSeBatchLogonRight = *S-1-5-32-544\r\n" +
		"SeServiceLogonRight = *S-1-5-20,*S-1-5-21-1-2-3-1104,Größe\r\nSeTcbPrivilege =\r\n[Version]\r\nSeServiceLogonRight = *S-1-1-0\r\n"
	for name, raw := range map[string][]byte{"as Windows writes it": utf16File(template), "as an editor may": []byte(template)} {
		if who, defined := privilegeRights(raw, "SeServiceLogonRight"); !defined || !slices.Equal(who, []string{"S-1-5-20", "S-1-5-21-1-2-3-1104", "Größe"}) {
			t.Errorf("%s: got %q, %t", name, who, defined)
		}
		if who, defined := privilegeRights(raw, "SeTcbPrivilege"); !defined || len(who) != 0 {
			t.Errorf("%s, of nobody: got %q, %t", name, who, defined)
		}
		if who, defined := privilegeRights(raw, "SeDebugPrivilege"); defined {
			t.Errorf("%s: a right that it does not name goes to %q", name, who)
		}
	}
}

// FuzzPolicy: whoever may edit a policy must not end the setup by it.
func FuzzPolicy(f *testing.F) {
	f.Add(utf16File("[Privilege Rights]\r\nSeServiceLogonRight = *S-1-5-20"))
	f.Add([]byte{0xff, 0xfe, 0})
	f.Fuzz(func(_ *testing.T, raw []byte) { privilegeRights(raw, "SeServiceLogonRight") })
}

func utf16File(text string) []byte {
	raw := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = binary.LittleEndian.AppendUint16(raw, unit)
	}
	return raw
}
