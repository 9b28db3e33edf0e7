package store

import (
	"context"
	"errors"
	"slices"

	"passlysync/pkg/tenant"
)

// Bounds of an exchange: how many users at once, and how often it is tried with fewer.
const (
	maxExchanged = 200
	maxTries     = 10
)

// errStillTaken takes an exchange back that left somebody without a name.
var errStillTaken = errors.New("a name is still taken")

// Exchange makes changes of users that were refused because a name was taken, once more and together: of two who swap their
// e-mails each waits for the other, and of a row of people who pass theirs on the first may have come too early. Who waits for
// somebody else's name is left out, until the rest goes or nobody is left.
//
// change makes the i-th change, which is of the i-th user and writes that user; refused says of its error that this one cannot be
// made, and others end everything. Exchange gives which were made, in their order.
func Exchange(ctx context.Context, tx Tx, users []tenant.ID, change func(i int) error, refused func(error) bool) ([]int, error) {
	waiting := make([]int, len(users))
	for i := range waiting {
		waiting[i] = i
	}
	for range maxTries {
		if len(waiting) == 0 || len(waiting) > maxExchanged {
			break
		}
		stuck, err := exchangeAll(ctx, tx, users, waiting, change, refused)
		if err != nil {
			return nil, err
		}
		if len(stuck) == 0 {
			return waiting, nil
		}
		waiting = slices.DeleteFunc(waiting, func(i int) bool { return slices.Contains(stuck, i) })
	}
	return nil, nil
}

// exchangeAll makes all of the changes that wait, or none of them: then it gives those that cannot be made.
func exchangeAll(ctx context.Context, tx Tx, users []tenant.ID, waiting []int, change func(i int) error, refused func(error) bool) (stuck []int, err error) {
	err = tx.Attempt(ctx, func() error {
		var free []tenant.ID
		for _, i := range waiting {
			free = append(free, users[i])
		}
		if err := tx.FreeNames(ctx, free); err != nil {
			return err
		}
		for _, i := range waiting {
			err := tx.Attempt(ctx, func() error { return change(i) })
			if err != nil && !refused(err) {
				return err
			}
			if err != nil {
				stuck = append(stuck, i)
			}
		}
		if len(stuck) > 0 {
			return errStillTaken
		}
		return nil
	})
	if errors.Is(err, errStillTaken) {
		err = nil
	}
	return stuck, err
}
