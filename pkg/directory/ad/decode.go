package ad

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"passlysync/pkg/directory"
)

// found is a decoded entry and what only this adapter needs to know of it.
type found struct {
	directory.Entry
	classSaid    bool // objectClass was reported: the entry is new here, or the read is a plain search
	deletedSaid  bool // isDeleted was reported, though perhaps as gone
	criticalSaid bool
	accountSaid  bool  // sAMAccountName was reported
	trust        bool  // userAccountControl was reported and says: no person
	next         int   // where the rest of a ranged member list begins; 0 when there is none
	nextGroup    int   // the same of memberOf
	unresolved   bool  // a member or group came without its GUID
	changed      int64 // uSNChanged
}

// decoder turns the entries of one operation into directory entries.
type decoder struct {
	incremental bool                  // member ranges mean what DirSync means by them
	room        []directory.Attribute // where attributes go: one slice for a page of entries
}

// longMessage is the size from which an entry's strings are copied out, so that a short name does not keep a group's
// whole member list in memory.
const longMessage = 4 << 10

// raw is what a walk over an entry's attributes collects before it can be judged.
type raw struct {
	*decoder
	found
	class    classes
	critical bool
	control  string // userAccountControl
	long     bool
}

// decode reads the content of a SearchResultEntry (RFC 4511 §4.5.2). An entry's strings share one copy of the message.
func (d *decoder) decode(message []byte) (found, error) {
	dn, attributes, err := envelope(string(message))
	if err != nil {
		return found{}, wrong("decoding an entry: %w", err)
	}
	begin := len(d.room)
	e := raw{decoder: d, long: len(message) > longMessage}
	_, dn = splitExtended(dn)
	e.DN = e.keep(dn)
	for attributes != "" {
		var one string
		if one, attributes, err = expect(tagSequence, attributes); err == nil {
			err = e.attribute(one)
		}
		if err != nil {
			return found{}, wrong("decoding the entry %q: %w", e.DN, err)
		}
	}
	if e.GUID.IsZero() {
		return found{}, wrong("the entry %q has no objectGUID", e.DN)
	}
	if e.Deleted { // a tombstone's name ends in "\nDEL:" and its GUID (MS-ADTS 3.1.1.5.5.1.1)
		e.Name, _, _ = strings.Cut(e.Name, "\n")
	}
	if e.classSaid {
		e.Kind = e.class.kind(e.critical, e.control)
	}
	e.trust = isTrust(e.control)
	if end := len(d.room); end > begin {
		e.Attributes = d.room[begin:end:end]
	}
	return e.found, nil
}

func envelope(message string) (dn, attributes string, err error) {
	dn, rest, err := expect(tagOctetString, message)
	if err != nil {
		return "", "", err
	}
	attributes, _, err = expect(tagSequence, rest)
	return dn, attributes, err
}

// keep gives a part of the message in a form that may outlive it.
func (e *raw) keep(part string) string {
	if e.long {
		return strings.Clone(part)
	}
	return part
}

// attribute takes one PartialAttribute: its description and its set of values.
func (e *raw) attribute(content string) error {
	description, rest, err := expect(tagOctetString, content)
	if err != nil {
		return err
	}
	values, _, err := expect(tagSet, rest)
	if err != nil {
		return err
	}
	name, option, _ := strings.Cut(description, ";")
	switch known := canonical(name); known {
	case "":
		return nil
	case attrMember:
		return e.members(option, values)
	case attrMemberOf:
		return e.groups(option, values)
	case attrClass:
		return e.classes(values)
	default:
		return e.single(known, values)
	}
}

// single takes an attribute of one value. No value means that the directory said it is gone.
func (e *raw) single(name, values string) (err error) {
	var value string
	if values != "" {
		if value, _, err = expect(tagOctetString, values); err != nil {
			return err
		}
	}
	switch name {
	case attrGUID:
		return setGUID(&e.GUID, value)
	case attrParent:
		if values != "" {
			return setGUID(&e.Parent, value)
		}
	case attrName:
		e.Name = e.keep(value)
	case attrDeleted:
		e.deletedSaid = true
		e.Deleted = value == "TRUE"
	case attrChanged:
		e.changed, err = strconv.ParseInt(value, 10, 64)
		return err
	case attrCritical:
		e.criticalSaid = true
		e.critical = value == "TRUE"
	default:
		switch name {
		case directory.UserAccountControl:
			e.control = value
		case directory.SAMAccountName:
			e.accountSaid = true
		}
		e.room = append(e.room, directory.Attribute{Name: name, Value: e.keep(value)})
	}
	return nil
}

func setGUID(id *directory.GUID, value string) error {
	if len(value) != len(id) {
		return fmt.Errorf("a GUID has %d bytes, not %d", len(id), len(value))
	}
	copy(id[:], value)
	return nil
}

func (e *raw) classes(values string) error {
	return each(values, func(value string) error {
		e.classSaid = true
		e.class |= classOf(value)
		return nil
	})
}

func each(values string, take func(string) error) error {
	for values != "" {
		value, rest, err := expect(tagOctetString, values)
		if err != nil {
			return err
		}
		if err := take(value); err != nil {
			return err
		}
		values = rest
	}
	return nil
}

var errRange = errors.New("a member range cannot be read")
