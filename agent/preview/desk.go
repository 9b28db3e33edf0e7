package preview

import (
	"context"
	"crypto/rand"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// How long a preview stays after the last question: one that is being made, and a finished one.
const (
	patience = time.Minute
	keep     = 10 * time.Minute
)

// Desk takes questions: it makes one preview at a time and keeps the last one for its pages. Make it with New.
type Desk struct {
	ctx  context.Context // of everything that is made here
	work Make

	mu      sync.Mutex
	current *job // nil: there is none
}

// Make makes a preview; it calls read for the entries that come in.
type Make func(ctx context.Context, args control.PreviewArgs, read func(int)) (*Snapshot, error)

// New makes a desk whose work ends with ctx.
func New(ctx context.Context, work Make) *Desk { return &Desk{ctx: ctx, work: work} }

// job is one preview, being made or finished.
type job struct {
	id     string
	args   control.PreviewArgs // the proposal alone
	cancel context.CancelFunc
	left   *time.Timer
	read   atomic.Int64
	done   chan struct{} // closed once what follows is set

	snapshot *Snapshot
	err      error
	pages    sync.RWMutex // held for reading by whoever reads a page
}

// Ask answers one question within control.PreviewAnswerIn.
func (d *Desk) Ask(ctx context.Context, args control.PreviewArgs) (control.Preview, error) {
	j, err := d.job(args)
	if err != nil {
		return control.Preview{}, err
	}
	wait := time.NewTimer(control.PreviewAnswerIn)
	defer wait.Stop()
	select {
	case <-j.done:
		return d.page(ctx, j, args)
	case <-wait.C:
		j.stay()
		return control.Preview{ID: j.id, Reading: true, Read: int(j.read.Load()), Rows: []control.PreviewRow{}}, nil
	case <-ctx.Done():
		return control.Preview{}, ctx.Err()
	}
}

// Close ends what is being made and removes what was.
func (d *Desk) Close() {
	d.mu.Lock()
	j := d.current
	d.mu.Unlock()
	if j != nil {
		d.drop(j)
	}
}

// job finds the preview that is asked for, or begins one.
func (d *Desk) job(args control.PreviewArgs) (*job, error) {
	proposal := args
	proposal.ID, proposal.After, proposal.Limit = "", 0, 0
	d.mu.Lock()
	defer d.mu.Unlock()
	j := d.current
	switch {
	case args.ID != "" && (j == nil || j.id != args.ID):
		return nil, gone()
	case args.ID != "":
		j.stay()
		return j, nil
	case j != nil && j.running() && !reflect.DeepEqual(j.args, proposal):
		return nil, another()
	case j != nil && j.running():
		j.stay()
		return j, nil
	case j != nil:
		d.current = nil
		j.end()
	}
	d.current = d.begin(proposal)
	return d.current, nil
}

func (d *Desk) begin(args control.PreviewArgs) *job {
	ctx, cancel := context.WithCancel(d.ctx)
	j := &job{id: rand.Text(), args: args, cancel: cancel, done: make(chan struct{})}
	j.left = time.AfterFunc(patience, func() { d.drop(j) })
	go func() {
		defer cancel()
		j.snapshot, j.err = d.work(ctx, args, func(n int) { j.read.Add(int64(n)) })
		close(j.done)
	}()
	return j
}

func (j *job) running() bool {
	select {
	case <-j.done:
		return false
	default:
		return true
	}
}

// stay has a preview wait for further questions.
func (j *job) stay() {
	if j.running() {
		j.left.Reset(patience)
		return
	}
	j.left.Reset(keep)
}

// drop ends a preview that nobody asks for any more.
func (d *Desk) drop(j *job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current == j {
		d.current = nil
		j.end()
	}
}

// end waits for what is under way; the file is free afterwards.
func (j *job) end() {
	j.left.Stop()
	j.cancel()
	<-j.done
	j.pages.Lock()
	defer j.pages.Unlock()
	if j.snapshot != nil {
		_ = j.snapshot.Discard() // a file that stays is removed at the next start
		j.snapshot, j.err = nil, gone()
	}
}

// page reads rows of a finished preview. One that failed is said once and forgotten.
func (d *Desk) page(ctx context.Context, j *job, args control.PreviewArgs) (control.Preview, error) {
	j.pages.RLock()
	snapshot, err := j.snapshot, j.err
	if err != nil {
		j.pages.RUnlock()
		d.drop(j)
		return control.Preview{}, err
	}
	defer j.pages.RUnlock()
	j.left.Reset(keep)
	p, err := snapshot.Page(ctx, args.After, args.Limit)
	p.ID = j.id
	return p, err
}

func gone() error {
	return &problem.Problem{
		Code: problem.NotFound, Title: "This preview is not there any more", Text: "It is kept for some minutes, and only until another is made.",
		Hint: "Make it anew.", Op: "reading a preview",
	}
}

func another() error {
	return &problem.Problem{
		Code: problem.Conflict, Title: "Another preview is being made right now", Text: "The agent makes one at a time.",
		Hint: "Try again in a minute.", Op: "making a preview",
	}
}
