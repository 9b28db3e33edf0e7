package host

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// searchDomains gives the domain of a host's full name, then those of resolv.conf(5), whose last “search” or “domain” counts.
func searchDomains(name string, resolvConf io.Reader) []string {
	var searched []string
	for lines := bufio.NewScanner(resolvConf); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && (words[0] == "search" || words[0] == "domain") {
			searched = words[1:]
		}
	}
	_, own, _ := strings.Cut(name, ".")
	var all []string
	for _, domain := range append([]string{own}, searched...) {
		domain = strings.ToLower(strings.Trim(domain, "."))
		if domain != "" && !slices.Contains(all, domain) {
			all = append(all, domain)
		}
	}
	return all
}
