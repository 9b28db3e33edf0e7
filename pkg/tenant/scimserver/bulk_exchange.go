package scimserver

import (
	"errors"
	"net/http"
	"slices"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// Bounds of an exchange: how many users at once, and how often it is tried with fewer.
const (
	maxExchanged = 200
	maxTries     = 10
)

// userEdit is a PUT or PATCH of a user.
type userEdit struct {
	version string
	edit    func(*tenant.User) error
}

// errStillTaken takes an exchange back that left somebody without a name.
var errStillTaken = errors.New("a name is still taken")

// exchange does once more, and together, the edits that were refused because a name was taken: of two who swap their e-mails each
// waits for the other, and of a row of people who pass theirs on the first may have come too early. Who waits for somebody
// else's name is left out, until the rest goes or nobody is left.
func (b *batch) exchange(tx store.Tx) error {
	if b.failOn > 0 {
		return nil // the first that failed ended the request
	}
	var waiting []*step
	newer := map[tenant.ID]bool{} // of whom a later operation was done: what came before it must not come after
	for i := range slices.Backward(b.steps) {
		var taken *tenant.Taken
		s := &b.steps[i]
		if s.edit != nil && s.id != 0 && !newer[s.id] && errors.As(s.err, &taken) {
			waiting = append(waiting, s)
		}
		newer[s.id] = true
	}
	slices.Reverse(waiting)
	for range maxTries {
		if len(waiting) == 0 || len(waiting) > maxExchanged {
			return nil
		}
		stuck, err := b.tryExchange(tx, waiting)
		if err != nil || len(stuck) == 0 {
			return err
		}
		waiting = slices.DeleteFunc(waiting, func(s *step) bool { return slices.Contains(stuck, s) })
	}
	return nil
}

// tryExchange does all of the edits, or none of them: then it gives those that cannot be done.
func (b *batch) tryExchange(tx store.Tx, waiting []*step) (stuck []*step, err error) {
	before, after, free := make([]tenant.User, len(waiting)), make([]tenant.User, len(waiting)), make([]tenant.ID, len(waiting))
	for i, s := range waiting {
		free[i] = s.id
		before[i], after[i], err = edited(b.ctx, tx, b.call.scope(), s.id, s.edit.version, s.edit.edit)
		if stuck, err = refusedTo(s, stuck, err); err != nil {
			return nil, err
		}
	}
	if len(stuck) > 0 { // another operation of the request changed or removed them
		return stuck, nil
	}
	err = tx.Attempt(b.ctx, func() error {
		if err := tx.FreeNames(b.ctx, free); err != nil {
			return err
		}
		for i, s := range waiting {
			err := tx.Attempt(b.ctx, func() error {
				if err := tx.ReplaceUser(b.ctx, &after[i]); err != nil {
					return err
				}
				return b.journal.user(b.ctx, before[i], after[i])
			})
			if stuck, err = refusedTo(s, stuck, err); err != nil {
				return err
			}
		}
		if len(stuck) > 0 {
			return errStillTaken
		}
		return nil
	})
	switch {
	case errors.Is(err, errStillTaken):
		return stuck, nil
	case err != nil:
		return nil, err
	}
	for i, s := range waiting {
		s.err, s.version, s.status = nil, after[i].Version, http.StatusOK
		b.failed--
	}
	return nil, nil
}

// refusedTo counts a step to those that are stuck where the fault is the client's; other errors are given on.
func refusedTo(s *step, stuck []*step, err error) ([]*step, error) {
	if err == nil {
		return stuck, nil
	}
	if status, _ := errorOf(err); status >= http.StatusInternalServerError {
		return stuck, err
	}
	return append(stuck, s), nil
}
