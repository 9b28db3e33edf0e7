package samba

import (
	"fmt"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/invented"
)

// enabled and disabled are userAccountControl for an account that may have no password.
const (
	enabled  = "544"
	disabled = "546"
)

// Scene3000 is the scene of the end-to-end test: 3,000 users in 8 units, some nested, of which 5 units with 1,000 users
// are chosen, and 20 groups, some nested, one with 2,000 members of which half are out of scope. One user in fifty is
// disabled.
func Scene3000(domain string) Plan {
	b := builder{people: invented.New(domain, 3000)}
	b.unit(true, 200, "Sales")
	b.unit(true, 200, "Sales", "Berlin")
	b.unit(true, 200, "Sales", "Lagos")
	b.unit(true, 300, "Engineering")
	b.unit(true, 100, "Finance")
	b.unit(false, 1000, "Contractors")
	b.unit(false, 600, "Contractors", "Warehouse")
	b.unit(false, 400, "Alumni")

	everybody := append(b.members(0, 1000), b.members(5, 1000)...)
	b.group("Everybody", everybody, "Sales")
	for i, u := range b.plan.Units {
		b.group("Team "+u.Path[len(u.Path)-1], b.members(i, 60), u.Path...)
		b.group("Leads "+u.Path[len(u.Path)-1], b.members(i, 5), u.Path...)
	}
	b.group("All Sales", b.groups("Team Sales", "Team Berlin", "Team Lagos"), "Sales")
	b.group("All Leads", append(b.groups("Leads Sales", "Leads Engineering", "Leads Contractors"), b.members(4, 3)...), "Finance")
	b.group("Company", b.groups("All Sales", "All Leads", "Team Engineering", "Team Warehouse"), "Engineering")
	return b.plan
}

// Simple is a plan of people spread over a few units with a team in each, all chosen: for benchmarks and cmd/lab.
func Simple(domain string, people int) Plan {
	b := builder{people: invented.New(domain, 1)}
	top := []string{"Sales", "Engineering", "Customer Care", "Finance", "Operations"}
	for i, name := range top {
		count := people / len(top)
		if i < people%len(top) {
			count++
		}
		b.unit(true, count, name)
	}
	for i, name := range top {
		b.group(name+" Team", b.members(i, 500), name)
	}
	return b.plan
}

// builder puts a plan together.
type builder struct {
	plan   Plan
	people *invented.People
	next   int32
}

func (b *builder) unit(chosen bool, people int, path ...string) {
	u := Unit{Path: path, Chosen: chosen}
	for range people {
		u.People = append(u.People, b.person())
	}
	b.plan.Units = append(b.plan.Units, u)
}

func (b *builder) person() Person {
	p := Person{Name: b.people.CommonName(b.next)}
	for _, a := range b.people.Attributes(b.next, nil) {
		switch a.Name {
		case directory.UserAccountControl:
			a.Value = map[string]string{"512": enabled, "514": disabled}[a.Value]
		case directory.AccountExpires:
			continue // Samba sets it by itself
		}
		p.Attributes = append(p.Attributes, a)
	}
	b.next++
	return p
}

// members gives the first count people from the i-th unit on, going on with the units after it.
func (b *builder) members(i, count int) (members []Member) {
	for _, u := range b.plan.Units[i:] {
		for _, p := range u.People {
			if len(members) == count {
				return members
			}
			members = append(members, Member{u.Path, p.Name})
		}
	}
	return members
}

// groups gives groups of the plan as members.
func (b *builder) groups(names ...string) (members []Member) {
	for _, name := range names {
		found := false
		for _, g := range b.plan.Groups {
			if g.Name == name {
				members, found = append(members, Member{g.Path, g.Name}), true
			}
		}
		if !found {
			panic(fmt.Sprintf("the plan has no group %q yet", name))
		}
	}
	return members
}

func (b *builder) group(name string, members []Member, path ...string) {
	b.plan.Groups = append(b.plan.Groups, Group{Name: name, Path: path, Members: members})
}
