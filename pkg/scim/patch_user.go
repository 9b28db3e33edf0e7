package scim

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ApplyUser applies PATCH operations to a user, in their order (RFC 7644 §3.5.2). u is changed in place, and half-changed
// after an error. Attributes that the schema does not know are refused as a path and ignored inside a value, as in POST.
func ApplyUser(u *User, operations []PatchOp) error {
	for _, op := range operations {
		if err := op.eachTarget(func(verb string, path PatchPath, value jsontext.Value, explicit bool) error {
			return patchUser(u, verb, path, value, explicit)
		}); err != nil {
			return err
		}
	}
	return nil
}

func patchUser(u *User, verb string, path PatchPath, value jsontext.Value, explicit bool) error {
	if verb == "remove" {
		value = jsontext.Value("null")
	} else if len(value) == 0 {
		return inputError(InvalidValue, "the operation on %s has no value", path)
	}
	if target := u.stringAt(path); target != nil && path.Filter == nil {
		s, err := stringValue(path, value)
		*target = s
		return err
	}
	switch {
	case path.Is("active"):
		return patchActive(u, verb, path, value)
	case path.Is("name"):
		return patchName(u, verb, path, value)
	case strings.EqualFold(path.Name, "emails"):
		return patchEmails(u, verb, path, value)
	case path.URN == PasslySchema && path.Name == "":
		return eachKey(value, PasslySchema, func(p PatchPath, v jsontext.Value) error { return patchUser(u, verb, p, v, false) })
	case readOnly(path):
		if !explicit {
			return nil
		}
		return inputError(Mutability, "%s is read-only", path)
	case !explicit:
		return nil
	}
	return inputError(InvalidPath, "users have no attribute %s", path)
}

// stringAt gives the place of a simple string attribute.
func (u *User) stringAt(path PatchPath) *string {
	switch {
	case path.Is("userName"):
		return &u.UserName
	case path.Is("externalId"):
		return &u.ExternalID
	case path.Is("displayName"):
		return &u.DisplayName
	case path.IsPassly("samAccountName"):
		if u.Passly == nil {
			u.Passly = &Passly{}
		}
		return &u.Passly.SAMAccountName
	}
	if !strings.EqualFold(path.Name, "name") || path.Sub == "" {
		return nil
	}
	if u.Name == nil {
		u.Name = &Name{}
	}
	switch {
	case path.Is("name.givenName"):
		return &u.Name.GivenName
	case path.Is("name.familyName"):
		return &u.Name.FamilyName
	case path.Is("name.formatted"):
		return &u.Name.Formatted
	}
	return nil
}

func readOnly(path PatchPath) bool {
	for _, name := range []string{"id", "meta", "groups", "schemas"} {
		if path.Is(name) {
			return true
		}
	}
	return path.IsPassly("state") || path.IsPassly("organization")
}

func patchActive(u *User, verb string, path PatchPath, value jsontext.Value) error {
	if verb == "remove" {
		return inputError(Mutability, "active cannot be removed; set it to false")
	}
	b, err := boolValue(path, value)
	u.Active = &b
	return err
}

func patchName(u *User, verb string, path PatchPath, value jsontext.Value) error {
	if verb == "remove" {
		u.Name = nil
		return nil
	}
	name := Name{}
	if u.Name != nil {
		name = *u.Name
	}
	if err := json.Unmarshal(value, &name, json.MatchCaseInsensitiveNames(true)); err != nil {
		return inputError(InvalidValue, "the value of %s has to be an object of strings", path)
	}
	u.Name = &name
	return nil
}

func patchEmails(u *User, verb string, path PatchPath, value jsontext.Value) error {
	if path.Filter == nil && path.Sub == "" {
		return replaceEmails(u, verb, value)
	}
	matched := false
	for i := len(u.Emails) - 1; i >= 0; i-- {
		if path.Filter != nil && !u.Emails[i].matches(path.Filter) {
			continue
		}
		matched = true
		if verb == "remove" && (path.Sub == "" || strings.EqualFold(path.Sub, "value")) {
			u.Emails = append(u.Emails[:i], u.Emails[i+1:]...)
		} else if err := u.Emails[i].set(path, value); err != nil {
			return err
		}
	}
	if matched || verb == "remove" {
		return nil
	}
	kind, ok := kindSought(path.Filter)
	if !ok || !strings.EqualFold(path.Sub, "value") && path.Sub != "" {
		return inputError(NoTarget, "no address is one that the filter of %s asks for", path.Name)
	}
	return addEmail(u, kind, path, value)
}

// kindSought is the type of address that a filter such as type eq "work" asks for. Some clients replace such an address where none
// is there yet, and mean that it be added; with any other filter there is no telling what to add (RFC 7644 §3.5.2.3: noTarget).
func kindSought(f Filter) (kind string, ok bool) {
	if f == nil {
		return "", true
	}
	c, isCompare := f.(Compare)
	if !isCompare || c.Op != Equal || !c.Path.Is("type") {
		return "", false
	}
	kind, ok = c.Value.(string)
	return kind, ok
}

// addEmail makes the value that a path such as emails[type eq "work"].value asks for and that is not there yet.
func addEmail(u *User, kind string, path PatchPath, value jsontext.Value) error {
	fresh := Email{Primary: len(u.Emails) == 0, Type: kind}
	if err := fresh.set(path, value); err != nil {
		return err
	}
	if fresh.Value != "" {
		u.Emails = append(u.Emails, fresh)
	}
	return nil
}

func replaceEmails(u *User, verb string, value jsontext.Value) error {
	var emails []Email
	if value.Kind() == '{' {
		value = jsontext.Value("[" + string(value) + "]")
	}
	if err := json.Unmarshal(value, &emails, json.MatchCaseInsensitiveNames(true)); err != nil {
		return inputError(InvalidValue, "the value of emails has to be a list of objects with value, type and primary")
	}
	if verb != "add" {
		u.Emails = emails
		return nil
	}
	for _, e := range emails {
		u.add(e)
	}
	return nil
}

// add puts an address in; a new primary one takes that from the others (RFC 7644 §3.5.2).
func (u *User) add(e Email) {
	kept := u.Emails[:0:0]
	for _, old := range u.Emails {
		if strings.EqualFold(old.Value, e.Value) {
			continue
		}
		old.Primary = old.Primary && !e.Primary
		kept = append(kept, old)
	}
	u.Emails = append(kept, e)
}

func (e *Email) set(path PatchPath, value jsontext.Value) (err error) {
	switch strings.ToLower(path.Sub) {
	case "value":
		e.Value, err = stringValue(path, value)
	case "type":
		e.Type, err = stringValue(path, value)
	case "primary":
		if value.Kind() == 'n' {
			e.Primary = false
			return nil
		}
		e.Primary, err = boolValue(path, value)
	case "":
		if json.Unmarshal(value, e, json.MatchCaseInsensitiveNames(true)) != nil {
			err = inputError(InvalidValue, "the value of %s has to be an object with value, type and primary", path)
		}
	default:
		err = inputError(InvalidPath, "emails have no attribute %.40s", path.Sub)
	}
	return err
}

// matches evaluates a value filter on one address.
func (e Email) matches(f Filter) bool {
	return evaluate(f, func(path Path) any {
		switch {
		case path.Is("value"):
			return e.Value
		case path.Is("type"):
			return e.Type
		case path.Is("primary"):
			return e.Primary
		}
		return nil
	})
}
