package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

const runColumns = "agent, number, row_count, reported, body"

// Runs gives a page of runs, newest first.
func (s session) Runs(ctx context.Context, agent tenant.ID, before tenant.Run, limit int) ([]tenant.Run, error) {
	started := int64(math.MaxInt64)
	if before.ID != "" {
		started = millis(before.Started)
	}
	found, err := list(ctx, s, "SELECT "+runColumns+` FROM runs WHERE agent = ? AND (started < ? OR (started = ? AND id < ?))
		ORDER BY started DESC, id DESC LIMIT ?`, []any{int64(agent), started, started, before.ID, limit}, scanRun)
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	return found, nil
}

// Run gives one run, by the agent's id for it.
func (s session) Run(ctx context.Context, agent tenant.ID, id string) (tenant.Run, error) {
	return s.oneRun(ctx, "agent = ? AND id = ?", int64(agent), id)
}

// RunNumbered gives one run.
func (s session) RunNumbered(ctx context.Context, number tenant.ID) (tenant.Run, error) {
	return s.oneRun(ctx, "number = ? AND number <> 0", int64(number))
}

func (s session) oneRun(ctx context.Context, where string, args ...any) (tenant.Run, error) {
	found, err := list(ctx, s, "SELECT "+runColumns+" FROM runs WHERE "+where, args, scanRun)
	if err != nil {
		return tenant.Run{}, fmt.Errorf("reading a run: %w", err)
	}
	if len(found) == 0 {
		return tenant.Run{}, tenant.NotFound("run")
	}
	return found[0], nil
}

func scanRun(row scanner) (tenant.Run, error) {
	var (
		run  tenant.Run
		body []byte
	)
	if err := row.Scan(&run.Agent, &run.Number, &run.Rows, &run.Reported, &body); err != nil {
		return run, err
	}
	return run, json.Unmarshal(body, &run.Run)
}

// BeginRun gives a run's number.
func (w *writer) BeginRun(ctx context.Context, agent tenant.ID, id string) (tenant.ID, error) {
	ctx = context.WithoutCancel(ctx)
	number, err := w.runNumber(ctx, agent, id)
	if number != 0 || err != nil {
		return number, err
	}
	now := w.now()
	raw, err := json.Marshal(control.Run{ID: id, Kind: control.RunDelta, Started: now.UTC()})
	if err != nil {
		return 0, fmt.Errorf("writing a run: %w", err)
	}
	number = w.ids.Next()
	if _, err := w.exec(ctx, `INSERT INTO runs (agent, id, started, body, number, reported) VALUES (?, ?, ?, ?, ?, FALSE)
		ON CONFLICT (agent, id) DO UPDATE SET number = excluded.number`, int64(agent), id, millis(now), string(raw), int64(number)); err != nil {
		return 0, fmt.Errorf("beginning a run: %w", err)
	}
	return number, nil
}

// runNumber finds a run's number; zero: it is not there or has none.
func (w *writer) runNumber(ctx context.Context, agent tenant.ID, id string) (tenant.ID, error) {
	var number int64
	err := w.one(ctx, "SELECT number FROM runs WHERE agent = ? AND id = ?", []any{int64(agent), id}, &number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("looking for a run: %w", err)
	}
	return tenant.ID(number), nil
}

// AddRun keeps a run once.
func (w *writer) AddRun(ctx context.Context, agent tenant.ID, run control.Run) (bool, error) {
	raw, err := json.Marshal(run)
	if err != nil {
		return false, fmt.Errorf("writing a run: %w", err)
	}
	n, err := w.exec(context.WithoutCancel(ctx), `INSERT INTO runs (agent, id, started, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (agent, id) DO UPDATE SET started = excluded.started, body = excluded.body, reported = TRUE WHERE NOT runs.reported`,
		int64(agent), run.ID, millis(run.Started), string(raw))
	if err != nil {
		return false, fmt.Errorf("keeping a run: %w", err)
	}
	return n == 1, nil
}

// PutUndo keeps how far the undoing of a run has come.
func (w *writer) PutUndo(ctx context.Context, u tenant.Undo) error {
	if _, err := w.exec(context.WithoutCancel(ctx), `INSERT INTO undos (run, agent, begun, by_whom, before, undone, kept, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run) DO UPDATE SET begun = excluded.begun, by_whom = excluded.by_whom, before = excluded.before, undone = excluded.undone,
		kept = excluded.kept, ended = excluded.ended`,
		int64(u.Run), int64(u.Agent), millis(u.Begun), u.By, int64(u.Before), u.Undone, u.Kept, millis(u.Ended)); err != nil {
		return fmt.Errorf("keeping an undoing: %w", err)
	}
	return nil
}

