package ad

import (
	"context"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

// Schema and rights GUIDs (MS-ADSC, MS-ADTS 5.1.3.2.1).
const (
	forceChangePassword = "00299570-246d-11d0-a768-00aa006e0529" // "Reset Password"
	getChanges          = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2" // "Replicating Directory Changes"
	userClass           = "bf967aba-0de6-11d0-a285-00aa003049e2"
)

// personRight is a right on each person that two-way passwords need; units give it.
type personRight struct {
	name         directory.RightName
	title, means string
	mask         uint32
	objects      []directory.GUID // an extended right; or a property, and the set that it is in
	grant        func(grantee, []string) []directory.Grant
}

// accountRestrictions is the property set that pwdLastSet is in (MS-ADTS 3.1.1.2.3.3); lockoutTime is in none.
const accountRestrictions = "4c164200-20c0-11d0-a768-00aa006e0529"

func personRights() []personRight {
	writes := func(attribute string) func(grantee, []string) []directory.Grant {
		return func(g grantee, units []string) []directory.Grant { return g.write(units, attribute) }
	}
	return []personRight{
		{
			directory.ResetPassword, "Reset password", "Passwords that people set in Passly do not reach the directory there.",
			descriptor.ControlAccess,
			[]directory.GUID{guid(forceChangePassword)},
			grantee.reset,
		},
		{
			directory.WriteLastSet, "Write pwdLastSet", "Nobody there can be made to change the password at the next sign-in.",
			descriptor.WriteProperty,
			[]directory.GUID{guid(writable[attrLastSet]), guid(accountRestrictions)},
			writes(attrLastSet),
		},
		{
			directory.WriteLockout, "Write lockoutTime", "A reset cannot end a lockout there.",
			descriptor.WriteProperty,
			[]directory.GUID{guid(writable[attrLockout])},
			writes(attrLockout),
		},
	}
}

// maxUnits bounds how many units are looked at, those at the top first: each costs a round trip.
const maxUnits = 200

// samples are security descriptors of people, one of each unit.
type samples struct {
	units  []unitSample // those with people, parents first; never empty
	cut    bool         // there are more units than were looked at
	nobody bool         // there are no people: the only unit is the domain, with what they would inherit
}

type unitSample struct{ dn, raw string }

// samples looks at somebody in each unit. While there is nobody, what a new person would inherit from the domain counts.
func (s *session) samples(ctx context.Context, who principal, units []string) (samples, error) {
	found := samples{cut: len(units) > maxUnits}
	for _, dn := range units[:min(len(units), maxUnits)] {
		sample, err := s.sample(ctx, dn, who.sid)
		if err != nil {
			return samples{}, err
		}
		if sample != nil {
			found.units = append(found.units, unitSample{dn, sample.value(attrDescriptor)})
		}
	}
	if len(found.units) > 0 {
		return found, nil
	}
	rows, err := s.rows(ctx, baseOf(s.domain.BaseDN, []string{attrDescriptor}, daclOnly()))
	if err != nil && !saysNo(err) {
		return samples{}, err
	}
	var domain row
	if len(rows) > 0 {
		domain = rows[0]
	}
	return samples{nobody: true, units: []unitSample{{s.domain.BaseDN, domain.value(attrDescriptor)}}}, nil
}

// verdicts is what was found out about one right, unit by unit.
type verdicts struct {
	personRight
	units       []unitVerdict
	cut, nobody bool
}

type unitVerdict struct {
	dn      string
	verdict descriptor.Verdict
	hidden  bool // its people's security descriptors cannot be read
}

// judge reads people's security descriptors, or that of the domain for what would be inherited.
func (f samples) judge(token descriptor.Token, r personRight) verdicts {
	v := verdicts{personRight: r, cut: f.cut, nobody: f.nobody}
	for _, u := range f.units {
		one := unitVerdict{dn: u.dn, verdict: descriptor.Silent}
		d, err := descriptor.Parse([]byte(u.raw))
		if f.nobody {
			d = d.Below(guid(userClass))
		}
		if one.hidden = err != nil; !one.hidden {
			one.verdict = d.Check(token, r.mask, r.objects...)
		}
		v.units = append(v.units, one)
	}
	return v
}

// sample gives somebody directly in a unit who is an ordinary person: no protected administrator, whose rights are set from
// elsewhere (MS-ADTS 3.1.1.6.1.2), no account of a trust or a machine, and not who asks. Nil: there is nobody.
func (s *session) sample(ctx context.Context, unit string, asking descriptor.SID) (*row, error) {
	filter := "(objectClass=user)(!(objectClass=computer))(!(adminCount=1))(!(" + attrCritical + "=TRUE))(!(sAMAccountType=805306370))"
	if asking != "" {
		filter += "(!(" + attrSID + "=" + escaped(string(asking)) + "))"
	}
	rows, err := s.few(ctx, unit, ldap.ScopeSingleLevel, 1, "(&"+filter+")", []string{attrDescriptor}, daclOnly())
	if err != nil || len(rows) == 0 {
		return nil, unless(saysNo, err)
	}
	return &rows[0], nil
}

// daclOnly asks for the part of a security descriptor that needs no privilege (MS-ADTS 3.1.1.3.4.1.11): a sequence with the
// flag 4.
func daclOnly() ldap.Control {
	return ldap.NewControlString("1.2.840.113556.1.4.801", true, "\x30\x03\x02\x01\x04")
}

// guid is for the constants above.
func guid(text string) directory.GUID {
	id, err := directory.ParseGUID(text)
	if err != nil {
		panic(err)
	}
	return id
}

// unitsFromTop gives the DNs of what can hold people, those at the top first: units, containers, and the domain itself, but
// not what lies in the system's own containers.
func (s *session) unitsFromTop(ctx context.Context) ([]string, error) {
	rows, err := s.every(ctx, s.domain.BaseDN, "(|(objectClass=organizationalUnit)(objectClass=container))", []string{attrClass, attrCritical})
	if err != nil && !saysNo(err) {
		return nil, err
	}
	units := []place{{dn: s.domain.BaseDN}}
	var systems []*ldap.DN
	for _, r := range rows {
		at, err := ldap.ParseDN(r.dn)
		if err != nil {
			continue // its people cannot be asked for either
		}
		units = append(units, place{r.dn, at})
		if r.value(attrCritical) == "TRUE" && slices.Contains(r.all(attrClass), "container") {
			systems = append(systems, at)
		}
	}
	slices.SortStableFunc(units, func(a, b place) int { return a.depth() - b.depth() })
	var dns []string
	for _, u := range units {
		if !slices.ContainsFunc(systems, u.below) {
			dns = append(dns, u.dn)
		}
	}
	return dns, nil
}

// place is a distinguished name, parsed; nil of the domain itself.
type place struct {
	dn string
	at *ldap.DN
}

func (p place) depth() int {
	if p.at == nil {
		return 0
	}
	return len(p.at.RDNs)
}

func (p place) below(other *ldap.DN) bool { return p.at != nil && other.AncestorOfFold(p.at) }
