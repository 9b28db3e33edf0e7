package scimserver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// batch carries out the operations of one bulk request.
type batch struct {
	call    *call
	ctx     context.Context // of the transaction, while it is under way
	steps   []step
	named   map[string]int // POSTs by bulkId
	failOn  int            // stop after so many errors; 0: never
	failed  int
	journal *journal
}

// run does all steps in their order, but those that refer to a later one after it.
func (b *batch) run(ctx context.Context, tx store.Tx) error {
	b.ctx = ctx
	waiting := make([]int, len(b.steps))
	for i := range waiting {
		waiting[i] = i
	}
	for len(waiting) > 0 && !b.stopped() {
		if err := ctx.Err(); err != nil {
			return err
		}
		left, err := b.round(tx, waiting)
		if err != nil {
			return err
		}
		if len(left) == len(waiting) {
			b.unresolved(left)
			break
		}
		waiting = left
	}
	return b.exchange(tx)
}

// round does the steps that can be done and gives those that wait for others. Users that are added one after the other
// are added together.
func (b *batch) round(tx store.Tx, waiting []int) (left []int, err error) {
	for at := 0; at < len(waiting) && !b.stopped(); {
		run := at
		for run < len(waiting) && b.steps[waiting[run]].addsUser {
			run++
		}
		if run > at {
			if err := b.addUsers(tx, waiting[at:run]); err != nil {
				return nil, err
			}
			at = run
			continue
		}
		s := &b.steps[waiting[at]]
		if s.err == nil && !b.ready(s) {
			left = append(left, waiting[at])
		} else if err := b.doOne(tx, s); err != nil {
			return nil, err
		}
		at++
	}
	return left, nil
}

func (b *batch) stopped() bool { return b.failOn > 0 && b.failed >= b.failOn }

func (b *batch) addUsers(tx store.Tx, which []int) error {
	// One by one where the client wants to stop at an error: what comes after it must not be done.
	if b.failOn > 0 && len(which) > 1 {
		for i := range which {
			if b.stopped() {
				return nil
			}
			if err := b.addUsers(tx, which[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	users := make([]tenant.User, len(which))
	for i, at := range which {
		users[i] = b.steps[at].user
	}
	outcome, err := b.call.addUsers(b.ctx, tx, b.journal, users)
	if err != nil {
		return err
	}
	for i, at := range which {
		s := &b.steps[at]
		if outcome[i] == nil {
			s.id, s.version, s.status = users[i].ID, users[i].Version, http.StatusCreated
		}
		b.finish(s, outcome[i])
	}
	return nil
}

// doOne does a step in an attempt of its own. An error that is not the client's ends the whole request.
func (b *batch) doOne(tx store.Tx, s *step) error {
	err := s.err
	if err == nil {
		err = tx.Attempt(b.ctx, func() error { return s.do(tx, s) })
	}
	if err == nil {
		b.finish(s, nil)
		return nil
	}
	if s.method == http.MethodPost {
		s.id = 0
	}
	if status, _ := errorOf(err); status >= http.StatusInternalServerError {
		return err
	}
	b.finish(s, err)
	return nil
}

func (b *batch) finish(s *step, err error) {
	s.done, s.err = true, err
	if err != nil {
		b.failed++
	}
}

// ready reports whether all that a step refers to was done.
func (b *batch) ready(s *step) bool {
	for _, name := range s.needs {
		if at, ok := b.named[name]; !ok || !b.steps[at].done || b.steps[at].err != nil {
			return false
		}
	}
	return true
}

// unresolved fails what refers to each other, or to an operation that failed or is not there.
func (b *batch) unresolved(left []int) {
	for _, i := range left {
		if !b.stopped() {
			b.finish(&b.steps[i], invalidValue("it refers to a bulkId that is not in the request, that failed, or that refers back"))
		}
	}
}

// resolve turns members into ids, those that name an operation of the request as well.
func (b *batch) resolve(members []scim.Member) ([]tenant.ID, error) {
	found := make([]tenant.ID, len(members))
	for i, m := range members {
		name, refers := strings.CutPrefix(m.Value, bulkPrefix)
		if !refers {
			id, err := tenant.ParseID(m.Value)
			if err != nil {
				return nil, &tenant.UnknownMember{ID: m.Value}
			}
			found[i] = id
			continue
		}
		at, ok := b.named[name]
		if !ok || b.steps[at].id == 0 {
			return nil, &tenant.UnknownMember{ID: m.Value}
		}
		found[i] = b.steps[at].id
	}
	return found, nil
}

// target reads the id in an operation's path.
func (b *batch) target(text, what string) (tenant.ID, error) {
	found, err := b.resolve([]scim.Member{{Value: text}})
	var unknown *tenant.UnknownMember
	if errors.As(err, &unknown) {
		return 0, tenant.NotFound(what)
	}
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

type remover func(context.Context, store.Tx, *journal, tenant.Scope, tenant.ID, string) error

func (b *batch) removing(target, version string, remove remover) func(store.Tx, *step) error {
	return func(tx store.Tx, at *step) error {
		id, err := b.target(target, "object")
		if err != nil {
			return err
		}
		at.id, at.status = id, http.StatusNoContent
		err = remove(b.ctx, tx, b.journal, b.call.scope(), id, version)
		if problem.Is(err, problem.NotFound) {
			at.id = 0
		}
		return err
	}
}
