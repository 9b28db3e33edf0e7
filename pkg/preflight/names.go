package preflight

import (
	"context"
	"strings"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/problem"
)

// search looks for a domain controller by DNS, in the domains that this machine searches (MS-ADTS 6.3.2.3), and gives the
// first that answers.
func (l *look) search(ctx context.Context) (string, error) {
	if l.Facts.Controller != "" {
		return ad.Address(ctx, l.Resolver, l.Facts.Controller), nil
	}
	var silent error
	for _, domain := range l.Facts.SearchDomains {
		names, err := ad.Controllers(ctx, l.Resolver, domain)
		if err != nil {
			continue
		}
		for _, name := range names {
			at := ad.Address(ctx, l.Resolver, name)
			err := ad.Reach(ctx, ad.Settings{URL: at, Resolver: l.Resolver})
			if err == nil {
				return at, nil
			}
			silent = err
		}
	}
	if silent != nil {
		return "", silent
	}
	return "", notLooked("no directory is known yet")
}

// beside says of a machine that is no domain controller which one was found for it.
func (l *look) beside(ctx context.Context) Result {
	if l.Directory != "" {
		return passed("not needed here: beside one will do")
	}
	at, err := l.find(ctx)
	if _, ok := skipped(err); ok {
		return Result{State: Skipped, Detail: "none found by DNS: setup asks for one"}
	}
	if err != nil {
		return bad(Warning, "found by DNS, does not answer", problem.Of(err))
	}
	r := passed(hostOf(at) + ", found by DNS")
	r.Found.Directory = at
	return r
}

// names says whether the domain controller's name resolves.
func (l *look) names(ctx context.Context) Result {
	at, err := l.controller(ctx)
	if r, ok := skipped(err); ok {
		return r
	}
	addresses, err := l.resolve(ctx)
	if err != nil {
		return bad(Warning, hostOf(at.URL), problem.Of(err))
	}
	detail := strings.Join(addresses[:min(3, len(addresses))], ", ")
	if name := hostOf(at.URL); name != detail {
		detail = name + ", " + detail
	}
	return passed(detail)
}
