package ad

import (
	"context"
	"errors"
	"net"
)

// Address gives the address by which a domain controller is best reached: LDAPS, or where that port shows no certificate while LDAP's
// own answers, that. On Windows without a certificate the port is open and hangs up.
func Address(ctx context.Context, resolver *net.Resolver, host string) string {
	secure := "ldaps://" + host
	ctx, cancel := context.WithTimeout(ctx, 2*probeLimit)
	defer cancel()
	s := Settings{URL: secure, Resolver: resolver}
	shown, err := Certificates(ctx, s)
	if err == nil || len(shown) > 0 || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return secure
	}
	s.URL = "ldap://" + host
	if Reach(ctx, s) != nil {
		return secure
	}
	return s.URL
}
