// Package invented makes people who do not exist, for demos, tests and benchmarks: realistic names from many places, the
// same ones for the same numbers, as many as wanted. It knows nothing of any directory.
package invented

import (
	"strconv"
	"strings"

	"passlysync/pkg/directory"
)

// People are invented: the k-th person's name follows from k and the seed. Each pair of names comes once before any
// comes again with a number behind it.
type People struct {
	given, family []spelling
	domain        string
	offset, step  int
}

// spelling is a name as it is written, and as it stands in an address.
type spelling struct{ written, plain string }

// New gives the people of a domain, such as example.test.
func New(domain string, seed int64) *People {
	p := &People{given: spellings(givenNames), family: spellings(familyNames), domain: domain}
	pairs := len(p.given) * len(p.family)
	p.offset = int(uint64(seed)*2654435761%uint64(pairs)) + 1
	p.step = coprime(pairs, pairs*5/8+int(uint64(seed)%97))
	return p
}

// spellings reads a list in which a name that is not plain ASCII is followed by its plain form behind a slash.
func spellings(list string) []spelling {
	var all []spelling
	for _, word := range strings.Fields(list) {
		written, plain, found := strings.Cut(word, "/")
		if !found {
			plain = strings.ToLower(strings.ReplaceAll(written, "'", ""))
		}
		all = append(all, spelling{strings.ReplaceAll(written, "_", " "), plain})
	}
	return all
}

// coprime gives the first number from n on that has no factor in common with m, so that its multiples reach everything.
func coprime(m, n int) int {
	for a, b := m, n; ; a, b = m, n {
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return n
		}
		n++
	}
}

// person gives the names of the k-th person, and how often that pair came before.
func (p *People) person(k int32) (given, family spelling, again int) {
	pairs := len(p.given) * len(p.family)
	at := (p.offset + int(k)%pairs*p.step) % pairs
	return p.given[at%len(p.given)], p.family[at/len(p.given)], int(k) / pairs
}

// CommonName gives the k-th person's name as an RDN; no two are alike.
func (p *People) CommonName(k int32) string {
	given, family, again := p.person(k)
	name := given.written + " " + family.written
	if again > 0 {
		name += " " + strconv.Itoa(again+1)
	}
	return name
}

// Attributes appends a person's attributes to into. One in fifty accounts is disabled.
func (p *People) Attributes(k int32, into []directory.Attribute) []directory.Attribute {
	given, family, again := p.person(k)
	number, behind := "", ""
	if again > 0 {
		number = strconv.Itoa(again + 1)
		behind = " " + number
	}
	logon := given.plain + "." + family.plain + number + "@" + p.domain
	control := "512"
	if k%50 == 49 {
		control = "514"
	}
	return append(into,
		directory.Attribute{Name: directory.GivenName, Value: given.written},
		directory.Attribute{Name: directory.Surname, Value: family.written},
		directory.Attribute{Name: directory.Mail, Value: logon},
		directory.Attribute{Name: directory.UserPrincipalName, Value: logon},
		directory.Attribute{Name: directory.SAMAccountName, Value: short(given.plain, 6) + "." + short(family.plain, 8) + number},
		directory.Attribute{Name: directory.DisplayName, Value: given.written + " " + family.written + behind},
		directory.Attribute{Name: directory.UserAccountControl, Value: control},
		directory.Attribute{Name: directory.AccountExpires, Value: "9223372036854775807"},
	)
}

// short cuts a name: a sAMAccountName has 20 characters at most (MS-ADA3).
func short(name string, length int) string { return name[:min(len(name), length)] }
