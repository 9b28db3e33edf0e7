package ad

import (
	"strconv"
	"strings"

	"passlysync/pkg/directory"
)

// members takes the values of a member attribute with its option. DirSync with incremental values says
// member;range=1-1 for what was added and member;range=0-0 for what was removed (MS-ADTS 3.1.1.3.4.1.3); a search
// says member, or member;range=0-1499 for a part of a long list (MS-ADTS 3.1.1.3.1.3.3).
func (e *raw) members(option, values string) error {
	into := &e.Members
	switch {
	case option == "":
		e.MembersWhole = true
	case e.incremental && option == "range=1-1":
	case e.incremental && option == "range=0-0":
		into = &e.MembersGone
	default:
		next, err := nextOfRange(option)
		if err != nil {
			return err
		}
		e.next, e.MembersWhole = next, true
	}
	return e.references(values, into)
}

// groups takes the values of memberOf.
func (e *raw) groups(option, values string) (err error) {
	if option != "" {
		if e.nextGroup, err = nextOfRange(option); err != nil {
			return err
		}
	}
	return e.references(values, &e.Groups)
}

// references takes extended DNs.
func (e *raw) references(values string, into *[]directory.GUID) error {
	return each(values, func(value string) error {
		id, _ := splitExtended(value)
		if id.IsZero() {
			e.unresolved = true
			return nil
		}
		*into = append(*into, id)
		return nil
	})
}

// nextOfRange gives where the part after this one begins: 1500 after range=0-1499, 0 after range=1500-*.
func nextOfRange(option string) (int, error) {
	bounds, found := strings.CutPrefix(option, "range=")
	low, high, cut := strings.Cut(bounds, "-")
	from, err := strconv.Atoi(low)
	if !found || !cut || err != nil || from < 0 {
		return 0, errRange
	}
	if high == "*" {
		return 0, nil
	}
	to, err := strconv.Atoi(high)
	if err != nil || to < from {
		return 0, errRange
	}
	return to + 1, nil
}

// dedupe is for lists put together from parts between which a member may have moved.
func dedupe(ids []directory.GUID) []directory.GUID {
	seen := make(map[directory.GUID]bool, len(ids))
	kept := ids[:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}
