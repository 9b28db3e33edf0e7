package service

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// privilegeRights gives whom a policy's template (GptTmpl.inf, MS-GPSB 2.2) gives a right to: SIDs without their star, and names.
// False: the policy says nothing of the right, and takes it from nobody.
func privilegeRights(template []byte, right string) (who []string, defined bool) {
	in := false
	for line := range strings.Lines(text(template)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.EqualFold(line, "[Privilege Rights]")
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !in || !found || !strings.EqualFold(strings.TrimSpace(name), right) {
			continue
		}
		defined = true
		for each := range strings.SplitSeq(value, ",") {
			if each = strings.TrimPrefix(strings.TrimSpace(each), "*"); each != "" {
				who = append(who, each)
			}
		}
	}
	return who, defined
}

// text reads UTF-16 with a byte order mark, as Windows writes these files, and otherwise takes the bytes as they are.
func text(raw []byte) string {
	if len(raw) < 2 || raw[0] != 0xff || raw[1] != 0xfe {
		return string(raw)
	}
	units := make([]uint16, 0, len(raw)/2)
	for pair := range slices.Chunk(raw[2:], 2) {
		if len(pair) == 2 {
			units = append(units, binary.LittleEndian.Uint16(pair))
		}
	}
	return string(utf16.Decode(units))
}
