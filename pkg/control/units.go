package control

import "passlysync/pkg/directory"

// PickUnits answers UnitsArgs out of a directory's tree; people counts those directly in each unit, and is empty where that is
// not known yet.
func PickUnits(tree *directory.Tree, people map[directory.GUID]int, args UnitsArgs) UnitList {
	picked, more := tree.Pick(directory.Wanted{
		Under: args.Under, Skip: args.Skip, Reach: args.Reach[:min(len(args.Reach), MaxScope)], Open: args.Open[:min(len(args.Open), MaxScope)],
		Search: args.Search, Limit: MaxUnits,
	})
	list := UnitList{Units: make([]Unit, len(picked)), Truncated: more}
	all := tree.Sum(people)
	for i, u := range picked {
		list.Units[i] = Unit{GUID: u.GUID, Parent: u.Parent, Name: u.Name, DN: u.DN, People: people[u.GUID], All: all[u.GUID], Below: tree.Below(u.GUID)}
		if len(people) == 0 {
			list.Units[i].People, list.Units[i].All = -1, -1
		}
	}
	return list
}
