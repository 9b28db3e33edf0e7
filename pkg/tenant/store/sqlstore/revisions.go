package sqlstore

import (
	"context"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
)

// addRevision keeps what an agent is configured with. An approval of removals makes no new version, and is none.
func (w *writer) addRevision(ctx context.Context, a tenant.Agent, configuration string) error {
	_, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO revisions (agent, version, at, organization, policy, configuration) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		int64(a.ID), a.Configuration.Version, millis(w.now()), int64(a.Organization), int64(a.Policy), configuration)
	if err != nil {
		return fmt.Errorf("keeping a revision: %w", err)
	}
	return nil
}

// Revisions gives what was chosen, newest first.
func (s session) Revisions(ctx context.Context, agent tenant.ID, before int64, limit int) ([]tenant.Revision, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	found, err := list(ctx, s, "SELECT at, organization, policy, configuration FROM revisions WHERE agent = ? AND version < ? ORDER BY version DESC LIMIT ?",
		[]any{int64(agent), before, limit}, scanRevision)
	if err != nil {
		return nil, fmt.Errorf("reading revisions: %w", err)
	}
	return found, nil
}

func scanRevision(row scanner) (tenant.Revision, error) {
	var (
		a    tenant.Agent
		at   int64
		body []byte
	)
	if err := row.Scan(&at, &a.Organization, &a.Policy, &body); err != nil {
		return tenant.Revision{}, err
	}
	if err := json.Unmarshal(body, &a.Configuration); err != nil {
		return tenant.Revision{}, err
	}
	return tenant.Revision{At: fromMillis(at), Settings: a.Settings()}, nil
}
