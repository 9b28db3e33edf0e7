package adtest

import (
	"strings"

	"passlysync/pkg/directory"
)

// Snapshot gives every live object as it is now, whole, for tests to compute expectations from. Members are GUIDs in
// no order.
func (s *Server) Snapshot() []directory.Entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	entries := make([]directory.Entry, 0, len(s.objects))
	for n := range int32(len(s.objects)) {
		if !s.objects[n].deleted {
			entries = append(entries, s.entry(n))
		}
	}
	return entries
}

func (s *Server) entry(n int32) directory.Entry {
	o := &s.objects[n]
	e := directory.Entry{GUID: s.guid(n), Name: s.name(n), DN: s.dn(n), Kind: s.kind(n), Whole: true, MembersWhole: true}
	if o.parent != none {
		e.Parent = s.guid(o.parent)
	}
	for _, a := range s.attributes(n, nil) {
		if a.Value != "" && a.Name != criticalName {
			e.Attributes = append(e.Attributes, a.Attribute)
		}
	}
	if o.detail != nil {
		for _, m := range o.detail.members {
			e.Members = append(e.Members, s.guid(m))
		}
	}
	return e
}

const criticalName = "isCriticalSystemObject"

func (s *Server) kind(n int32) directory.Kind {
	switch s.objects[n].class {
	case classDomain, classUnit, classContainer:
		return directory.KindUnit
	case classComputer:
		return directory.KindOther
	}
	switch {
	case s.value(n, criticalName) == "TRUE":
		return directory.KindOther
	case s.objects[n].class == classGroup:
		return directory.KindGroup
	}
	return directory.KindUser
}

// Find gives the objectGUID at a path of names below the domain, such as "Sales", "Berlin"; zero when there is none.
func (s *Server) Find(path ...string) directory.GUID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := rootObject
	for _, name := range path {
		if at = s.child(at, name); at == none {
			return directory.GUID{}
		}
	}
	return s.guid(at)
}

// child finds an object by its parent and name.
func (s *Server) child(parent int32, name string) int32 {
	for n := range s.objects {
		if s.objects[n].parent == parent && strings.EqualFold(s.name(int32(n)), name) {
			return int32(n)
		}
	}
	return none
}

func (s *Server) hasChildren(parent int32) bool {
	if c := s.objects[parent].class; c == classUser || c == classGroup || c == classComputer {
		return false
	}
	for n := range s.objects {
		if s.objects[n].parent == parent {
			return true
		}
	}
	return false
}

// within reports whether n is base or below it.
func (s *Server) within(n, base int32) bool {
	for n != none && n != base {
		n = s.objects[n].parent
	}
	return n == base
}
