// Package passwords takes people's passwords from the tenant to the directory: it opens what was sealed to this agent, sets or
// verifies it there, and says what came of it.
//
// What always holds:
//
//   - A command is obeyed once, in time, or not at all: it is checked against the tenant's clock, claimed at the tenant just
//     before (control.Claim), and its id is kept on disk before the directory is touched (journal). What was begun when the agent
//     was stopped is never begun again; that its outcome is not known is said.
//   - Only for somebody whom this agent added, who is in scope now, and while the configuration says two-way.
//   - A password is in memory only, as bytes that are wiped: when a command is answered, nothing of it is left there.
//   - Wrong passwords stay below the domain's lockout threshold, with what the domain counted itself (guesses.go).
//
// How a directory takes a password is package directory's business (PasswordWriter).
package passwords

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
)

// Options are what a Desk works on.
type Options struct {
	Tenant, Agent string // ids
	Seed          []byte // of the agent's identity key; the sealing key's is derived from it
	Folder        string // for the journal
	// Now is the tenant's clock, as near as it is known.
	Now      func() time.Time
	Settings func() control.Configuration
	// May says why somebody's password is none of this agent's business, or nil.
	May func(ctx context.Context, id directory.GUID) error
	// Claim asks the tenant whether a command still counts.
	Claim func(ctx context.Context, c control.Claim) error
	// Open signs in to the directory. What it gives is kept while it is in use.
	Open func(ctx context.Context) (directory.Reader, error)
	Log  *slog.Logger
}

// Desk obeys the commands about passwords. It is safe for concurrent use.
type Desk struct {
	Options
	key     seal.Key
	journal *journal
	line    line
	guesses guesses
	slots   chan struct{}
	people  turns
}

// atOnce bounds how many passwords are taken to the directory at once.
const atOnce = 8

// ErrPassed means that a command does not count any more: nothing was done, and nobody waits for an answer.
var ErrPassed = errors.New("the command does not count any more")

// New makes a Desk.
func New(o Options) (*Desk, error) {
	seed, err := hkdf.Key(sha256.New, o.Seed, nil, "passly sealing key v1", seal.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("deriving the sealing key: %w", err)
	}
	key, err := seal.NewKey(seed)
	seal.Wipe(seed)
	if err != nil {
		return nil, err
	}
	kept, err := openJournal(o.Folder, o.Now())
	if err != nil {
		return nil, err
	}
	return &Desk{
		Options: o, key: key, journal: kept, line: line{open: o.Open}, guesses: guesses{now: o.Now}, slots: make(chan struct{}, atOnce),
	}, nil
}

// Close ends the connection to the directory.
func (d *Desk) Close() error { return errors.Join(d.line.close(), d.journal.close()) }

// Public is the key that passwords for this agent are sealed to.
func (d *Desk) Public() []byte { return d.key.Public() }

// Write sets a password.
func (d *Desk) Write(ctx context.Context, c control.Command, args control.SealedArgs) (written control.PasswordWritten, err error) {
	err = d.obey(ctx, c, args, func(ctx context.Context, to directory.PasswordWriter, s seal.Secrets) error {
		settings := d.Settings()
		change := directory.PasswordChange{ID: args.User, Old: s.Old, New: s.New, MustChange: args.MustChange, Unlock: settings.UnlockOnReset && len(s.Old) == 0}
		set := func() error {
			outcome, err := to.SetPassword(ctx, change)
			written = control.PasswordWritten{MustChange: outcome.MustChange, Unlock: outcome.Unlock, HistoryUnchecked: outcome.HistoryUnchecked}
			return err
		}
		if len(s.Old) == 0 {
			return set()
		}
		return d.guesses.guard(ctx, to, args.User, directory.PasswordOldWrong, set)
	})
	d.log("a password was set", "a password was not set", args, err)
	return written, err
}

// Verify proves a password.
func (d *Desk) Verify(ctx context.Context, c control.Command, args control.SealedArgs) error {
	err := d.obey(ctx, c, args, func(ctx context.Context, to directory.PasswordWriter, s seal.Secrets) error {
		return d.guesses.guard(ctx, to, args.User, directory.PasswordWrong, func() error { return to.VerifyPassword(ctx, args.User, s.New) })
	})
	d.log("a password was proven", "a password was not proven", args, err)
	return err
}

func (d *Desk) log(done, refused string, args control.SealedArgs, err error) {
	switch {
	case errors.Is(err, ErrPassed):
	case err == nil:
		d.Log.Info(done, "user", args.User.String())
	default:
		d.Log.Warn(refused, "user", args.User.String(), "code", string(problem.Of(err).Code))
	}
}

// Rules gives what the directory asks of somebody's passwords.
func (d *Desk) Rules(ctx context.Context, args control.PasswordRulesArgs) (control.PasswordRules, error) {
	to, err := d.line.writer(ctx)
	if err != nil {
		return control.PasswordRules{}, err
	}
	rules, err := to.PasswordRules(ctx, args.User)
	d.line.judge(err)
	return control.RulesOf(rules), err
}

// obey does what a command asks, once.
func (d *Desk) obey(ctx context.Context, c control.Command, args control.SealedArgs, do func(context.Context, directory.PasswordWriter, seal.Secrets) error) error {
	if before, known := d.journal.outcome(c.ID); known {
		return before
	}
	left := c.Expires.Sub(d.Now())
	if c.Expires.IsZero() || left <= 0 {
		return ErrPassed
	}
	deadline := time.Now().Add(left)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err := d.admit(ctx, args); err != nil {
		return err
	}
	secrets, err := d.key.Open(args.Sealed, c.Binding(d.Tenant, d.Agent, args))
	if err != nil {
		return notOpened(err)
	}
	defer secrets.Wipe()
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return ErrPassed
	}
	defer d.people.take(args.User)()
	to, err := d.line.writer(ctx)
	if err != nil {
		return err
	}
	if err := d.begin(ctx, c); err != nil {
		return err
	}
	ctx, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline) // what is begun goes to its end
	defer cancel()
	err = do(ctx, to, secrets)
	if errors.Is(err, context.DeadlineExceeded) && !problem.Is(err, control.PasswordUnknown) {
		err = tooSlow(err)
	}
	d.line.judge(err)
	d.journal.end(c.ID, err)
	return err
}

func (d *Desk) admit(ctx context.Context, args control.SealedArgs) error {
	if d.Settings().PasswordPolicy != control.PasswordTwoWay {
		return notTwoWay()
	}
	return d.May(ctx, args.User)
}

// begin claims a command and keeps its id; an error means that it must not be obeyed.
func (d *Desk) begin(ctx context.Context, c control.Command) error {
	claim := control.Claim{ID: c.ID, Nonce: rand.Text()}
	err := d.Claim(ctx, claim)
	if err != nil && !problem.Is(err, problem.NotFound) { // an answer may be lost
		err = d.Claim(ctx, claim)
	}
	if err != nil {
		d.Log.Warn("a command was not obeyed: the tenant does not wait for it", "command", string(c.Kind), "error", err)
		return ErrPassed
	}
	return d.journal.begin(c)
}
