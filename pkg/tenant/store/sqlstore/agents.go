package sqlstore

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

const agentColumns = "id, organization, policy, public_key, created, configuration, heartbeat, heard_at, departed"

// Agent gives one agent.
func (s session) Agent(ctx context.Context, id tenant.ID) (tenant.Agent, error) {
	found, err := list(ctx, s, "SELECT "+agentColumns+" FROM agents WHERE id = ?", []any{int64(id)}, scanAgent)
	if err != nil {
		return tenant.Agent{}, fmt.Errorf("reading an agent: %w", err)
	}
	if len(found) == 0 {
		return tenant.Agent{}, tenant.NotFound("agent")
	}
	return found[0], nil
}

// Agents gives all agents.
func (s session) Agents(ctx context.Context) ([]tenant.Agent, error) {
	found, err := list(ctx, s, "SELECT "+agentColumns+" FROM agents ORDER BY id", nil, scanAgent)
	if err != nil {
		return nil, fmt.Errorf("reading agents: %w", err)
	}
	return found, nil
}

func scanAgent(row scanner) (tenant.Agent, error) {
	var (
		a                        tenant.Agent
		key                      []byte
		configuration, heartbeat string
		created, heard, departed int64
	)
	if err := row.Scan(&a.ID, &a.Organization, &a.Policy, &key, &created, &configuration, &heartbeat, &heard, &departed); err != nil {
		return a, err
	}
	a.PublicKey, a.Created, a.HeardAt, a.Departed = key, fromMillis(created), fromMillis(heard), fromMillis(departed)
	if err := json.Unmarshal([]byte(configuration), &a.Configuration); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(heartbeat), &a.Heartbeat)
}

// AddAgent adds an agent.
func (w *writer) AddAgent(ctx context.Context, a tenant.Agent) error {
	configuration, err := json.Marshal(a.Configuration)
	if err != nil {
		return fmt.Errorf("writing a configuration: %w", err)
	}
	heartbeat, err := json.Marshal(a.Heartbeat)
	if err != nil {
		return fmt.Errorf("writing a heartbeat: %w", err)
	}
	_, err = w.exec(context.WithoutCancel(ctx), "INSERT INTO agents ("+agentColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", int64(a.ID),
		int64(a.Organization), int64(a.Policy), []byte(a.PublicKey), millis(a.Created), string(configuration), string(heartbeat), millis(a.HeardAt), millis(a.Departed))
	if err != nil {
		return fmt.Errorf("adding an agent: %w", err)
	}
	return nil
}

// DepartAgent marks an agent as removed from its machine.
func (w *writer) DepartAgent(ctx context.Context, id tenant.ID, at time.Time) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "UPDATE agents SET departed = ? WHERE id = ? AND departed = 0", millis(at), int64(id)); err != nil {
		return fmt.Errorf("marking an agent as departed: %w", err)
	}
	return nil
}

// RemoveAgent forgets an agent and makes what it made Local.
func (w *writer) RemoveAgent(ctx context.Context, id tenant.ID, disable bool, at time.Time) (people int, err error) {
	ctx = context.WithoutCancel(ctx)
	if disable {
		_, err = w.exec(ctx, "UPDATE users SET former = state, state = 'disabled' WHERE agent = ? AND state <> 'disabled'", int64(id))
		if err != nil {
			return 0, fmt.Errorf("disabling an agent's people: %w", err)
		}
	}
	for _, table := range []string{"groups", "users"} {
		n, err := w.exec(ctx, "UPDATE "+table+" SET agent = 0, external_id = NULL, version = version + 1, modified = ? WHERE agent = ?", millis(at), int64(id))
		if err != nil {
			return 0, fmt.Errorf("letting an agent's %s go: %w", table, err)
		}
		people = int(n)
	}
	for _, table := range []string{"run_rows", "run_added"} {
		if _, err := w.exec(ctx, "DELETE FROM "+table+" WHERE run IN (SELECT number FROM runs WHERE agent = ?)", int64(id)); err != nil {
			return 0, fmt.Errorf("forgetting an agent's runs: %w", err)
		}
	}
	n, err := w.exec(ctx, "DELETE FROM agents WHERE id = ?", int64(id))
	return people, changedOne(n, err, "agent")
}

// RekeyAgent replaces an agent's public key.
func (w *writer) RekeyAgent(ctx context.Context, id tenant.ID, key ed25519.PublicKey) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "UPDATE agents SET public_key = ?, departed = 0 WHERE id = ?", []byte(key), int64(id)); err != nil {
		return fmt.Errorf("giving an agent another key: %w", err)
	}
	return nil
}

// ConfigureAgent stores what the administrator chose.
func (w *writer) ConfigureAgent(ctx context.Context, a tenant.Agent) error {
	raw, err := json.Marshal(a.Configuration)
	if err != nil {
		return fmt.Errorf("writing a configuration: %w", err)
	}
	if err := w.moveAlong(ctx, a); err != nil {
		return err
	}
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE agents SET organization = ?, policy = ?, configuration = ? WHERE id = ?",
		int64(a.Organization), int64(a.Policy), string(raw), int64(a.ID))
	if err := changedOne(n, err, "agent"); err != nil {
		return err
	}
	return w.addRevision(ctx, a, string(raw))
}

// moveAlong moves what an agent made to the organization that it is to be of.
func (w *writer) moveAlong(ctx context.Context, a tenant.Agent) error {
	ctx = context.WithoutCancel(ctx)
	var before int64
	if err := w.one(ctx, "SELECT organization FROM agents WHERE id = ?", []any{int64(a.ID)}, &before); err != nil || before == int64(a.Organization) {
		return found(err, "agent")
	}
	for _, table := range []string{"users", "groups"} {
		if _, err := w.exec(ctx, "UPDATE "+table+" SET organization = ? WHERE agent = ?", int64(a.Organization), int64(a.ID)); err != nil {
			return fmt.Errorf("moving %s to another organization: %w", table, err)
		}
	}
	return nil
}

// Heard stores the last heartbeat.
func (w *writer) Heard(ctx context.Context, agent tenant.ID, h control.Heartbeat, at time.Time) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("writing a heartbeat: %w", err)
	}
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE agents SET heartbeat = ?, heard_at = ? WHERE id = ?", string(raw), millis(at), int64(agent))
	return changedOne(n, err, "agent")
}

// UseAssertion remembers a jti, and forgets those that expired.
func (w *writer) UseAssertion(ctx context.Context, agent tenant.ID, jti string, expires, now time.Time) (bool, error) {
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, "DELETE FROM assertions WHERE agent = ? AND expires < ?", int64(agent), millis(now)); err != nil {
		return false, fmt.Errorf("forgetting assertions: %w", err)
	}
	n, err := w.exec(ctx, "INSERT INTO assertions (agent, jti, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", int64(agent), jti, millis(expires))
	if err != nil {
		return false, fmt.Errorf("remembering an assertion: %w", err)
	}
	return n == 1, nil
}
