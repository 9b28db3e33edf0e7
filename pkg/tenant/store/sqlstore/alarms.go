package sqlstore

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
)

// Alarms gives all alarms.
func (s session) Alarms(ctx context.Context) ([]tenant.Alarm, error) {
	all, err := list(ctx, s, "SELECT agent, code, since, told, well, tried, reached, version FROM alarms ORDER BY agent", nil, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("reading alarms: %w", err)
	}
	return all, nil
}

func scanAlarm(row scanner) (tenant.Alarm, error) {
	var (
		a                  tenant.Alarm
		since, well, tried int64
		reached            string
	)
	err := row.Scan(&a.Agent, &a.Code, &since, &a.Told, &well, &tried, &reached, &a.Version)
	if err == nil && reached != "" {
		err = json.Unmarshal([]byte(reached), &a.Reached)
	}
	a.Since, a.Well, a.Tried = fromMillis(since), fromMillis(well), fromMillis(tried)
	return a, err
}

// PutAlarm writes an alarm, unless somebody else did.
func (w *writer) PutAlarm(ctx context.Context, a *tenant.Alarm) (bool, error) {
	query := `UPDATE alarms SET code = ?2, since = ?3, told = ?4, well = ?5, tried = ?6, reached = ?7, version = version + 1 WHERE agent = ?1 AND version = ?8`
	if a.Version == 0 {
		query = "INSERT INTO alarms (agent, code, since, told, well, tried, reached, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CAST(?8 AS BIGINT) + 1) ON CONFLICT DO NOTHING"
	}
	reached := ""
	if len(a.Reached) > 0 {
		raw, err := json.Marshal(a.Reached)
		if err != nil {
			return false, fmt.Errorf("keeping an alarm: %w", err)
		}
		reached = string(raw)
	}
	n, err := w.exec(context.WithoutCancel(ctx), query, int64(a.Agent), string(a.Code), millis(a.Since), string(a.Told), millis(a.Well), millis(a.Tried), reached, a.Version)
	if err != nil {
		return false, fmt.Errorf("keeping an alarm: %w", err)
	}
	a.Version += int64(n)
	return n == 1, nil
}

// EndAlarm forgets an alarm, unless somebody else wrote it.
func (w *writer) EndAlarm(ctx context.Context, a tenant.Alarm) (bool, error) {
	n, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM alarms WHERE agent = ? AND version = ?", int64(a.Agent), a.Version)
	if err != nil {
		return false, fmt.Errorf("ending an alarm: %w", err)
	}
	return n == 1, nil
}

// SetAlarms says whether an administrator wants to be written to.
func (w *writer) SetAlarms(ctx context.Context, administrator tenant.ID, wanted bool) error {
	n, err := w.exec(context.WithoutCancel(ctx), "UPDATE administrators SET alarms = ? WHERE id = ?", wanted, int64(administrator))
	return changedOne(n, err, "administrator")
}
