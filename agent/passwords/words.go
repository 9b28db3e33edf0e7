package passwords

import (
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

func notOpened(err error) error {
	return &problem.Problem{
		Code: control.PasswordNotOpened, Title: "A password was not sealed for this command and agent, or was altered on its way", Err: err,
		Text: "Nothing was changed.", Hint: "Try again. If it stays, look who can write to the tenant's database.", Op: "opening a sealed password",
	}
}

func notTwoWay() error {
	return &problem.Problem{
		Code: control.NotTwoWay, Title: "The agent's Password Policy is one-way", Text: "Nothing was changed.", Op: "taking a password to the directory",
		Hint: "Change the policy in the console, under Directory Sync.",
	}
}

func unknownOutcome() error {
	return &problem.Problem{
		Code: control.PasswordUnknown, Title: "The agent was stopped while it set a password", Op: "taking a password to the directory",
		Text: "Whether the directory took it is not known. It will not be set again.", Hint: "Try the new password, or set it again.",
	}
}

func tooSlow(err error) error {
	return &problem.Problem{
		Code: directory.Unreachable, Title: "The domain controller did not answer in time", Text: "Nothing was changed.", Err: err,
		Hint: "Look at the domain controller's load and network.", Op: "taking a password to the directory",
	}
}

// NotSynced says that somebody is none of this agent's, or is not any more, and why.
func NotSynced(text string) error {
	return &problem.Problem{
		Code: control.NotSynced, Title: "The account is not one that the agent keeps in step", Text: text, Op: "taking a password to the directory",
		Hint: "Move it into one of the chosen organizational units, or choose the unit that it is in.",
	}
}

// cannotWrite says that a directory takes no passwords.
func cannotWrite() error {
	return &problem.Problem{Code: problem.Invalid, Title: "This directory takes no passwords", Text: "Nothing was changed.", Op: "taking a password to the directory"}
}
