//go:build unix

package host

import (
	"bufio"
	"os"
	"strings"
)

func look(f *Facts) {
	f.Elevated = os.Geteuid() == 0
	if name := prettyName("/etc/os-release"); name != "" {
		f.System = name
	}
	if file, err := os.Open("/etc/resolv.conf"); err == nil {
		defer file.Close()
		f.SearchDomains = searchDomains(f.Name, file)
	}
	lookAtSamba(f, sambaConfig)
}

// prettyName reads PRETTY_NAME of os-release(5).
func prettyName(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}
