// Package agents is where administrators and agents meet: what one side sets or asks reaches the other at once.
//
// A Registry stores configurations and heartbeats and tells those who listen, at whichever replica of the tenant: the agent's
// event stream (Follow), and the pages that show agents (Changes). Commands live in the memory of all replicas only, until they
// are answered or expire; configurations are stored and level-triggered, so a lost signal costs nothing.
package agents

import (
	"context"
	"fmt"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/store"
)

// Registry keeps the agents of a tenant.
type Registry struct {
	store   store.Store
	now     func() time.Time
	desk    *desk
	changes *broadcast
	bus     bus.Bus
}

// New makes a Registry. Registries of other replicas, on the same bus, hear what is told to this one.
func New(s store.Store, b bus.Bus, now func() time.Time) *Registry {
	r := &Registry{store: s, now: now, desk: newDesk(now, b), changes: newBroadcast(), bus: b}
	b.Listen(topicAgents, r.desk.hear)
	b.Listen(topicChanges, func(bus.Message) { r.changes.tell() })
	return r
}

// tell has pages look again, at every replica.
func (r *Registry) tell() {
	ctx, cancel := context.WithTimeout(context.Background(), tellLimit)
	defer cancel()
	if r.bus.Tell(ctx, topicChanges, nil) != nil {
		r.changes.tell() // the others' pages look from time to time
	}
}

// Agent gives one agent; Agents all of them.
func (r *Registry) Agent(ctx context.Context, id tenant.ID) (tenant.Agent, error) {
	return r.store.Agent(ctx, id)
}

// Agents gives all agents, oldest first.
func (r *Registry) Agents(ctx context.Context) ([]tenant.Agent, error) { return r.store.Agents(ctx) }

// Configure lets edit change what is chosen for an agent, stores it as a new version, and tells the agent.
func (r *Registry) Configure(ctx context.Context, id tenant.ID, edit func(*tenant.Settings) error) (tenant.Agent, error) {
	return r.Change(ctx, id, func(tx store.Tx, a *tenant.Agent) error {
		settings := a.Settings()
		if err := edit(&settings); err != nil {
			return err
		}
		if err := undoneWhole(ctx, tx, *a, settings); err != nil {
			return err
		}
		if err := known(ctx, tx, settings); err != nil {
			return err
		}
		before := *a
		if err := a.Configure(settings); err != nil {
			return err
		}
		names, err := namesIn(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.Configured(before, *a, names))
	})
}

// undoneWhole keeps an agent from going on while its run is still being undone.
func undoneWhole(ctx context.Context, tx store.Reader, a tenant.Agent, s tenant.Settings) error {
	if a.Configuration.Undone == "" || s.Status != control.StatusEnabled {
		return nil
	}
	under, err := tx.UndosUnderWay(ctx, a.ID)
	if err == nil && len(under) > 0 {
		err = &problem.Problem{
			Code: problem.Conflict, Title: "Its run is still being undone", Text: "The agent would push again what is being put back.",
			Hint: "Wait until the undo has ended, then let it go on.",
		}
	}
	return err
}

// namesIn gives the names of organizations and policies.
func namesIn(ctx context.Context, from store.Reader) (audit.Names, error) {
	names := audit.Names{}
	organizations, err := from.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range organizations {
		names[o.ID] = o.Name
	}
	policies, err := from.Policies(ctx)
	for _, p := range policies {
		names[p.ID] = p.Name
	}
	return names, err
}

// Approve lets held removals pass and tells the agent.
func (r *Registry) Approve(ctx context.Context, id tenant.ID, approval control.Approval) (tenant.Agent, error) {
	// A page may show what is held as the agent said it just now, while its next heartbeat is under way.
	for end := time.Now().Add(heldSoon); ; {
		agent, err := r.approve(ctx, id, approval)
		if !problem.Is(err, problem.Conflict) || time.Now().After(end) {
			return agent, err
		}
		select {
		case <-ctx.Done():
			return agent, err
		case <-time.After(heldSoon / 20):
		}
	}
}

// heldSoon is how long a heartbeat may lag behind what an agent answered.
const heldSoon = 2 * time.Second

func (r *Registry) approve(ctx context.Context, id tenant.ID, approval control.Approval) (tenant.Agent, error) {
	return r.Change(ctx, id, func(tx store.Tx, a *tenant.Agent) error {
		before := a.Configuration.Version
		if err := a.Approve(approval); err != nil || a.Configuration.Version == before {
			return err
		}
		e := audit.Entry{What: audit.AgentApproved, Subject: audit.OfAgent(*a), Details: []audit.Detail{{Name: "kind", After: string(approval.Kind)}}}
		for _, h := range a.Heartbeat.Held {
			if h.Approval() == approval {
				e.Details = append(e.Details, audit.Count("how many", h.Count))
			}
		}
		return tx.Record(ctx, e)
	})
}

