package adtest

import (
	"context"
	"slices"

	"passlysync/pkg/directory"
)

// AddMember puts a member into a group. To be one already is no change.
func (s *Server) AddMember(_ context.Context, group, member directory.GUID) error {
	return s.membership(group, member, (*detail).addMember)
}

// RemoveMember takes a member out of a group. Not to be one is no change.
func (s *Server) RemoveMember(_ context.Context, group, member directory.GUID) error {
	return s.membership(group, member, (*detail).removeMember)
}

func (s *Server) membership(group, member directory.GUID, apply func(*detail, int32) bool) error {
	return s.change(group, func(g int32) (int32, error) {
		m := s.number(member)
		if m == none || s.objects[m].deleted || s.objects[g].class != classGroup {
			return none, ErrNoObject
		}
		if apply(s.own(g), m) {
			s.record(g, m)
		}
		return none, nil
	})
}

func (d *detail) addMember(m int32) bool {
	d.index()
	if _, is := d.position[m]; is {
		return false
	}
	d.position[m] = len(d.members)
	d.members = append(d.members, m)
	return true
}

func (d *detail) removeMember(m int32) bool {
	d.index()
	at, is := d.position[m]
	if !is {
		return false
	}
	last := len(d.members) - 1
	d.members[at] = d.members[last]
	d.position[d.members[at]] = at
	d.members = d.members[:last]
	delete(d.position, m)
	return true
}

// isMember may run beside other readers: it makes no index.
func (d *detail) isMember(m int32) bool {
	if d.position == nil {
		return slices.Contains(d.members, m)
	}
	_, is := d.position[m]
	return is
}

// index makes the positions on first use.
func (d *detail) index() {
	if d.position != nil {
		return
	}
	d.position = make(map[int32]int, len(d.members))
	for i, m := range d.members {
		d.position[m] = i
	}
}

// groupsOf looks through all groups: it is asked for seldom.
func (s *Server) groupsOf(m int32) (groups []int32) {
	for g := range s.objects {
		if d := s.objects[g].detail; d != nil && s.objects[g].class == classGroup && d.isMember(m) {
			groups = append(groups, int32(g))
		}
	}
	return groups
}
