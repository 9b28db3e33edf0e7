// Package cycle runs one cycle: pass → mirror → plan → guard → push → checkpoint. Each part is a file here or a package
// beside it:
//
//	read.go        one pass of the directory into the mirror, which plans as it takes entries in
//	match.go       a new mirror meets what the tenant already has; lost answers are asked for
//	send.go        additions and updates, while the pass goes on and after it
//	guard.go       removals: within the limit, approved, or held
//	members.go     memberships
//	../mirror      what was read and acknowledged; Complete is the checkpoint
//	../plan        every decision, pure
//	../push        SCIM
//
// A cycle is level-triggered: it sends the difference between wanted and pushed, wherever that came from. It can be cut off
// at any point and run again. Nothing is removed, and nobody joins a group, unless the last pass completed.
package cycle

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// Target is where a cycle sends to; push.Pusher is one.
type Target interface {
	Send(ctx context.Context, items []mirror.Item) ([]mirror.Outcome, error)
	SendMembers(ctx context.Context, todo plan.Todo, changes []mirror.Membership) (push.Answer, error)
	Existing(ctx context.Context, yield func([]mirror.Adopted) error) error
	MembersOf(ctx context.Context, remote string) ([]string, error)
	Look(ctx context.Context, items []mirror.Item) ([]mirror.Found, error)
}

// Cycle is what runs share.
type Cycle struct {
	Mirror *mirror.Mirror
	Target Target
	Log    *slog.Logger
	Now    func() time.Time
}

// Result says what one run did.
type Result struct {
	Run  control.Run // ID is left to the caller
	Held []control.Held
	// Read and Send are why reading or sending stopped; the cycle does of the other what it can.
	Read, Send error
	// Reason is why the tenant did not take a membership, in its words.
	Reason string
	unsure error // the first change whose outcome is not known
}

// Changed reports whether the run changed anything in the tenant.
func (r Result) Changed() bool { return r.Run.Accepted > 0 }

// lost notes that the tenant could not take a change, without keeping the others from being sent.
func (r *Result) lost(reason string) {
	if r.unsure == nil {
		r.unsure = &problem.Problem{
			Code: problem.Unavailable, Title: "The tenant could not take a change right now", Text: reason,
			Hint: "Nothing to do: it is sent again.", Op: "sending changes",
		}
	}
}

// Err joins what went wrong.
func (r Result) Err() error { return errors.Join(r.Read, r.Send) }

// run is one run under way.
type run struct {
	*Cycle
	settings control.Configuration
	guarded  []control.RemovalKind // the guard decided on these

	met atomic.Bool // an addition turned out to be there already

	mu     sync.Mutex // sending may overlap with reading
	result Result
}

// Run makes one cycle with the given configuration. It never fails as a whole: see Result.
func (c *Cycle) Run(ctx context.Context, reader directory.Reader, settings control.Configuration) Result {
	r := &run{Cycle: c, settings: settings}
	r.result.Run = control.Run{Kind: control.RunDelta, Started: c.Now()}
	if r.result.Send = r.meet(ctx); r.result.Send != nil && (!r.Mirror.Matched() || errors.Is(r.result.Send, errEmptied)) {
		return r.finish(ctx) // what is read must be matched as it comes, and until it is believed what the tenant has, nothing is sent
	}
	if err := r.Mirror.JudgeDue(ctx); err != nil {
		r.result.Read = err
		return r.finish(ctx)
	}
	r.readAndSend(ctx, reader)
	if r.result.Send == nil {
		r.result.Send = r.sendRest(ctx)
	}
	return r.finish(ctx)
}

// meet brings the mirror to what the tenant really has: once when it is new, and after answers were lost.
func (r *run) meet(ctx context.Context) error {
	if err := r.match(ctx); err != nil {
		return err
	}
	return r.settle(ctx)
}

func (r *run) finish(ctx context.Context) Result {
	r.stillHeld(ctx)
	if r.result.Send == nil {
		r.result.Send = r.result.unsure
	}
	r.result.Run.Finished = r.Now()
	return r.result
}

// readAndSend reads a pass; of a full one, what can be added or updated is sent while it is read.
func (r *run) readAndSend(ctx context.Context, reader directory.Reader) {
	if reader == nil {
		r.result.Read = errNoReader
		return
	}
	if !r.Mirror.Cursor().IsZero() {
		r.result.Read = r.read(ctx, reader, func() {})
		if !errors.Is(r.result.Read, directory.ErrCursorRefused) {
			return
		}
		r.Log.Info("the directory refused the cursor; reading everything")
		if r.result.Read = r.Mirror.Forget(ctx); r.result.Read != nil {
			return
		}
	}
	r.Log.Info("reading the whole directory")
	r.result.Run.Kind = control.RunFull
	more, sent := make(chan struct{}, 1), make(chan error, 1)
	go func() { sent <- r.sendAsRead(ctx, more) }()
	r.result.Read = r.read(ctx, reader, func() {
		select {
		case more <- struct{}{}:
		default:
		}
	})
	close(more)
	r.result.Send = <-sent
}

// errNoReader stands for a directory that could not be opened; the caller knows why.
var errNoReader = errors.New("the directory is not open")

// sendRest sends what is left once nothing more is read. Removals go first, since they free names.
func (r *run) sendRest(ctx context.Context) error {
	steps := []func(context.Context) error{
		r.removal(control.RemoveUsers), r.sendUsers, r.retryRefused, r.sendGroups, r.addMembers,
		r.removal(control.RemoveMemberships), r.removal(control.RemoveGroups),
	}
	if !r.Mirror.Consistent() {
		steps = []func(context.Context) error{r.sendUsers}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
