package scimserver

import (
	"strings"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// bulkPrefix marks a reference to another operation of the request (RFC 7644 §3.7.2).
const bulkPrefix = "bulkId:"

// prepare reads an operation; what is wrong with it becomes its outcome.
func (b *batch) prepare(i int, op *operation) {
	s := &b.steps[i]
	s.method, s.bulkID = strings.ToUpper(op.Method), op.BulkID
	if len(op.BulkID) > maxValue {
		s.bulkID, s.err = "", invalidValue("the bulkId is too long")
		return
	}
	kind, target, ok := splitPath(op.Path)
	if !ok {
		s.err = &scim.InputError{SCIMType: scim.InvalidPath, Detail: "the path has to be /Users, /Groups or one of them with an id"}
		return
	}
	s.kind = kind
	if s.method == "POST" {
		s.err = b.preparePost(i, op, target)
		return
	}
	if target == "" {
		s.err = &scim.InputError{SCIMType: scim.InvalidPath, Detail: s.method + " needs an id in the path"}
		return
	}
	if kind == "User" {
		s.err = b.prepareUser(s, op, target)
	} else {
		s.err = b.prepareGroup(s, op, target)
	}
}

// splitPath takes /Users/abc apart.
func splitPath(path string) (kind, target string, ok bool) {
	collection, target, slash := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if slash && (target == "" || strings.Contains(target, "/")) {
		return "", "", false
	}
	switch collection {
	case "Users":
		return "User", target, true
	case "Groups":
		return "Group", target, true
	}
	return "", "", false
}

func (b *batch) preparePost(i int, op *operation, target string) error {
	s := &b.steps[i]
	if target != "" {
		return &scim.InputError{SCIMType: scim.InvalidPath, Detail: "POST goes to /Users or /Groups, without an id"}
	}
	if op.BulkID != "" {
		if _, twice := b.named[op.BulkID]; twice {
			return invalidValue("the bulkId is used twice in this request")
		}
		b.named[op.BulkID] = i
	}
	if s.kind == "User" {
		var given scim.User
		if err := decode(op.Data, &given); err != nil {
			return err
		}
		var err error
		s.user, err = b.call.newUser(&given)
		s.addsUser = err == nil
		return err
	}
	var given scim.Group
	if err := decode(op.Data, &given); err != nil {
		return err
	}
	s.mentions(given.Members)
	s.do = func(tx store.Tx, at *step) error {
		g, err := b.call.addGroup(b.ctx, tx, b.journal, given, b.resolve)
		at.id, at.version, at.status = g.ID, g.Version, 201
		return err
	}
	return nil
}

// mentions notes the operations that members refer to.
func (s *step) mentions(members []scim.Member) {
	for _, m := range members {
		if name, ok := strings.CutPrefix(m.Value, bulkPrefix); ok {
			s.needs = append(s.needs, name)
		}
	}
}

func (b *batch) prepareUser(s *step, op *operation, target string) error {
	var edit func(*tenant.User) error
	switch s.method {
	case "DELETE":
		s.do = b.removing(target, op.Version, removeUser)
		return nil
	case "PUT":
		var given scim.User
		if err := decode(op.Data, &given); err != nil {
			return err
		}
		edit = func(u *tenant.User) error { return fill(u, &given) }
	case "PATCH":
		var given scim.Patch
		if err := decode(op.Data, &given); err != nil {
			return err
		}
		edit = func(u *tenant.User) error { return patch(u, given) }
	default:
		return invalidValue("the method has to be POST, PUT, PATCH or DELETE")
	}
	s.edit = &userEdit{version: op.Version, edit: edit}
	s.do = func(tx store.Tx, at *step) error {
		id, err := b.target(target, "user")
		if err != nil {
			return err
		}
		at.id = id
		u, err := editUser(b.ctx, tx, b.journal, b.call.scope(), id, op.Version, edit)
		at.version, at.status = u.Version, 200
		return err
	}
	return nil
}

func (b *batch) prepareGroup(s *step, op *operation, target string) (err error) {
	var changes scim.GroupPatch
	switch s.method {
	case "DELETE":
		s.do = b.removing(target, op.Version, removeGroup)
		return nil
	case "PUT":
		var given scim.Group
		if err := decode(op.Data, &given); err != nil {
			return err
		}
		changes = replacing(given)
	case "PATCH":
		var given scim.Patch
		if err := decode(op.Data, &given); err != nil {
			return err
		}
		if changes, err = readGroupPatch(given); err != nil {
			return err
		}
	default:
		return invalidValue("the method has to be POST, PUT, PATCH or DELETE")
	}
	for _, change := range changes.Members {
		s.mentions(change.Add)
	}
	s.do = func(tx store.Tx, at *step) error {
		id, err := b.target(target, "group")
		if err != nil {
			return err
		}
		at.id = id
		g, err := editGroup(b.ctx, tx, b.journal, b.call.scope(), id, op.Version, changes, b.resolve)
		at.version, at.status = g.Version, 200
		return err
	}
	return nil
}
