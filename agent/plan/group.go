package plan

// Group is what the directory says of a group entry.
type Group struct {
	Name    string
	Deleted bool
	Plain   bool // false once it turned out to be a system's own group: then it is left out
	Place   Place
	Refusal Flag // see User.Refusal
}

// Values digests what the tenant should hold of the group, but for its members.
func (g Group) Values() Hash { return HashOf("group", g.Name) }

// JudgeGroup decides on one group. A group that left the scope or the directory is removed from the tenant.
func JudgeGroup(g Group, s Standing) Verdict {
	if g.Place == Unknown && !g.Deleted {
		return Verdict{Flag: Unplaced, Values: s.Values, Active: s.Active}
	}
	wanted := g.Place == Inside && !g.Deleted && g.Plain
	v := Verdict{Values: g.Values(), Active: wanted}
	switch {
	case wanted && g.Refusal != Clear:
		v.Flag = g.Refusal
	case wanted && !s.Added:
		v.Todo = Add
	case wanted && v.Values != s.Values:
		v.Todo = Update
	case !wanted && s.Added:
		v.Todo = Remove
	}
	return v
}
