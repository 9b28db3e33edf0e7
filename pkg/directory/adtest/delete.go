package adtest

import (
	"context"
	"errors"
	"slices"

	"passlysync/pkg/directory"
)

// kept are the attributes that a tombstone keeps (MS-ADTS 3.1.1.5.5.1.1).
var kept = []string{directory.SAMAccountName, directory.UserAccountControl}

// Delete makes a tombstone of an object: most attributes go, memberships too, and it moves to CN=Deleted Objects. A
// unit must be empty.
func (s *Server) Delete(_ context.Context, id directory.GUID) error {
	return s.change(id, func(n int32) (int32, error) {
		if s.hasChildren(n) {
			return none, errors.New("a unit must be empty to be deleted")
		}
		d := s.own(n)
		d.parentWas, d.nameWas, d.isDeleted = s.objects[n].parent, d.name, s.usn
		d.name += "\nDEL:" + id.String()
		d.attributes = slices.DeleteFunc(d.attributes, func(a attribute) bool { return !slices.Contains(kept, a.Name) })
		d.members, d.position = nil, nil
		o := &s.objects[n]
		o.deleted, o.parent, o.placed = true, deletedObject, s.usn
		s.forget(n)
		return n, nil
	})
}

// forget takes a deleted object out of the groups, which is not reported on them.
func (s *Server) forget(n int32) {
	if c := s.objects[n].class; c != classUser && c != classGroup && c != classComputer {
		return
	}
	for g := range s.objects {
		if o := &s.objects[g]; o.class == classGroup && o.detail != nil {
			o.detail.removeMember(n)
		}
	}
}

// Restore brings a tombstone back with the attributes given, where it was before.
func (s *Server) Restore(_ context.Context, id directory.GUID, attributes ...directory.Attribute) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(id)
	if n == none || !s.objects[n].deleted || n == deletedObject {
		return ErrNoObject
	}
	s.usn++
	o, d := &s.objects[n], s.objects[n].detail
	o.deleted, o.parent, o.placed = false, d.parentWas, s.usn
	d.name, d.isDeleted = d.nameWas, s.usn
	for _, a := range attributes {
		s.set(n, a.Name, a.Value)
	}
	s.record(n, none)
	return nil
}
