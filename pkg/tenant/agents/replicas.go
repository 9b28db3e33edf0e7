package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/bus"
)

// Topics that the replicas of a tenant tell each other about: that pages should look again, and what passes between
// administrators and agents. An agent's stream may be at another replica than who asks, and its answer may come to a third.
const (
	topicChanges bus.Topic = "changes"
	topicAgents  bus.Topic = "agents"
)

// tellLimit is how long telling the others may take.
const tellLimit = 5 * time.Second

// word is what is told about an agent: one of its fields.
type word struct {
	Agent tenant.ID `json:"agent"`
	// Wake has its streams look at the store.
	Wake bool `json:"wake,omitzero"`
	// Command waits for it from now on, at every replica; Taken says that a replica with a stream of the agent has it.
	Command *numbered `json:"command,omitzero"`
	Taken   string    `json:"taken,omitzero"`
	// Answer is for whoever asked; Done says that nobody waits for the command any more.
	Answer *control.CommandResult `json:"answer,omitzero"`
	Done   string                 `json:"done,omitzero"`
	// Claim is for whoever asked, from the replica that the agent came to; Ruling is the answer.
	Claim  *control.Claim `json:"claim,omitzero"`
	Ruling *ruling        `json:"ruling,omitzero"`
}

type numbered struct {
	Number  int64           `json:"number"`
	Command control.Command `json:"command"`
}

// tell tells the other replicas. What must not be lost is in the store: streams and pages look there from time to time anyway.
func (d *desk) tell(w word) error {
	raw, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("writing to other replicas: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellLimit)
	defer cancel()
	return d.bus.Tell(ctx, topicAgents, raw)
}

// hear takes what a replica told, this one too.
func (d *desk) hear(m bus.Message) {
	if m.Missed {
		d.wakeAll()
		return
	}
	var w word
	if json.Unmarshal(m.Body, &w) != nil {
		return // of a version to come
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.at(w.Agent)
	switch {
	case w.Wake:
		c.wake.tell()
	case w.Command != nil:
		d.take(c, w.Agent, *w.Command)
	case w.Taken != "":
		if p := c.find(w.Taken); p != nil && p.answer != nil {
			p.taken.Do(func() { close(p.has) })
		}
	case w.Answer != nil:
		if p := c.remove(w.Answer.ID); p != nil && p.answer != nil {
			p.answer <- *w.Answer
		}
	case w.Done != "":
		c.remove(w.Done)
	case w.Claim != nil:
		if granted, ours := c.grant(*w.Claim, d.now()); ours {
			go func() { _ = d.tell(word{Agent: w.Agent, Ruling: &ruling{w.Claim.Nonce, granted}}) }() // who hears must not tell
		}
	case w.Ruling != nil:
		d.ruled(*w.Ruling)
	}
}

// take puts another replica's command on the counter. Its own number is the later from now on, so that a stream which moves
// between replicas resumes at the right one.
func (d *desk) take(c *counter, agent tenant.ID, n numbered) {
	d.last = max(d.last, n.Number)
	c.expire(d.now())
	if c.find(n.Command.ID) != nil || len(c.pending) >= maxPending {
		return // this one's own, or too much of others'
	}
	c.pending = append(c.pending, &pending{number: n.Number, Command: n.Command})
	c.wake.tell()
	if c.streams > 0 {
		go func() { _ = d.tell(word{Agent: agent, Taken: n.Command.ID}) }() // who hears must not tell
	}
}

func (d *desk) wakeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.agents {
		c.wake.tell()
	}
}

// offer tells the other replicas of a command, and reports whether the agent listens here or at one of them.
func (d *desk) offer(id tenant.ID, p *pending, here bool) (connected bool, err error) {
	if err := d.tell(word{Agent: id, Command: &numbered{p.number, p.Command}}); err != nil && !here {
		return false, err
	}
	if here {
		return true, nil
	}
	patience := d.bus.Patience()
	if patience == 0 {
		return false, nil
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-p.has:
		return true, nil
	case <-wait.C:
		return false, nil
	}
}

func (c *counter) find(id string) *pending {
	for _, p := range c.pending {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// remove takes a command off the counter and gives it; nil where it is not there.
func (c *counter) remove(id string) *pending {
	for i, p := range c.pending {
		if p.ID == id {
			c.pending = append(c.pending[:i], c.pending[i+1:]...)
			return p
		}
	}
	return nil
}
