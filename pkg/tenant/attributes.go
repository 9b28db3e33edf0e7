package tenant

import (
	"encoding/json"
	"slices"
)

// The attributes that rows of runs tell of.
const (
	AttributeState       = "state"
	AttributeDisplayName = "displayName" // of groups too
	AttributeExternalID  = "externalId"  // of groups too
)

// userAttribute is one attribute of a user as text.
type userAttribute struct {
	name  string
	of    func(*User) *string
	words string
}

// userAttributes are those that an agent sets, in the order in which they are shown.
var userAttributes = []userAttribute{
	{"givenName", func(u *User) *string { return &u.GivenName }, "First name"},
	{"familyName", func(u *User) *string { return &u.FamilyName }, "Last name"},
	{AttributeDisplayName, func(u *User) *string { return &u.DisplayName }, "Display name"},
	{"mail", func(u *User) *string { return &u.Mail }, "E-mail"},
	{"userName", func(u *User) *string { return &u.UserName }, "User logon name"},
	{"samAccountName", func(u *User) *string { return &u.SAMAccountName }, "Logon name before Windows 2000"},
	{"formattedName", func(u *User) *string { return &u.FormattedName }, "Formatted name"},
	{"mailType", func(u *User) *string { return &u.MailType }, "Kind of e-mail"},
	{AttributeExternalID, func(u *User) *string { return &u.ExternalID }, "objectGUID"},
}

const attributeOtherMail = "otherMail"

// AttributeWords names an attribute as people do.
func AttributeWords(name string) string {
	for _, a := range userAttributes {
		if a.name == name {
			return a.words
		}
	}
	switch name {
	case AttributeState:
		return "State"
	case "emails": // as SCIM has it
		return "E-mail"
	case attributeOtherMail:
		return "Further e-mails"
	}
	return name
}

// Attribute gives an attribute's text; empty where there is none of the name.
func (u User) Attribute(name string) string {
	switch name {
	case AttributeState:
		return string(u.State)
	case attributeOtherMail:
		return otherMail(u)
	}
	for _, a := range userAttributes {
		if a.name == name {
			return *a.of(&u)
		}
	}
	return ""
}

// SetAttribute sets one from its text. It reports false where there is none of the name.
func (u *User) SetAttribute(name, text string) bool {
	switch name {
	case AttributeState:
		u.SetActive(State(text) != Disabled)
		return true
	case attributeOtherMail:
		u.OtherMail = nil
		return text == "" || json.Unmarshal([]byte(text), &u.OtherMail) == nil
	}
	for _, a := range userAttributes {
		if a.name == name {
			*a.of(u) = text
			return true
		}
	}
	return false
}

func otherMail(u User) string {
	if len(u.OtherMail) == 0 {
		return ""
	}
	raw, err := json.Marshal(u.OtherMail)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(raw)
}

// Differences tells what a write changed of a user, and what that was.
func Differences(before, after User) (RowKind, []Attribute) {
	var all []Attribute
	note := func(name string) {
		if b, a := before.Attribute(name), after.Attribute(name); b != a {
			all = append(all, Attribute{name, b, a})
		}
	}
	note(AttributeState)
	for _, a := range userAttributes {
		note(a.name)
	}
	note(attributeOtherMail)
	switch {
	case before.State != Disabled && after.State == Disabled:
		return UserDisabled, all
	case before.State == Disabled && after.State != Disabled:
		return UserEnabled, all
	}
	return UserUpdated, all
}

// Holdings lists all that a user holds, as what adding it made of nothing.
func (u User) Holdings() []Attribute {
	_, all := Differences(User{}, u)
	return all
}

// Earlier takes from a list of what was made of nothing what a later row says was there before it. States are left out: not
// only runs change them.
func Earlier(holdings []Attribute, later RunRow) []Attribute {
	for _, change := range later.Attributes {
		if change.Name == AttributeState {
			continue
		}
		at := slices.IndexFunc(holdings, func(a Attribute) bool { return a.Name == change.Name })
		switch {
		case at < 0 && change.Before != "":
			holdings = append(holdings, Attribute{Name: change.Name, After: change.Before})
		case at >= 0 && change.Before == "":
			holdings = slices.Delete(holdings, at, at+1)
		case at >= 0:
			holdings[at].After = change.Before
		}
	}
	return holdings
}

// GroupDifferences tells what a write changed of a group itself.
func GroupDifferences(before, after Group) []Attribute {
	var all []Attribute
	for _, a := range []Attribute{{AttributeDisplayName, before.DisplayName, after.DisplayName}, {AttributeExternalID, before.ExternalID, after.ExternalID}} {
		if a.Before != a.After {
			all = append(all, a)
		}
	}
	return all
}
