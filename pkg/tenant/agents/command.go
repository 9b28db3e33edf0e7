package agents

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/store"
)

// commandLife is how long an agent may take to hear of a command; maxPending bounds what waits for one agent.
const (
	commandLife = 30 * time.Second
	maxPending  = 32
)

// desk holds what waits for each agent: its streams to be woken and the commands not yet answered, of all replicas.
type desk struct {
	mu     sync.Mutex
	name   string // this replica's
	now    func() time.Time
	bus    bus.Bus
	last   int64 // number of the last command; begins with the clock so that it grows over restarts
	agents map[tenant.ID]*counter
	asked  map[string]chan bool // claims that were asked of other replicas, by nonce
}

// counter is one agent's place at the desk.
type counter struct {
	wake    *broadcast
	pending []*pending
	streams int
}

type pending struct {
	number int64
	control.Command
	answer chan control.CommandResult // nil: another replica waits for it
	taken  sync.Once
	has    chan struct{} // closed when a replica with a stream of the agent has it
	claim  string        // of the agent's claim that was granted; empty: none was
	begun  chan struct{} // closed then
}

func newDesk(now func() time.Time, b bus.Bus) *desk {
	return &desk{name: rand.Text(), now: now, bus: b, last: now().UnixMicro(), agents: map[tenant.ID]*counter{}, asked: map[string]chan bool{}}
}

// at gives the agent's counter; callers hold the lock.
func (d *desk) at(id tenant.ID) *counter {
	c, ok := d.agents[id]
	if !ok {
		c = &counter{wake: newBroadcast()}
		d.agents[id] = c
	}
	return c
}

// wake has an agent's streams look at the store, at every replica.
func (d *desk) wake(id tenant.ID) {
	if d.tell(word{Agent: id, Wake: true}) != nil {
		d.hear(bus.Message{Missed: true}) // the others look from time to time
	}
}

// post puts a command on the counter; connected says whether the agent listens now.
func (d *desk) post(id tenant.ID, kind control.CommandKind, args json.RawMessage) (p *pending, connected bool, err error) {
	return d.postFor(id, kind, commandLife, func(control.Command) (json.RawMessage, error) { return args, nil })
}

// postFor posts a command of a certain life, whose arguments may depend on the rest of it.
func (d *desk) postFor(id tenant.ID, kind control.CommandKind, life time.Duration, args func(control.Command) (json.RawMessage, error)) (p *pending, connected bool, err error) {
	p, here, err := d.draw(id, kind, life, args)
	if err != nil {
		return nil, false, err
	}
	connected, err = d.offer(id, p, here)
	return p, connected, err
}

// draw puts it on this replica's counter.
func (d *desk) draw(id tenant.ID, kind control.CommandKind, life time.Duration, args func(control.Command) (json.RawMessage, error)) (p *pending, here bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.at(id)
	c.expire(d.now())
	if len(c.pending) >= maxPending {
		return nil, false, &problem.Problem{
			Code: problem.TooMany, Title: "The agent has not answered earlier questions yet", Hint: "Wait half a minute, then try again.",
		}
	}
	d.last = max(d.last+1, d.now().UnixMicro())
	p = &pending{
		number: d.last, answer: make(chan control.CommandResult, 1), has: make(chan struct{}), begun: make(chan struct{}),
		Command: control.Command{ID: "c" + strconv.FormatInt(d.last, 36) + "-" + rand.Text()[:8], Kind: kind, Expires: d.now().Add(life)},
	}
	if p.Args, err = args(p.Command); err != nil {
		return nil, false, err
	}
	c.pending = append(c.pending, p)
	c.wake.tell()
	return p, c.streams > 0, nil
}

func (c *counter) expire(now time.Time) {
	kept := c.pending[:0]
	for _, p := range c.pending {
		until := p.Expires
		if p.claim != "" { // it is under way
			until = until.Add(graceIn)
		}
		if now.Before(until) {
			kept = append(kept, p)
		}
	}
	clear(c.pending[len(kept):])
	c.pending = kept
}

// answered takes a command off the counters and hands its result to who waits, at whichever replica. A result nobody waits
// for is dropped.
func (d *desk) answered(id tenant.ID, result control.CommandResult) {
	d.mu.Lock()
	p := d.at(id).remove(result.ID)
	d.mu.Unlock()
	if p == nil || p.answer != nil {
		if p != nil {
			p.answer <- result
		}
		_ = d.tell(word{Agent: id, Done: result.ID}) // else it expires there
		return
	}
	_ = d.tell(word{Agent: id, Answer: &result}) // else who waits is told that there was none
}

// after gives the commands that wait and are later than number.
func (d *desk) after(id tenant.ID, number int64) []*pending {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.at(id)
	c.expire(d.now())
	var waiting []*pending
	for _, p := range c.pending {
		if p.number > number {
			waiting = append(waiting, p)
		}
	}
	return waiting
}

// Answered takes a command's result.
func (r *Registry) Answered(id tenant.ID, result control.CommandResult) { r.desk.answered(id, result) }

// SyncNow asks for a cycle at once; it does not wait for it.
func (r *Registry) SyncNow(ctx context.Context, id tenant.ID) error {
	agent, err := r.store.Agent(ctx, id)
	if err != nil {
		return err
	}
	_, connected, err := r.desk.post(id, control.CommandSyncNow, nil)
	if err == nil && !connected {
		return unreachable(agent.Configuration.Name+" is not connected", "It will sync by itself as soon as it is back.")
	}
	if err != nil {
		return err
	}
	return r.store.Write(ctx, func(tx store.Tx) error {
		return tx.Record(ctx, audit.Entry{What: audit.SyncAsked, Subject: audit.OfAgent(agent)})
	})
}
