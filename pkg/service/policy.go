package service

import (
	"strings"

	"passlysync/pkg/textfile"
)

// privilegeRights gives whom a policy's template (GptTmpl.inf, MS-GPSB 2.2) gives a right to: SIDs without their star, and names.
// False: the policy says nothing of the right, and takes it from nobody.
func privilegeRights(template []byte, right string) (who []string, defined bool) {
	in := false
	text, err := textfile.Decode(template)
	if err != nil {
		return nil, false
	}
	for line := range strings.Lines(string(text)) {
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
