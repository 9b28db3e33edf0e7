package agents

import (
	"context"
	"errors"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// Event is one thing that an agent's stream carries: a configuration or a command, with the number to resume at.
type Event struct {
	Number        int64
	Configuration *control.Configuration
	Command       *control.Command
}

// ErrLeft ends the streams of an agent that was removed from its machine.
var ErrLeft = errors.New("the agent has left")

// Follow gives an agent what it has to know, until ctx ends or send fails: its configuration at once and after each
// change, and the commands that wait and are later than after. idle is called when nothing was sent for a while.
func (r *Registry) Follow(ctx context.Context, id tenant.ID, after int64, send func(Event) error, idle func() error, every time.Duration) error {
	woken, leave := r.desk.join(id)
	defer leave()
	r.tell()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	sent := int64(-1)
	for {
		var err error
		if sent, after, err = r.bring(ctx, id, sent, after, send); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-woken:
		case <-ticker.C:
			if err := idle(); err != nil {
				return err
			}
		}
	}
}

// bring sends what is new.
func (r *Registry) bring(ctx context.Context, id tenant.ID, version, after int64, send func(Event) error) (int64, int64, error) {
	agent, err := r.store.Agent(ctx, id)
	if err != nil {
		return version, after, err
	}
	if agent.HasLeft() {
		return version, after, ErrLeft
	}
	if c := agent.Configuration; c.Version != version {
		if err := send(Event{Number: after, Configuration: &c}); err != nil {
			return version, after, err
		}
		version = c.Version
	}
	for _, p := range r.desk.after(id, after) {
		if err := send(Event{Number: p.number, Command: &p.Command}); err != nil {
			return version, after, err
		}
		after = p.number
	}
	return version, after, nil
}

// join counts a stream of the agent, and gives its wake-up calls.
func (d *desk) join(id tenant.ID) (<-chan struct{}, func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.at(id)
	c.streams++
	woken, stop := c.wake.listen()
	return woken, func() {
		stop()
		d.mu.Lock()
		defer d.mu.Unlock()
		c.streams--
	}
}
