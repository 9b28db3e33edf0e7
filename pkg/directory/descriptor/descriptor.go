// Package descriptor reads Active Directory's security descriptors in their self-relative form (MS-DTYP 2.4.6) and decides
// what one grants to whom (MS-ADTS 5.1.3.3).
//
// What always holds: foreign bytes give an error, never a panic; what is not understood grants nothing. Only the
// discretionary list is read: owner, group and audit do not bear on the rights that sync needs.
package descriptor

import (
	"encoding/binary"
	"errors"

	"passlysync/pkg/directory"
)

// Descriptor is who may do what with an object.
type Descriptor struct {
	Open  bool // there is no list at all, which lets everybody do everything (MS-DTYP 2.5.3.2)
	Rules []Rule
}

// Rule is an access control entry that allows or denies (MS-DTYP 2.4.4).
type Rule struct {
	Deny  bool
	Flags byte
	Mask  uint32
	// Object is the right, property or class that the rule is about; zero: all of them.
	Object directory.GUID
	// Class is the class of objects that inherit the rule; zero: all of them.
	Class directory.GUID
	SID   SID
}

// Flags of a rule (MS-DTYP 2.4.4.1).
const (
	containerInherit = 0x02
	inheritOnly      = 0x08
)

const (
	headerSize     = 20 // of a descriptor
	listHeaderSize = 8
	ruleHeaderSize = 8 // with the mask

	daclPresent  = 0x0004
	selfRelative = 0x8000
)

// errMalformed says that bytes are no self-relative security descriptor.
var errMalformed = errors.New("malformed security descriptor")

// Parse reads a descriptor's bytes.
func Parse(b []byte) (Descriptor, error) {
	if len(b) < headerSize || b[0] != 1 {
		return Descriptor{}, errMalformed
	}
	control, at := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[16:])
	if control&selfRelative == 0 {
		return Descriptor{}, errMalformed
	}
	if control&daclPresent == 0 || at == 0 {
		return Descriptor{Open: true}, nil
	}
	if at < headerSize || uint64(at)+listHeaderSize > uint64(len(b)) {
		return Descriptor{}, errMalformed
	}
	rules, err := parseList(b[at:])
	return Descriptor{Rules: rules}, err
}

// parseList reads an access control list (MS-DTYP 2.4.5): revision 2, or 4 where it has rules about single rights.
func parseList(b []byte) ([]Rule, error) {
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if b[0] != 2 && b[0] != 4 || size < listHeaderSize || size > len(b) || count > size/ruleHeaderSize {
		return nil, errMalformed
	}
	rules := make([]Rule, 0, count)
	for rest := b[listHeaderSize:size]; count > 0; count-- {
		if len(rest) < ruleHeaderSize {
			return nil, errMalformed
		}
		length := int(binary.LittleEndian.Uint16(rest[2:]))
		if length < ruleHeaderSize || length > len(rest) {
			return nil, errMalformed
		}
		rule, known, err := parseRule(rest[:length])
		if err != nil {
			return nil, err
		}
		if known {
			rules = append(rules, rule)
		}
		rest = rest[length:]
	}
	return rules, nil
}

// Kinds of rules (MS-DTYP 2.4.4.1). The others audit, or depend on conditions, which do not count for a directory's
// objects (MS-ADTS 5.1.3.1).
const (
	allow       = 0x00
	deny        = 0x01
	allowObject = 0x05
	denyObject  = 0x06
)

func parseRule(b []byte) (rule Rule, known bool, err error) {
	kind := b[0]
	rule = Rule{Deny: kind == deny || kind == denyObject, Flags: b[1], Mask: binary.LittleEndian.Uint32(b[4:])}
	rest := b[ruleHeaderSize:]
	switch kind {
	case allow, deny:
	case allowObject, denyObject:
		if rest, err = rule.objects(rest); err != nil {
			return Rule{}, false, err
		}
	default:
		return Rule{}, false, nil
	}
	rule.SID, err = leadingSID(rest)
	return rule, err == nil, err
}

// objects reads the two GUIDs of an object rule, each of which may be left out (MS-DTYP 2.4.4.3).
func (r *Rule) objects(b []byte) ([]byte, error) {
	const hasObject, hasClass = 1, 2
	if len(b) < 4 {
		return nil, errMalformed
	}
	flags := binary.LittleEndian.Uint32(b)
	b = b[4:]
	for _, part := range []struct {
		flag uint32
		into *directory.GUID
	}{{hasObject, &r.Object}, {hasClass, &r.Class}} {
		if flags&part.flag == 0 {
			continue
		}
		if len(b) < len(part.into) {
			return nil, errMalformed
		}
		b = b[copy(part.into[:], b):]
	}
	return b, nil
}
