package ad

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// Controllers asks DNS which domain controllers a domain has (MS-ADTS 6.3.2.3), the first to be tried first (RFC 2782); a nil
// resolver is the system's. It is for offering somebody one to begin with; an agent goes by what the directory lists (Reader.Controllers). Names outside of the domain are left out: DNS is not proof, and whoever could lead the agent to a
// host of their own, with a certificate that the system trusts, would be told the service account's password.
func Controllers(ctx context.Context, resolver *net.Resolver, domain string) ([]string, error) {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	_, records, err := resolver.LookupSRV(ctx, "ldap", "tcp", "dc._msdcs."+domain)
	if err != nil {
		return nil, fmt.Errorf("looking for domain controllers of %s: %w", domain, err)
	}
	var names []string
	for _, r := range records {
		name := strings.ToLower(strings.TrimSuffix(r.Target, "."))
		if strings.HasSuffix(name, "."+strings.ToLower(domain)) && len(names) < maxControllers {
			names = append(names, name)
		}
	}
	return names, nil
}
