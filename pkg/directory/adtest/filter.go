package adtest

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"

	"passlysync/pkg/directory"
)

// filter is a compiled search filter (RFC 4511 §4.5.1.7).
type filter struct {
	match func(s *Server, n int32) bool
	// only, when it is not nil, are all objects that can match, in ascending order: what objectGUID or uSNChanged is compared with.
	only []int32
}

func everything() *filter {
	return &filter{match: func(*Server, int32) bool { return true }}
}

func (s *Server) compile(p *ber.Packet) (*filter, error) {
	switch p.Tag {
	case 0, 1:
		return s.compileSet(p)
	case 2:
		inner, err := s.compile(child(p, 0))
		if err != nil {
			return nil, err
		}
		return &filter{match: func(s *Server, n int32) bool { return !inner.match(s, n) }}, nil
	case 3:
		return s.compileEqual(text(child(p, 0)), text(child(p, 1))), nil
	case 4:
		return compileSubstrings(p), nil
	case 5:
		return s.compileAtLeast(text(child(p, 0)), text(child(p, 1)))
	case 7:
		return compilePresent(text(p)), nil
	}
	return nil, errors.New("a filter of this kind is not known here")
}

// compileSet makes and (tag 0) and or (tag 1).
func (s *Server) compileSet(p *ber.Packet) (*filter, error) {
	var parts []*filter
	for _, c := range p.Children {
		part, err := s.compile(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	and := p.Tag == 0
	set := &filter{match: func(s *Server, n int32) bool {
		for _, part := range parts {
			if part.match(s, n) != and {
				return !and
			}
		}
		return and
	}}
	if set.only = candidates(parts, and); set.only != nil {
		slices.Sort(set.only)
		set.only = slices.Compact(set.only)
	}
	return set, nil
}

// candidates are those of any part of an and, and of all parts of an or.
func candidates(parts []*filter, and bool) []int32 {
	var all []int32
	for _, part := range parts {
		if and && part.only != nil {
			return part.only
		}
		if !and && part.only == nil {
			return nil
		}
		all = append(all, part.only...)
	}
	return all
}

func (s *Server) compileEqual(name, value string) *filter {
	switch strings.ToLower(name) {
	case "objectclass":
		return compileClass(value)
	case "objectguid":
		id, err := directory.GUIDFromBytes([]byte(value))
		want := none
		if err == nil {
			s.mu.RLock()
			want = s.number(id)
			s.mu.RUnlock()
		}
		f := &filter{match: func(_ *Server, n int32) bool { return n == want }, only: []int32{}}
		if want != none {
			f.only = append(f.only, want)
		}
		return f
	case "objectsid":
		return &filter{match: func(s *Server, n int32) bool { return s.sidBytes(n) == value }}
	case "name", "cn", "ou":
		return &filter{match: func(s *Server, n int32) bool { return strings.EqualFold(s.name(n), value) }}
	case "isdeleted":
		return &filter{match: func(s *Server, n int32) bool { return s.objects[n].deleted == (value == "TRUE") }}
	}
	return &filter{match: func(s *Server, n int32) bool { return strings.EqualFold(s.value(n, name), value) }}
}

// compileAtLeast knows uSNChanged, which is indexed: an answer costs what changed, as DirSync does.
func (s *Server) compileAtLeast(name, value string) (*filter, error) {
	least, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !strings.EqualFold(name, "uSNChanged") {
		return nil, errors.New("a comparison of this kind is not known here")
	}
	f := &filter{match: func(s *Server, n int32) bool { return s.objects[n].changed >= least }}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if least <= s.seeded {
		return f, nil
	}
	f.only = []int32{}
	for i := len(s.log) - 1; i >= 0 && s.log[i].usn >= least; i-- {
		f.only = append(f.only, s.log[i].object)
	}
	slices.Sort(f.only)
	f.only = slices.Compact(f.only)
	return f, nil
}

// compileClass decides once for each class.
func compileClass(value string) *filter {
	var is [len(classNames)]bool
	for c, names := range classNames {
		for _, name := range names {
			is[c] = is[c] || strings.EqualFold(name, value)
		}
	}
	return &filter{match: func(s *Server, n int32) bool { return is[s.objects[n].class] }}
}

func compilePresent(name string) *filter {
	switch strings.ToLower(name) {
	case "objectclass", "objectguid", "name", "distinguishedname":
		return everything()
	}
	return &filter{match: func(s *Server, n int32) bool { return s.value(n, name) != "" }}
}

func compileSubstrings(p *ber.Packet) *filter {
	name, parts := text(child(p, 0)), child(p, 1).Children
	return &filter{match: func(s *Server, n int32) bool {
		value := strings.ToLower(s.text(n, name))
		for _, part := range parts {
			want := strings.ToLower(text(part))
			at := strings.Index(value, want)
			if at < 0 || part.Tag == 0 && at != 0 || part.Tag == 2 && !strings.HasSuffix(value, want) {
				return false
			}
			value = value[at+len(want):]
		}
		return true
	}}
}

// text gives a value that a part of can be asked for.
func (s *Server) text(n int32, name string) string {
	switch strings.ToLower(name) {
	case "name", "cn", "ou":
		return s.name(n)
	}
	return s.value(n, name)
}
