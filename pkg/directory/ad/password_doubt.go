package ad

import (
	"context"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// inDoubt means that the connection broke while a password was being set: the server may have taken it.
type inDoubt struct {
	lastSet string // pwdLastSet before
	err     error
}

func (d *inDoubt) Error() string { return "setting a password: " + d.err.Error() }

func (d *inDoubt) Unwrap() error { return d.err }

// How long it is looked for what became of a password.
const (
	lookAgainIn  = 5 * time.Second
	lookAgainFor = 300 * time.Millisecond // between two looks
)

// lookAgain finds out by another connection whether a password was set: then pwdLastSet has moved (MS-ADTS 3.1.1.3.1.5.1). A
// bind with the new password would prove less: it may have been the former one. That it has not moved proves nothing, since the
// server may still be at it.
func (r *Reader) lookAgain(ctx context.Context, id directory.GUID, doubt *inDoubt) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAgainIn)
	defer cancel()
	for ctx.Err() == nil {
		moved := false
		err := r.with(ctx, func(s *session) error {
			to, err := s.target(ctx, id)
			moved = err == nil && to.value(attrLastSet) != doubt.lastSet
			return err
		})
		if err == nil && moved {
			return nil
		}
		select {
		case <-time.After(lookAgainFor):
		case <-ctx.Done():
		}
	}
	return &problem.Problem{
		Code: directory.PasswordInDoubt, Title: "The connection to the domain controller broke while a password was being set", Err: doubt.err,
		Text: "Whether it was set is not known.", Hint: "Try the new password, or set it again.", Op: "setting a password",
	}
}

// CountWrong gives badPwdCount as far as it counts still.
func (r *Reader) CountWrong(ctx context.Context, id directory.GUID) (count int, err error) {
	err = r.with(ctx, func(s *session) error {
		who, err := s.target(ctx, id)
		if err != nil {
			return err
		}
		rules, err := s.passwordRules(ctx, who.value(attrResultant))
		if err != nil {
			return err
		}
		last := filetime(who.value(attrWrongAt))
		if rules.LockoutWindow == 0 || time.Since(last) < rules.LockoutWindow {
			count = number(who.value(attrWrong))
		}
		return nil
	})
	return count, err
}
