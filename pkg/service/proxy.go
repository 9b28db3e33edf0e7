package service

import (
	"net/url"
	"slices"
	"strings"
)

// proxyVariables are those by which programs find a proxy; the capital ones come first and count.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}

// ProxyEnvironment gives the proxy variables of an environment for Settings.Environment, and the names of those that it holds
// back because they carry a password.
func ProxyEnvironment(environ func(string) string) (environment, heldBack []string) {
	for _, name := range proxyVariables {
		value := environ(name)
		switch {
		case value == "" || slices.ContainsFunc(environment, sameVariable(name)):
		case CarriesPassword(value):
			heldBack = append(heldBack, name)
		default:
			environment = append(environment, name+"="+value)
		}
	}
	return environment, heldBack
}

// sameVariable matches a variable of the same name in other letters.
func sameVariable(name string) func(string) bool {
	return func(assignment string) bool {
		other, _, _ := strings.Cut(assignment, "=")
		return strings.EqualFold(other, name)
	}
}

// CarriesPassword reports whether the address of a proxy holds a password. Of what cannot be read it says yes where there
// might be one.
func CarriesPassword(address string) bool {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return strings.Contains(address, "@")
	}
	return u.User != nil
}