const undoColumns = "run, agent, begun, by_whom, before, undone, kept, ended"

// Undo gives how far the undoing of a run has come.
func (s session) Undo(ctx context.Context, run tenant.ID) (tenant.Undo, error) {
	found, err := list(ctx, s, "SELECT "+undoColumns+" FROM undos WHERE run = ?", []any{int64(run)}, scanUndo)
	if err != nil {
		return tenant.Undo{}, fmt.Errorf("reading an undoing: %w", err)
	}
	if len(found) == 0 {
		return tenant.Undo{}, tenant.NotFound("undoing")
	}
	return found[0], nil
}

// UndosUnderWay gives those that have not ended.
func (s session) UndosUnderWay(ctx context.Context, agent tenant.ID) ([]tenant.Undo, error) {
	found, err := list(ctx, s, "SELECT "+undoColumns+" FROM undos WHERE ended = 0 AND (agent = ?1 OR ?1 = 0) ORDER BY begun", []any{int64(agent)}, scanUndo)
	if err != nil {
		return nil, fmt.Errorf("reading undoings: %w", err)
	}
	return found, nil
}

func scanUndo(row scanner) (tenant.Undo, error) {
	var (
		u            tenant.Undo
		begun, ended int64
	)
	err := row.Scan(&u.Run, &u.Agent, &begun, &u.By, &u.Before, &u.Undone, &u.Kept, &ended)
	u.Begun, u.Ended = fromMillis(begun), fromMillis(ended)
	return u, err
}

// ForgetRuns forgets the oldest runs, part by part.
func (w *writer) ForgetRuns(ctx context.Context, before time.Time, most, limit int) (more bool, err error) {
	ctx = context.WithoutCancel(ctx)
	var rows int
	if err := w.one(ctx, "SELECT CAST(coalesce(sum(row_count), 0) AS BIGINT) FROM runs", nil, &rows); err != nil {
		return false, fmt.Errorf("counting what runs changed: %w", err)
	}
	for left := limit; left > 0; {
		run, id, started, any, err := w.oldestRun(ctx)
		if err != nil || !any || !started.Before(before) && rows <= most {
			return false, err
		}
		n, err := w.exec(ctx, "DELETE FROM run_rows WHERE run = ?1 AND run <> 0 AND number IN (SELECT number FROM run_rows WHERE run = ?1 ORDER BY number LIMIT ?2)",
			int64(run.Number), left)
		if err != nil {
			return false, fmt.Errorf("forgetting what a run changed: %w", err)
		}
		left, rows = left-n, rows-n
		if left <= 0 {
			_, err := w.exec(ctx, "UPDATE runs SET row_count = CASE WHEN row_count > ?1 THEN row_count - ?1 ELSE 0 END WHERE agent = ?2 AND id = ?3", n, int64(run.Agent), id)
			return true, err
		}
		left, rows = left-1, rows-run.Rows+n
		_, err = w.exec(ctx, "DELETE FROM runs WHERE agent = ? AND id = ?", int64(run.Agent), id)
		for _, table := range []string{"undos", "run_added"} {
			_, more := w.exec(ctx, "DELETE FROM "+table+" WHERE run = ?", int64(run.Number))
			err = errors.Join(err, more)
		}
		if err != nil {
			return false, fmt.Errorf("forgetting a run: %w", err)
		}
	}
	return true, nil
}

func (w *writer) oldestRun(ctx context.Context) (run tenant.Run, id string, started time.Time, any bool, err error) {
	type oldest struct {
		agent, number, started int64
		rows                   int
		id                     string
	}
	all, err := list(ctx, w.session, `SELECT agent, id, number, started, row_count FROM runs WHERE number NOT IN (SELECT run FROM undos WHERE ended = 0)
		ORDER BY started LIMIT 1`, nil, func(row scanner) (o oldest, err error) {
		return o, row.Scan(&o.agent, &o.id, &o.number, &o.started, &o.rows)
	})
	if err != nil || len(all) == 0 {
		return run, "", started, false, err
	}
	o := all[0]
	return tenant.Run{Agent: tenant.ID(o.agent), Number: tenant.ID(o.number), Rows: o.rows}, o.id, fromMillis(o.started), true, nil
}
