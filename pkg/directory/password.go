package directory

import (
	"context"
	"time"

	"passlysync/pkg/problem"
)

// PasswordWriter sets and proves people's passwords. Passwords are UTF-8; they are given as bytes so that their owner can
// overwrite them, are overwritten nowhere here, and are in no error.
type PasswordWriter interface {
	// PasswordRules gives what the directory asks of somebody's passwords; of everybody's, where the GUID is zero.
	PasswordRules(ctx context.Context, id GUID) (PasswordRules, error)
	// SetPassword sets a password. An error says that it was not set, but for PasswordInDoubt; what else could not be done is in
	// the outcome.
	SetPassword(ctx context.Context, c PasswordChange) (PasswordOutcome, error)
	// CountWrong gives how many wrong passwords the directory counts of somebody now, towards a lockout; 0 where it does not say.
	CountWrong(ctx context.Context, id GUID) (int, error)
	// VerifyPassword signs in as somebody. An error says why the directory would not let that person in.
	VerifyPassword(ctx context.Context, id GUID, password []byte) error
}

// PasswordChange is one password to set.
type PasswordChange struct {
	ID  GUID
	Old []byte // proves the person, and has the directory treat this as a change: history and minimum age; empty: a reset
	New []byte
	// MustChange has the person choose another at the next sign-in; Unlock ends a lockout.
	MustChange, Unlock bool
}

// PasswordOutcome is what was not done beside a password that was set; nil: nothing.
type PasswordOutcome struct {
	MustChange, Unlock *problem.Problem
	HistoryUnchecked   bool // the directory cannot hold a reset against the history
}

// PasswordRules are what a directory asks of passwords (MS-ADA2 2.322 minPwdLength and its like).
type PasswordRules struct {
	MinLength        int
	Complex          bool          // three of: upper case, lower case, digit, sign, other letter; not the account's name
	History          int           // former ones that cannot be used again
	MinAge, MaxAge   time.Duration // zero: none
	LockoutThreshold int           // wrong ones until the account is locked; zero: never
	LockoutWindow    time.Duration // in which they are counted
	LockoutDuration  time.Duration // zero: until somebody unlocks it
	Named            string        // the password settings object that says so; empty: the domain
}

// Why a password was not set or proven.
const (
	PasswordTooShort    problem.Code = "password-too-short"
	PasswordNotComplex  problem.Code = "password-not-complex"
	PasswordUsedBefore  problem.Code = "password-used-before"
	PasswordTooYoung    problem.Code = "password-too-young"
	PasswordOldWrong    problem.Code = "password-old-wrong"
	PasswordInDoubt     problem.Code = "outcome-unknown"    // the connection broke, and it cannot be found out
	PasswordNotTaken    problem.Code = "password-not-taken" // for a reason that the directory does not give
	PasswordWrong       problem.Code = "password-wrong"
	PasswordExpired     problem.Code = "password-expired"      // right, and to be changed first
	PasswordNotChanging problem.Code = "password-not-changing" // the person may not change it
	ResetRightMissing   problem.Code = "reset-right-missing"
	AccountProtected    problem.Code = "account-protected"
	AccountLocked       problem.Code = "account-locked"
	AccountDisabled     problem.Code = "account-disabled"
	AccountExpired      problem.Code = "account-expired"
	AccountRestricted   problem.Code = "account-restricted" // not at this time, or not from this machine
	AccountGone         problem.Code = "account-gone"
)
