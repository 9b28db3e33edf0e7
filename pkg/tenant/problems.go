package tenant

import "passlysync/pkg/problem"

// NotFound says that a thing does not exist, or not for who is asking; which of the two is never told.
func NotFound(what string) *problem.Problem {
	return &problem.Problem{
		Code: problem.NotFound, Title: "There is no such " + what,
		Text: "It was removed, or it never was.", Hint: "Go back to the list and choose again.",
	}
}

// Taken says that a name which must be unique is in use. Attribute is SCIM's name of it.
type Taken struct{ Attribute, Value string }

// Error names the attribute and the value.
func (t *Taken) Error() string { return t.Attribute + " " + t.Value + " is taken" }

// UnknownMember says that a member does not exist for who is asking.
type UnknownMember struct{ ID string }

// Error names the member.
func (u *UnknownMember) Error() string { return "there is no user or group " + u.ID }

func invalid(title, hint string) *problem.Problem {
	return &problem.Problem{Code: problem.Invalid, Title: title, Hint: hint}
}

func conflict(title, text, hint string) *problem.Problem {
	return &problem.Problem{Code: problem.Conflict, Title: title, Text: text, Hint: hint}
}