// Change lets do change an agent's configuration, and more in the same transaction, and tells the agent.
func (r *Registry) Change(ctx context.Context, id tenant.ID, do func(store.Tx, *tenant.Agent) error) (tenant.Agent, error) {
	var agent tenant.Agent
	err := r.store.Write(ctx, func(tx store.Tx) (err error) {
		if agent, err = tx.Agent(ctx, id); err != nil {
			return err
		}
		if err := do(tx, &agent); err != nil {
			return err
		}
		return tx.ConfigureAgent(ctx, agent)
	})
	if err != nil {
		return agent, fmt.Errorf("configuring an agent: %w", err)
	}
	r.desk.wake(id)
	r.tell()
	return agent, nil
}

// known checks that organization and policy exist.
func known(ctx context.Context, tx store.Reader, s tenant.Settings) error {
	if _, err := tx.Organization(ctx, s.Organization); err != nil {
		return err
	}
	policies, err := tx.Policies(ctx)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if p.ID == s.Policy {
			return nil
		}
	}
	return tenant.NotFound("provisioning policy")
}

// Heard stores a heartbeat and gives the newest configuration's version.
func (r *Registry) Heard(ctx context.Context, id tenant.ID, h control.Heartbeat) (int64, error) {
	var version int64
	err := r.store.Write(ctx, func(tx store.Tx) error {
		agent, err := tx.Agent(ctx, id)
		if err != nil {
			return err
		}
		version = agent.Configuration.Version
		return tx.Heard(ctx, id, h, r.now())
	})
	if err != nil {
		return 0, fmt.Errorf("storing a heartbeat: %w", err)
	}
	r.tell()
	return version, nil
}

// Ran keeps a run.
func (r *Registry) Ran(ctx context.Context, id tenant.ID, run control.Run) error {
	if err := r.store.Write(ctx, func(tx store.Tx) error {
		fresh, err := tx.AddRun(ctx, id, run)
		if err != nil || !fresh {
			return err
		}
		a, err := tx.Agent(ctx, id)
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.Ran(a, run))
	}); err != nil {
		return fmt.Errorf("keeping a run: %w", err)
	}
	r.tell()
	return nil
}

// Leave marks an agent as removed from its machine, and ends its streams.
func (r *Registry) Leave(ctx context.Context, id tenant.ID) error {
	if err := r.store.Write(ctx, func(tx store.Tx) error {
		a, err := tx.Agent(ctx, id)
		if err != nil || a.HasLeft() {
			return err
		}
		if err := tx.DepartAgent(ctx, id, r.now()); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.AgentLeft, Subject: audit.OfAgent(a), Details: []audit.Detail{{Name: "host", After: a.Heartbeat.Host.Name}}})
	}); err != nil {
		return fmt.Errorf("letting an agent go: %w", err)
	}
	r.desk.wake(id)
	r.tell()
	return nil
}

// Remove forgets an agent: its key proves nothing any more and its streams end. Its people stay, or are disabled where
// disable says so, and belong to nobody's directory from then on. It gives how many there are.
func (r *Registry) Remove(ctx context.Context, id tenant.ID, disable bool) (people int, err error) {
	err = r.store.Write(ctx, func(tx store.Tx) (err error) {
		a, err := tx.Agent(ctx, id)
		if err != nil {
			return err
		}
		if people, err = tx.RemoveAgent(ctx, id, disable, r.now()); err != nil {
			return err
		}
		fate := "stay as they are"
		if disable {
			fate = "disabled"
		}
		return tx.Record(ctx, audit.Entry{What: audit.AgentRemoved, Subject: audit.OfAgent(a), Details: []audit.Detail{{Name: "its people", After: fate}, audit.Count("how many", people)}})
	})
	if err != nil {
		return 0, fmt.Errorf("removing an agent: %w", err)
	}
	r.desk.wake(id)
	r.tell()
	return people, nil
}

// Enrolled tells those who watch that there is a new agent.
func (r *Registry) Enrolled() { r.tell() }

// Tell has those who watch look again, such as for whether they still may.
func (r *Registry) Tell() { r.tell() }

// Changes gives a channel that gets a value after changes (some may be one), until stop is called.
func (r *Registry) Changes() (changed <-chan struct{}, stop func()) { return r.changes.listen() }

// unreachable says that an agent did not answer.
func unreachable(title, text string) error {
	return &problem.Problem{
		Code: problem.Unavailable, Title: title, Text: text, Op: "asking an agent",
		Hint: "Check that its computer is on and that the service passly-sync runs, then try again.",
	}
}
