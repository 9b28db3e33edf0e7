// Package passwords is how a person's password becomes another: chosen at enrolment, changed by the person, reset by a link, given
// by an administrator. Pages are the packages portal's and console's.
//
// What always holds:
//
//   - Where the agent's password policy is two-way, the directory takes the password first (package writeback); Passly takes it only
//     when the directory did. Where it is one-way, nobody resets a password here.
//   - A password meets what the organization asks and what the directory asks, the stricter of both. The directory has the last word.
//   - Whoever signs in with the password of Windows has none here: it is proven by the agent each time.
//   - A new password ends all sessions but that of who changed it, and all links that would set another, with the entry in the audit log and
//     the e-mail that tells the person, in one transaction. The e-mail is sent once (package onboarding's courier).
//   - Who was sent a link shows the second factor too, where there is one, before a password can be chosen.
package passwords

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/links"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/writeback"
)

// How quickly codes may follow each other, for each person.
const (
	codeBurst  = 6
	codePeriod = 2 * time.Minute
)

// Desk sets and proves passwords.
type Desk struct {
	store     store.Store
	hashing   *signin.Hashing
	links     *links.Desk
	directory *writeback.Desk
	now       func() time.Time
	guesses   *signin.Throttle
	codes     *signin.Limit
	setting   sync.Map // of whom a password is being set, by id
}

// NewDesk makes a Desk.
func NewDesk(s store.Store, h *signin.Hashing, l *links.Desk, d *writeback.Desk, now func() time.Time) *Desk {
	return &Desk{store: s, hashing: h, links: l, directory: d, now: now, guesses: signin.NewThrottle(now), codes: signin.NewLimit(now, codeBurst, codePeriod)}
}

// Way says where somebody's password is kept.
func (d *Desk) Way(ctx context.Context, u tenant.User) (writeback.Way, error) {
	return d.directory.Way(ctx, u)
}

// Asked is what is asked of somebody's new password.
type Asked struct {
	Rules []Rule
	Notes []string // what only the directory can judge
}

// Asked gives what the organization and the directory ask of this user's password, and what of it is met.
func (d *Desk) Asked(ctx context.Context, password string, o tenant.Organization, u tenant.User) (Asked, error) {
	domain, err := d.directory.Rules(ctx, u)
	if err != nil {
		return Asked{}, err
	}
	return Asked{rules(password, o, u, domain.PasswordRules), notes(domain.PasswordRules)}, nil
}

// alone has one password at a time be set for somebody: of two, the directory might keep the one and Passly the other.
func (d *Desk) alone(u tenant.User, set func() error) error {
	if _, taken := d.setting.LoadOrStore(u.ID, true); taken {
		return &problem.Problem{
			Code: problem.Conflict, Title: "Another password is being set at this moment", Text: "Nothing was changed by this one.", Hint: "Wait until it is set, and look which one it is.", Op: "setting a password",
		}
	}
	defer d.setting.Delete(u.ID)
	return set()
}

// Wish is another password for somebody.
type Wish struct {
	User         tenant.User
	Organization tenant.Organization
	Old          string // proves the person to the directory; empty: a reset
	New, Again   string
	From         string // network address of who typed it
	MustChange   bool   // at the next sign-in
}

// Accept checks a password, has the directory take it, where it is kept there, and has keep store the hash that Passly is to keep.
func (d *Desk) Accept(ctx context.Context, w Wish, keep func(hash string) error) error {
	return d.alone(w.User, func() error {
		hash, _, err := d.accept(ctx, w)
		if err != nil {
			return err
		}
		return keep(hash)
	})
}

func (d *Desk) accept(ctx context.Context, w Wish) (hash string, outcome writeback.Outcome, err error) {
	if err := d.ready(ctx, w); err != nil {
		return "", outcome, err
	}
	return d.carry(ctx, w)
}

// carry has the directory take a password that is ready, and hashes it meanwhile.
func (d *Desk) carry(ctx context.Context, w Wish) (hash string, outcome writeback.Outcome, err error) {
	// The hash may take longer than the directory, and has to wait its turn. That ctx ends does not end it: the directory may have the
	// password by then.
	var (
		computed string
		hashing  errgroup.Group
	)
	hashing.Go(func() (err error) {
		computed, err = d.hashing.Hash(context.WithoutCancel(ctx), w.New)
		return err
	})
	if outcome, err = d.write(ctx, w); err != nil {
		return "", outcome, err
	}
	err = hashing.Wait()
	return computed, outcome, err
}

// ready checks a password as far as that can be done here.
func (d *Desk) ready(ctx context.Context, w Wish) error {
	if w.New != w.Again {
		return &problem.Problem{Code: problem.Invalid, Title: "The two passwords are not the same", Text: "Nothing was saved.", Hint: "Type the same password into both fields."}
	}
	asked, err := d.Asked(ctx, w.New, w.Organization, w.User)
	if err != nil {
		return err
	}
	return check(asked.Rules)
}

// write has the directory take a password, where it is kept there.
func (d *Desk) write(ctx context.Context, w Wish) (writeback.Outcome, error) {
	way, err := d.directory.Way(ctx, w.User)
	if err != nil || way.Place != writeback.TwoWay {
		return writeback.Outcome{}, err
	}
	before, next := []byte(w.Old), []byte(w.New)
	defer seal.Wipe(before)
	defer seal.Wipe(next)
	return d.directory.Set(ctx, writeback.Request{User: w.User, Old: before, New: next, MustChange: w.MustChange, From: w.From})
}
