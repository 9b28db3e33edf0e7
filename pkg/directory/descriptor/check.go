package descriptor

import (
	"slices"

	"passlysync/pkg/directory"
)

// Rights as they stand in a rule's mask (MS-ADTS 5.1.3.2).
const (
	ReadProperty  uint32 = 0x00000010
	WriteProperty uint32 = 0x00000020
	ControlAccess uint32 = 0x00000100 // an extended right, such as Reset Password

	genericAll     = 0x10000000
	genericRead    = 0x80000000
	genericWrite   = 0x40000000
	allRights      = 0x000f01ff
	genericReadIs  = 0x00020094 // read control, list, read property, list object
	genericWriteIs = 0x00020028 // read control, validated write, write property
)

// Verdict is what a descriptor says of a right. Silence denies as well, but a further rule can end it.
type Verdict string

// The verdicts.
const (
	Allowed Verdict = "allowed"
	Denied  Verdict = "denied"
	Silent  Verdict = "silent"
)

// Check says whether who carries the token has one right, of one kind of object where that is given: an extended right, or a
// property with the set that it is in. The first rule that speaks of it decides, in the order in which they stand (MS-DTYP
// 2.5.3.2).
func (d Descriptor) Check(t Token, right uint32, objects ...directory.GUID) Verdict {
	if d.Open {
		return Allowed
	}
	for _, r := range d.Rules {
		if r.Flags&inheritOnly != 0 || !t[r.SID] || !r.speaksOf(right, objects) {
			continue
		}
		if r.Deny {
			return Denied
		}
		return Allowed
	}
	return Silent
}

func (r Rule) speaksOf(right uint32, objects []directory.GUID) bool {
	return mapped(r.Mask)&right != 0 && (r.Object.IsZero() || slices.Contains(objects, r.Object))
}

// mapped turns the generic rights into those they stand for (MS-ADTS 5.1.3.2).
func mapped(mask uint32) uint32 {
	for _, g := range [...]struct{ generic, is uint32 }{
		{genericAll, allRights}, {genericRead, genericReadIs}, {genericWrite, genericWriteIs},
	} {
		if mask&g.generic != 0 {
			mask |= g.is
		}
	}
	return mask
}

// Below is the descriptor that an object of a class gets from its parent's, as far as it is inherited.
func (d Descriptor) Below(class directory.GUID) Descriptor {
	if d.Open {
		return Descriptor{}
	}
	var below Descriptor
	for _, r := range d.Rules {
		if r.Flags&containerInherit != 0 && (r.Class.IsZero() || r.Class == class) {
			r.Flags &^= inheritOnly
			below.Rules = append(below.Rules, r)
		}
	}
	return below
}
