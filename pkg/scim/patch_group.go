package scim

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MemberChange is what one operation does to a group's members; the steps are taken in order.
type MemberChange struct {
	Replace bool     // Add are then all members
	Add     []Member // may be present already
	Remove  []string // ids; may be absent
}

// GroupPatch is a PATCH of a group, told apart into what can be stored without reading the members.
type GroupPatch struct {
	DisplayName *string
	ExternalID  *string
	Members     []MemberChange
}

// ReadGroupPatch reads the operations of a group's PATCH. It knows the ways in which clients remove members: by the path
// members[value eq "x"], by such comparisons joined with or, and by a list of values beside the path members.
func ReadGroupPatch(operations []PatchOp) (GroupPatch, error) {
	var g GroupPatch
	for _, op := range operations {
		if err := op.eachTarget(g.apply); err != nil {
			return g, err
		}
	}
	return g, nil
}

func (g *GroupPatch) apply(verb string, path PatchPath, value jsontext.Value, explicit bool) error {
	switch {
	case path.Is("members"):
		return g.members(verb, path, value)
	case path.Is("displayName"), path.Is("externalId"):
		return g.text(verb, path, value)
	case readOnly(path) && !path.Is("groups"):
		if explicit {
			return inputError(Mutability, "%s is read-only", path)
		}
		return nil
	case !explicit:
		return nil
	}
	return inputError(InvalidPath, "groups have no attribute %s", path)
}

func (g *GroupPatch) text(verb string, path PatchPath, value jsontext.Value) error {
	if verb == "remove" {
		value = jsontext.Value("null")
	}
	s, err := stringValue(path, value)
	if path.Is("displayName") {
		g.DisplayName = &s
	} else {
		g.ExternalID = &s
	}
	return err
}

func (g *GroupPatch) members(verb string, path PatchPath, value jsontext.Value) error {
	if path.Filter != nil {
		ids, ok := valuesOf(path.Filter, nil)
		if !ok || verb != "remove" || path.Sub != "" {
			return inputError(InvalidPath, `members are chosen by members[value eq "id"], joined with or, and only to remove them`)
		}
		g.Members = append(g.Members, MemberChange{Remove: ids})
		return nil
	}
	named, err := readMembers(value, verb)
	if err != nil {
		return err
	}
	change := MemberChange{Add: named, Replace: verb == "replace"}
	if verb == "remove" {
		change = MemberChange{Replace: len(named) == 0}
		for _, m := range named {
			change.Remove = append(change.Remove, m.Value)
		}
	}
	g.Members = append(g.Members, change)
	return nil
}

func readMembers(value jsontext.Value, verb string) ([]Member, error) {
	if verb == "remove" && (len(value) == 0 || value.Kind() == 'n') {
		return nil, nil
	}
	if value.Kind() == '{' {
		value = jsontext.Value("[" + string(value) + "]")
	}
	var members []Member
	if err := json.Unmarshal(value, &members, json.MatchCaseInsensitiveNames(true)); err != nil {
		return nil, inputError(InvalidValue, "the value of members has to be a list of objects with value")
	}
	if verb == "remove" && len(members) == 0 {
		return nil, inputError(InvalidValue, "the list of members to remove is empty")
	}
	for _, m := range members {
		if m.Value == "" {
			return nil, inputError(InvalidValue, "a member has no value")
		}
	}
	return members, nil
}

// valuesOf collects the ids of value eq "a" or value eq "b" …
func valuesOf(f Filter, ids []string) ([]string, bool) {
	switch f := f.(type) {
	case Or:
		ok := true
		for _, part := range f {
			if ids, ok = valuesOf(part, ids); !ok {
				return nil, false
			}
		}
		return ids, true
	case Compare:
		id, isText := f.Value.(string)
		if !isText || f.Op != Equal || !f.Path.Is("value") || strings.TrimSpace(id) == "" {
			return nil, false
		}
		return append(ids, id), true
	}
	return nil, false
}
