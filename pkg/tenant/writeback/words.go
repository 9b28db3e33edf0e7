package writeback

import (
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/agents"
)

const (
	nothing       = "Nothing was changed."
	askAdmin      = "Ask your administrator."
	tryLater      = "Try again in a few minutes. If it stays, ask your administrator."
	taking        = "taking a password to the directory"
	windowsIsAway = "Windows cannot be reached at the moment"
)

// inWords gives an agent's refusal, or its silence, both of its texts.
func inWords(kind control.CommandKind, err error) error {
	whole := problem.Of(err)
	switch whole.Code {
	case agents.NotBegun:
		return away(whole)
	case agents.Unanswered, OutcomeUnknown:
		if kind == control.CommandWritePassword {
			return inDoubt(whole)
		}
		return away(whole)
	}
	person, known := forPerson()[whole.Code]
	if !known {
		person = problem.Problem{Title: windowsIsAway, Text: nothing, Hint: tryLater}
	}
	if person.Title == "" { // what the directory says of a password is said to who typed it
		return whole
	}
	person.Code, person.Op = whole.Code, taking
	return &refused{person: &person, whole: whole}
}

// forPerson gives what a person is told, in short. The zero Problem is the directory's own words.
func forPerson() map[problem.Code]problem.Problem {
	said := problem.Problem{}
	cannot := problem.Problem{Title: "Your password of Windows cannot be set from here", Text: nothing, Hint: askAdmin}
	return map[problem.Code]problem.Problem{
		directory.PasswordTooShort:   said,
		directory.PasswordNotComplex: said,
		directory.PasswordUsedBefore: said,
		directory.PasswordTooYoung:   said,
		directory.PasswordOldWrong:   said,
		directory.PasswordNotTaken:   said,
		directory.PasswordWrong:      said,
		directory.PasswordExpired:    said,
		problem.TooMany:              said,
		directory.PasswordNotChanging: {
			Title: "You may not change your password of Windows", Text: "Your administrator has set it so. " + nothing, Hint: askAdmin,
		},
		directory.ResetRightMissing: cannot,
		directory.AccountProtected: {
			Title: "Your account is an administrator's", Text: "Its password is set in Windows only. " + nothing, Hint: "Change it in Windows.",
		},
		directory.AccountLocked: {
			Title: "Your account of Windows is locked after wrong passwords", Text: nothing, Hint: "Wait until the lockout is over, or ask your administrator to unlock it.",
		},
		directory.AccountDisabled:   {Title: "Your account of Windows is disabled", Text: nothing, Hint: askAdmin},
		directory.AccountExpired:    {Title: "Your account of Windows has expired", Text: nothing, Hint: askAdmin},
		directory.AccountRestricted: {Title: "Your account of Windows may not sign in now, or not from here", Text: nothing, Hint: askAdmin},
		directory.AccountGone:       {Title: "Your account is not in Windows any more", Text: nothing, Hint: askAdmin},
		control.NotSynced:           {Title: "Your account of Windows is not kept in step with Passly any more", Text: nothing, Hint: askAdmin},
		control.NotTwoWay:           {Title: "Your password is managed in Windows", Text: nothing, Hint: "Change it in Windows."},
	}
}

// away says that nothing was begun.
func away(whole *problem.Problem) error {
	shown := *whole
	shown.Code, shown.Op = AgentAway, taking
	return &refused{
		person: &problem.Problem{Code: AgentAway, Title: windowsIsAway, Text: nothing, Hint: tryLater, Op: taking},
		whole:  &shown,
	}
}

func inDoubt(whole *problem.Problem) error {
	return &refused{
		person: &problem.Problem{
			Code: OutcomeUnknown, Title: "It is not known whether your password was changed", Op: taking,
			Text: "Windows was given it and has not answered.",
			Hint: "Sign in to Windows with the new password; if that is refused, with the former one, and then change it again.",
		},
		whole: &problem.Problem{
			Code: OutcomeUnknown, Title: "It is not known whether the password was set", Op: taking, Text: whole.Text,
			Hint: "Look at the account's pwdLastSet in Active Directory, or set the password again. " + whole.Hint,
		},
	}
}

func notTwoWay() error {
	return &problem.Problem{
		Code: NotTwoWay, Title: "The password is not set in Windows from here", Text: nothing, Op: taking,
		Hint: "The agent's Password Policy has to be two-way for that.",
	}
}

func noKey() error {
	return &refused{
		person: &problem.Problem{Code: AgentAway, Title: windowsIsAway, Text: nothing, Hint: tryLater, Op: taking},
		whole: &problem.Problem{
			Code: AgentAway, Title: "The agent has published no key that passwords can be sealed to", Op: taking,
			Text: "It is of a version without two-way passwords, has just been enrolled, or its key was not signed by it. " + nothing,
			Hint: "Update the agent, and see that it is connected.",
		},
	}
}

func tooLong() error {
	return &problem.Problem{Code: problem.Invalid, Title: "A password is empty, or too long", Text: nothing, Hint: "Use at most 256 characters.", Op: taking}
}
