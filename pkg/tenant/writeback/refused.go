package writeback

import (
	"errors"

	"passlysync/pkg/problem"
)

// refused is an error with two texts: problem.Of finds the person's in it, ForAdministrator the whole.
type refused struct {
	person *problem.Problem
	whole  *problem.Problem
}

// Error is for logs.
func (r *refused) Error() string { return r.whole.Error() }

// Unwrap gives the person's text.
func (r *refused) Unwrap() error { return r.person }

// ForAdministrator gives the whole of an error: what is wrong with account, agent or rights, and the commands that grant what
// is lacking. Of other errors it is problem.Of.
func ForAdministrator(err error) *problem.Problem {
	var r *refused
	if errors.As(err, &r) {
		return r.whole
	}
	return problem.Of(err)
}
