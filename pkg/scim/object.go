package scim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// object is a resource as it was read: names stand as the endpoint writes them, and may be in any case (RFC 7643 §2.1).
type object map[string]json.RawMessage

// rewritten applies a PUT or PATCH to a resource as it was read.
func rewritten(operation BulkItem, resource json.RawMessage) (json.RawMessage, error) {
	var whole object
	if err := json.Unmarshal(resource, &whole); err != nil || whole == nil {
		return nil, orNoObject(err)
	}
	apply := whole.patch
	if operation.Method == http.MethodPut {
		apply = whole.overlay
	}
	if err := apply(operation.Data); err != nil {
		return nil, err
	}
	whole.drop("meta") // the endpoint's own
	if strings.HasPrefix(operation.Path, Users+"/") {
		whole.drop("groups")
	}
	return json.Marshal(whole)
}

func (o object) drop(name string) {
	for key := range o {
		if strings.EqualFold(key, name) {
			delete(o, key)
		}
	}
}

func (o object) get(name string) json.RawMessage {
	for key, value := range o {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

func (o object) set(name string, value json.RawMessage) {
	o.drop(name)
	o[name] = value
}

// overlay lays what a PUT says over what is there: of a name its parts, of e-mails the one that was brought.
func (o object) overlay(data json.RawMessage) error {
	var said object
	if err := json.Unmarshal(data, &said); err != nil {
		return err
	}
	for name, value := range said {
		there := o.get(name)
		switch {
		case there == nil:
		case name == "name":
			value = merged(there, value)
		case name == "emails":
			value = withMail(there, value)
		case name == "schemas":
			value = union(there, value)
		}
		o.set(name, value)
	}
	return nil
}

// merged lays the parts of an object over another one.
func merged(there, said json.RawMessage) json.RawMessage {
	var whole, parts object
	if json.Unmarshal(there, &whole) != nil || json.Unmarshal(said, &parts) != nil || whole == nil {
		return said
	}
	for name, value := range parts {
		whole.set(name, value)
	}
	return written(whole, said)
}

func union(there, said json.RawMessage) json.RawMessage {
	var before, now []string
	if json.Unmarshal(there, &before) != nil || json.Unmarshal(said, &now) != nil {
		return said
	}
	for _, one := range now {
		if !slices.Contains(before, one) {
			before = append(before, one)
		}
	}
	return written(before, said)
}

// withMail puts the address that was brought in the place of the one of its type, else of one without a type. No other is primary then.
func withMail(there, said json.RawMessage) json.RawMessage {
	var before, now []json.RawMessage
	if json.Unmarshal(there, &before) != nil || json.Unmarshal(said, &now) != nil || len(now) != 1 {
		return said
	}
	mine, at := mailIn(now[0]), replaced(before, mailIn(now[0]).Type)
	all := []json.RawMessage{now[0]}
	for i, raw := range before {
		if one := mailIn(raw); i == at || strings.EqualFold(string(one.Value), string(mine.Value)) {
			continue
		} else if one.Primary {
			raw = merged(raw, json.RawMessage(`{"primary":false}`))
		}
		all = append(all, raw)
	}
	return written(all, said)
}

// replaced is the place of the address that another one of a type takes; -1: it takes none.
func replaced(before []json.RawMessage, kind word) int {
	primary := func(raw json.RawMessage) bool { return bool(mailIn(raw).Primary) }
	for _, kind := range []word{kind, ""} {
		ofKind := func(raw json.RawMessage) bool { return strings.EqualFold(string(mailIn(raw).Type), string(kind)) }
		if at := slices.IndexFunc(before, func(raw json.RawMessage) bool { return ofKind(raw) && primary(raw) }); at >= 0 {
			return at
		}
		if at := slices.IndexFunc(before, ofKind); at >= 0 {
			return at
		}
	}
	return -1
}

func mailIn(raw json.RawMessage) (e email) {
	_ = json.Unmarshal(raw, &e) // what is none has no type
	return e
}

func written(value any, otherwise json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil {
		return otherwise
	}
	return raw
}

// patch applies the operations of a PATCH, as an agent sends them.
func (o object) patch(data json.RawMessage) error {
	var patch Patch
	if err := json.Unmarshal(data, &patch); err != nil {
		return err
	}
	var ofMembers []PatchOp
	for _, op := range patch.Operations {
		if op.Op == "replace" && attributeName(op.Path) {
			o.set(op.Path, op.Value)
		} else {
			ofMembers = append(ofMembers, op)
		}
	}
	changes, err := ReadGroupPatch(ofMembers)
	if err != nil || len(ofMembers) == 0 {
		return err
	}
	members := []json.RawMessage{}
	if raw := o.get("members"); raw != nil {
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
	}
	for _, change := range changes.Members {
		members = change.apply(members)
	}
	// An empty list is said: left out, it could mean that the members stay.
	o.set("members", written(append([]json.RawMessage{}, members...), nil))
	return nil
}

// apply takes the steps of a change in order, on members as they were.
func (m MemberChange) apply(members []json.RawMessage) []json.RawMessage {
	if m.Replace {
		members = nil
	}
	has := func(id string) func(json.RawMessage) bool {
		return func(raw json.RawMessage) bool {
			var one member
			return json.Unmarshal(raw, &one) == nil && string(one.Value) == id
		}
	}
	for _, one := range m.Add {
		if !slices.ContainsFunc(members, has(one.Value)) {
			members = append(members, written(one, nil))
		}
	}
	for _, id := range m.Remove {
		members = slices.DeleteFunc(members, has(id))
	}
	return members
}
