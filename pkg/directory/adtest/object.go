package adtest

import (
	"fmt"
	"strings"

	"passlysync/pkg/directory"
)

// none is no object.
const none int32 = -1

// The objects that are there from the start, by number.
const (
	rootObject int32 = iota
	usersObject
	deletedObject
	accountObject
	firstFree
)

// class is what an object is.
type class uint8

const (
	classDomain class = iota
	classUnit
	classContainer
	classUser
	classGroup
	classComputer
)

// classNames are the objectClass values, the most special one last (MS-ADSC).
var classNames = [...][]string{
	classDomain:    {"top", "domain", "domainDNS"},
	classUnit:      {"top", "organizationalUnit"},
	classContainer: {"top", "container"},
	classUser:      {"top", "person", "organizationalPerson", "user"},
	classGroup:     {"top", "group"},
	classComputer:  {"top", "person", "organizationalPerson", "user", "computer"},
}

// object is one entry. Most are people who were seeded and never touched: those have no detail, and their attributes
// are computed from their number.
type object struct {
	parent  int32
	person  int32 // number among the seeded people, or none
	class   class
	deleted bool
	created int64 // uSN
	changed int64 // uSN of the last change of any kind
	placed  int64 // uSN of the last change of name or parent
	detail  *detail
}

// detail is what cannot be computed.
type detail struct {
	name       string
	attributes []attribute
	members    []int32
	position   map[int32]int // of a member in members; made when the list is first changed
	parentWas  int32         // of a tombstone
	nameWas    string
	isDeleted  int64 // uSN of the last change of isDeleted; 0 when it never was
}

// attribute is one value with the uSN of its last change; no value means that it was removed.
type attribute struct {
	directory.Attribute
	usn int64
}

// change is a row of the log that answers to cookies are made from.
type change struct {
	usn    int64
	object int32
	member int32 // whose membership in object changed, or none
}

// plant makes what every domain has.
func (s *Server) plant() {
	s.add(none, classDomain, strings.SplitN(s.options.Domain, ".", 2)[0])
	s.add(rootObject, classContainer, "Users")
	s.add(rootObject, classContainer, "Deleted Objects")
	s.add(usersObject, classUser, s.options.Account, directory.Attribute{Name: "isCriticalSystemObject", Value: "TRUE"},
		directory.Attribute{Name: directory.SAMAccountName, Value: s.options.Account},
		directory.Attribute{Name: directory.UserPrincipalName, Value: s.Account()},
		directory.Attribute{Name: directory.UserAccountControl, Value: "66048"})
	s.objects[usersObject].detail.attributes = []attribute{critical(s.usn)}
	s.objects[deletedObject].deleted = true
	s.accounts[s.options.Account] = &account{dn: s.dn(accountObject), password: s.options.Password}
}

func critical(usn int64) attribute {
	return attribute{directory.Attribute{Name: "isCriticalSystemObject", Value: "TRUE"}, usn}
}

// add appends an object. The caller holds the lock, or is alone.
func (s *Server) add(parent int32, c class, name string, attributes ...directory.Attribute) int32 {
	n := int32(len(s.objects))
	s.usn++
	d := &detail{name: name}
	for _, a := range attributes {
		d.attributes = append(d.attributes, attribute{a, s.usn})
	}
	s.objects = append(s.objects, object{
		parent: parent, person: none, class: c, created: s.usn, changed: s.usn, placed: s.usn, detail: d,
	})
	s.log = append(s.log, change{s.usn, n, none})
	return n
}

// own gives an object's detail, making it when it was computed so far.
func (s *Server) own(n int32) *detail {
	o := &s.objects[n]
	if o.detail == nil {
		d := &detail{name: s.name(n)}
		for _, a := range s.people.Attributes(o.person, nil) {
			d.attributes = append(d.attributes, attribute{a, o.created})
		}
		o.detail = d
	}
	return o.detail
}

func (s *Server) name(n int32) string {
	o := &s.objects[n]
	if o.detail != nil {
		return o.detail.name
	}
	return s.people.CommonName(o.person)
}

// attributes appends those that are set to into.
func (s *Server) attributes(n int32, into []attribute) []attribute {
	o := &s.objects[n]
	if o.detail != nil {
		return append(into, o.detail.attributes...)
	}
	var room [8]directory.Attribute
	for _, a := range s.people.Attributes(o.person, room[:0]) {
		into = append(into, attribute{a, o.created})
	}
	return into
}

// value gives one attribute's value, or "".
func (s *Server) value(n int32, name string) string {
	var room [12]attribute
	for _, a := range s.attributes(n, room[:0]) {
		if strings.EqualFold(a.Name, name) {
			return a.Value
		}
	}
	return ""
}

// dn gives the distinguished name.
func (s *Server) dn(n int32) string { return string(s.appendDN(nil, n)) }

func (s *Server) appendDN(to []byte, n int32) []byte {
	for ; n != rootObject; n = s.objects[n].parent {
		to = append(to, s.rdnType(n)...)
		to = append(to, '=')
		to = appendEscaped(to, s.name(n))
		to = append(to, ',')
	}
	return append(to, s.base...)
}

func (s *Server) rdnType(n int32) string {
	if s.objects[n].class == classUnit {
		return "OU"
	}
	return "CN"
}

// appendEscaped writes an RDN's value (RFC 4514 §2.4).
func appendEscaped(to []byte, value string) []byte {
	for i := range len(value) {
		c := value[i]
		edge := (i == 0 || i == len(value)-1) && c == ' '
		switch {
		case c == '\n' || c == 0:
			to = append(to, '\\', '0', "0123456789ABCDEF"[c&15])
			continue
		case edge, i == 0 && c == '#', strings.IndexByte(`,+"\<>;=`, c) >= 0:
			to = append(to, '\\')
		}
		to = append(to, c)
	}
	return to
}

// domainSID is what the SIDs of the domain have in common, after S-1-5-21; each object has a number after it.
var domainSID = [...]uint32{86137109, 794227749, 3005099573}

const firstRelative = 1000

// sid gives the objectSid in words, as extended DNs have it.
func (s *Server) sid(n int32) string {
	return fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", domainSID[0], domainSID[1], domainSID[2], firstRelative+n)
}
