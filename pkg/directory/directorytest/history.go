package directorytest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"passlysync/pkg/directory"
)

// rounds and perRound say how long a random history is; the mirror is checked once a round.
const rounds, perRound = 12, 8

// testHistory does random things and checks after some of them. The seed is printed with a failure.
func testHistory(t *testing.T, d Directory, r Reader) {
	seed := rand.Uint64()
	h := &history{Directory: d, mirror: mirror{reader: r}, random: rand.New(rand.NewPCG(seed, 0)), members: map[[2]directory.GUID]bool{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the seed was %d; what happened:\n%v", seed, h.log)
		}
	})
	h.refresh(t)
	for _, add := range []string{"unit", "unit", "user", "user", "user", "group", "group"} {
		h.grow(t, add)
	}
	for round := range rounds {
		for range perRound {
			h.happen(t)
		}
		h.step(t, fmt.Sprintf("round %d of seed %d", round, seed), func(context.Context) error { return nil })
	}
}

// history is a domain to which random things happen. Units are never deleted, so that everything has a place.
type history struct {
	Directory
	mirror
	random                       *rand.Rand
	units, users, groups, absent []directory.GUID
	members                      map[[2]directory.GUID]bool
	made                         int
	log                          []string
}

func (h *history) grow(t *testing.T, what string) {
	t.Helper()
	h.made++
	name := fmt.Sprintf("%s %d", what, h.made)
	ctx, parent := t.Context(), h.pick(append(h.units, h.Root()))
	var (
		id  directory.GUID
		err error
	)
	switch what {
	case "unit":
		id, err = h.AddUnit(ctx, parent, name)
		h.units = append(h.units, id)
	case "user":
		id, err = h.AddUser(ctx, parent, name, set(directory.Mail, fmt.Sprintf("h%d@example.test", h.made)))
		h.users = append(h.users, id)
	case "group":
		id, err = h.AddGroup(ctx, parent, name)
		h.groups = append(h.groups, id)
	}
	h.did(t, err, "add %s %s", name, id)
}

func (h *history) did(t *testing.T, err error, format string, values ...any) {
	t.Helper()
	h.log = append(h.log, fmt.Sprintf(format, values...)+"\n")
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(format, values...), err)
	}
}

func (h *history) pick(from []directory.GUID) directory.GUID { return from[h.random.IntN(len(from))] }

// happen does one random thing.
func (h *history) happen(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	user, group, unit := h.pick(h.users), h.pick(h.groups), h.pick(h.units)
	h.made++
	switch h.random.IntN(11) {
	case 0, 1:
		h.grow(t, [...]string{"unit", "user", "user", "group"}[h.random.IntN(4)])
	case 2:
		value := [...]string{"", "Name", "Náme", fmt.Sprint(h.made)}[h.random.IntN(4)]
		h.did(t, h.Modify(ctx, user, directory.GivenName, value), "set givenName of %s to %q", user, value)
	case 3:
		h.did(t, h.Rename(ctx, user, fmt.Sprintf("renamed %d", h.made)), "rename %s", user)
	case 4:
		h.did(t, h.Move(ctx, user, unit), "move %s to %s", user, unit)
	case 5:
		h.did(t, h.Rename(ctx, unit, fmt.Sprintf("unit renamed %d", h.made)), "rename unit %s", unit)
	case 6:
		h.did(t, h.SetDisabled(ctx, user, h.random.IntN(2) == 0), "switch %s", user)
	case 7, 8:
		h.join(t, group, user)
	case 9:
		h.leave(t)
	case 10:
		h.comeBack(t)
	}
}

// join turns a membership over.
func (h *history) join(t *testing.T, group, user directory.GUID) {
	t.Helper()
	key := [2]directory.GUID{group, user}
	if h.members[key] {
		h.did(t, h.RemoveMember(t.Context(), group, user), "take %s from %s", user, group)
	} else {
		h.did(t, h.AddMember(t.Context(), group, user), "put %s into %s", user, group)
	}
	h.members[key] = !h.members[key]
}

func (h *history) leave(t *testing.T) {
	t.Helper()
	if len(h.users) < 3 {
		return
	}
	at := h.random.IntN(len(h.users))
	user := h.users[at]
	h.users = append(h.users[:at], h.users[at+1:]...)
	h.absent = append(h.absent, user)
	for key := range h.members {
		if key[1] == user {
			delete(h.members, key)
		}
	}
	h.did(t, h.Delete(t.Context(), user), "delete %s", user)
}

func (h *history) comeBack(t *testing.T) {
	t.Helper()
	if len(h.absent) == 0 {
		return
	}
	user := h.absent[0]
	h.absent = h.absent[1:]
	h.users = append(h.users, user)
	h.did(t, h.Restore(t.Context(), user), "restore %s", user)
}
