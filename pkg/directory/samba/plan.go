package samba

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"passlysync/pkg/directory"
)

// Plan is who is in a domain when it starts. It is plain data, so that a test can compute what must come of it.
type Plan struct {
	Units  []Unit // parents before children
	Groups []Group
}

// Unit is an organizational unit and who is directly in it.
type Unit struct {
	Path   []string // names from the top: "Sales", "Berlin"
	Chosen bool     // for the test: whether it stands in the scope, by itself or below a unit that does
	People []Person
}

// Person is a user, with the attributes exactly as the directory will give them.
type Person struct {
	Name       string // the RDN
	Attributes []directory.Attribute
}

// Value gives one of the person's attributes, or "".
func (p Person) Value(name string) string {
	for _, a := range p.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Group is a group and its members.
type Group struct {
	Name    string
	Path    []string // the unit it stands in
	Members []Member
}

// Member is a person or a group of the plan, by its place and name.
type Member struct {
	Path []string
	Name string
}

// order is the plan as the script reads it.
func (o Options) order(dir string) map[string]any {
	var units []string
	var people, groups []map[string]any
	for _, u := range o.Plan.Units {
		units = append(units, unitDN(u.Path))
		for _, p := range u.People {
			person := map[string]any{"dn": childDN(u.Path, p.Name)}
			for _, a := range p.Attributes {
				person[a.Name] = a.Value
			}
			people = append(people, person)
		}
	}
	for _, g := range o.Plan.Groups {
		var members []string
		for _, m := range g.Members {
			members = append(members, childDN(m.Path, m.Name))
		}
		groups = append(groups, map[string]any{"dn": childDN(g.Path, g.Name), "name": g.Name, "members": members})
	}
	return map[string]any{
		"conf": configFile(dir), "dir": filepath.ToSlash(dir), "domain": o.Domain, "account": syncName, "password": syncPassword,
		"replicates": !o.LacksReplication, "deleted": !o.HidesDeleted, "units": units, "people": people, "groups": groups,
	}
}

// unitDN gives the part of a unit's DN above the domain.
func unitDN(path []string) string {
	var parts []string
	for _, name := range slices.Backward(path) {
		parts = append(parts, "OU="+escaped(name))
	}
	return strings.Join(parts, ",")
}

// DN gives the distinguished name of somebody in a plan, spelled as the directory spells it for names without special
// characters, which planned ones are.
func DN(domain string, path []string, name string) string {
	return childDN(path, name) + "," + baseDN(domain)
}

func childDN(path []string, name string) string {
	return strings.TrimSuffix("CN="+escaped(name)+","+unitDN(path), ",")
}

// escaped writes an RDN's value with every special character in hexadecimal (RFC 4514 §2.4): in a rename, Samba takes
// an equals sign that stands for itself for the beginning of another value.
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		edge := c == ' ' && (i == 0 || i == len(value)-1)
		if edge || c < ' ' || strings.IndexByte(`,+"\<>;=#`, c) >= 0 {
			fmt.Fprintf(&b, `\%02X`, c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
