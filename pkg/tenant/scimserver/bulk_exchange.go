package scimserver

import (
	"errors"
	"net/http"
	"slices"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// userEdit is a PUT or PATCH of a user.
type userEdit struct {
	version string
	edit    func(*tenant.User) error
}

// exchange does the edits once more, and together, that were refused because a name was taken (store.Exchange).
func (b *batch) exchange(tx store.Tx) error {
	if b.failOn > 0 {
		return nil // the first that failed ended the request
	}
	waiting, users := b.refusedForNames()
	versions := make([]int64, len(waiting))
	made, err := store.Exchange(b.ctx, tx, users, func(i int) error {
		s := waiting[i]
		before, after, err := edited(b.ctx, tx, b.call.scope(), s.id, s.edit.version, s.edit.edit)
		if err != nil {
			return err
		}
		if err := tx.ReplaceUser(b.ctx, &after); err != nil {
			return err
		}
		versions[i] = after.Version
		return b.journal.user(b.ctx, before, after)
	}, clientsFault)
	for _, i := range made {
		waiting[i].err, waiting[i].version, waiting[i].status = nil, versions[i], http.StatusOK
		b.failed--
	}
	return err
}

// refusedForNames gives the edits that may go together, and of whom they are.
func (b *batch) refusedForNames() (waiting []*step, users []tenant.ID) {
	newer := map[tenant.ID]bool{} // of whom a later operation was done: what came before it must not come after
	for i := range slices.Backward(b.steps) {
		var taken *tenant.Taken
		s := &b.steps[i]
		if s.edit != nil && s.id != 0 && !newer[s.id] && errors.As(s.err, &taken) {
			waiting, users = append(waiting, s), append(users, s.id)
		}
		newer[s.id] = true
	}
	slices.Reverse(waiting)
	slices.Reverse(users)
	return waiting, users
}

// clientsFault reports whether an operation was refused for what the client asked, and not because something is wrong here.
func clientsFault(err error) bool {
	status, _ := errorOf(err)
	return status < http.StatusInternalServerError
}
