package adtest

import (
	"fmt"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/invented"
)

// tree is where seeded people work: units, each with offices below it.
var tree = []struct {
	unit    string
	offices []string
}{
	{"Sales", []string{"Berlin", "Lagos", "São Paulo"}},
	{"Engineering", []string{"Platform", "Applications", "Quality"}},
	{"Customer Care", []string{"Nairobi", "Montréal"}},
	{"Finance", nil},
	{"People", nil},
	{"Operations", []string{"Warehouse", "Logistics"}},
	{"Legal", nil},
	{"Contractors", nil},
}

// Seeded says what a seed made.
type Seeded struct {
	Units  []directory.GUID // of the top: Sales, Engineering and so on
	Groups []directory.GUID
	// Leaves are the units that people were put in.
	Leaves []directory.GUID
}

// perGroup bounds a team, so that a directory of a million has no message of its size.
const perGroup = 1000

// Seed fills an empty directory with invented people in a tree of units, with groups: a team for each unit that has
// people, one for each unit at the top that holds the teams, and one that holds those. The same numbers give the same
// people. It takes a moment for a million.
func (s *Server) Seed(count int, seed int64) (Seeded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people != nil {
		return Seeded{}, fmt.Errorf("the directory was seeded before")
	}
	s.people = invented.New(s.options.Domain, seed)
	var made Seeded
	var leaves, tops []int32
	topOf := map[int32]int32{}
	for _, branch := range tree {
		top := s.add(rootObject, classUnit, branch.unit)
		tops = append(tops, top)
		made.Units = append(made.Units, s.guid(top))
		below := []int32{top}
		for i, office := range branch.offices {
			if i == 0 {
				below = nil
			}
			below = append(below, s.add(top, classUnit, office))
		}
		for _, leaf := range below {
			topOf[leaf] = top
			leaves = append(leaves, leaf)
			made.Leaves = append(made.Leaves, s.guid(leaf))
		}
	}
	teams := s.hire(count, leaves)
	made.Groups = s.form(tops, leaves, topOf, teams)
	return made, nil
}

// hire adds the people, spread over the leaves, and gives the first of each leaf for its team.
func (s *Server) hire(count int, leaves []int32) map[int32][]int32 {
	teams := map[int32][]int32{}
	first := len(s.objects)
	grown := make([]object, first, first+count+64)
	copy(grown, s.objects)
	s.objects = grown
	for k := range int32(count) {
		leaf := leaves[spread(k)%uint32(len(leaves))]
		s.usn++
		if len(teams[leaf]) < perGroup {
			teams[leaf] = append(teams[leaf], int32(len(s.objects)))
		}
		s.objects = append(s.objects, object{
			parent: leaf, person: k, class: classUser, created: s.usn, changed: s.usn, placed: s.usn,
		})
	}
	s.seeded = s.usn
	return teams
}

// spread mixes a number's bits, so that neighbours land in different places.
func spread(k int32) uint32 {
	x := uint32(k) * 0x9e3779b1
	return x ^ x>>15
}

// form makes the groups.
func (s *Server) form(tops, leaves []int32, topOf map[int32]int32, teams map[int32][]int32) (made []directory.GUID) {
	group := func(parent int32, name string, members []int32) int32 {
		g := s.add(parent, classGroup, name, directory.Attribute{Name: directory.SAMAccountName, Value: name},
			directory.Attribute{Name: directory.Description, Value: "Everybody in " + name})
		s.objects[g].detail.members = members
		made = append(made, s.guid(g))
		return g
	}
	under := map[int32][]int32{}
	for _, leaf := range leaves {
		name := s.name(leaf) + " Team"
		if topOf[leaf] != leaf {
			name = s.name(topOf[leaf]) + " " + name
		}
		under[topOf[leaf]] = append(under[topOf[leaf]], group(leaf, name, teams[leaf]))
	}
	var all []int32
	for _, top := range tops {
		all = append(all, group(top, "All "+s.name(top), under[top]))
	}
	group(tops[0], "All Staff", all)
	return made
}
