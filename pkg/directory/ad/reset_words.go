package ad

import (
	"fmt"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

// right puts it into words, with the commands that grant what is lacking.
func (r verdicts) right(g grantee) directory.Right {
	held, denied, hidden := r.count()
	right := directory.Right{
		Name: r.name, Title: r.title, Only: "two-way passwords", Held: held == len(r.units), Where: r.where(held), Means: r.means,
	}
	if denied > 0 {
		right.Where += fmt.Sprintf(", denied in %d", denied)
		right.Means += " Where an entry denies it, granting does not help: take that entry out."
	}
	if hidden > 0 {
		right.Where += fmt.Sprintf(", not to be found out in %d", hidden)
	}
	if !right.Held {
		right.Grant = r.grant(g, r.grantable())
	}
	return right
}

func (r verdicts) where(held int) string {
	switch {
	case r.nobody:
		return "on the domain, where nobody is yet"
	case r.cut:
		return fmt.Sprintf("in %d of the %d units looked at", held, len(r.units))
	case len(r.units) == 1:
		return fmt.Sprintf("in %d of 1 unit", held)
	}
	return fmt.Sprintf("in %d of %d units", held, len(r.units))
}

func (r verdicts) count() (held, denied, hidden int) {
	for _, u := range r.units {
		switch {
		case u.hidden:
			hidden++
		case u.verdict == descriptor.Allowed:
			held++
		case u.verdict == descriptor.Denied:
			denied++
		}
	}
	return held, denied, hidden
}

// grantable gives the topmost units where granting helps: what it gives to one comes to those below.
func (r verdicts) grantable() (tops []string) {
	var above []*ldap.DN
	for _, u := range r.units {
		if u.verdict != descriptor.Silent {
			continue
		}
		at, err := ldap.ParseDN(u.dn)
		if err != nil || slices.ContainsFunc(above, func(top *ldap.DN) bool { return top.AncestorOfFold(at) }) {
			continue
		}
		above, tops = append(above, at), append(tops, u.dn)
	}
	return tops
}
