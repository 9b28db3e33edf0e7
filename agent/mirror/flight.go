package mirror

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// Flight is a request under way. Without its record a change could be carried out, its answer lost, and the directory
// turn back meanwhile: the mirror would then believe that nothing is to do.
type Flight int64

// Depart records that these items are about to be sent.
func (m *Mirror) Depart(ctx context.Context, items []Item) (Flight, error) {
	seqs := make([]int64, len(items))
	for i, item := range items {
		seqs[i] = item.Seq
	}
	raw, err := json.Marshal(seqs)
	if err != nil {
		return 0, fmt.Errorf("recording a request: %w", err)
	}
	return m.depart(ctx, "INSERT INTO flights (seqs) VALUES (?)", string(raw))
}

// DepartMembers records that these changes are about to be sent.
func (m *Mirror) DepartMembers(ctx context.Context, changes []Membership) (Flight, error) {
	named := make([][2]any, len(changes))
	for i, change := range changes {
		named[i] = [2]any{change.Team, hex.EncodeToString(change.Member[:])}
	}
	raw, err := json.Marshal(named)
	if err != nil {
		return 0, fmt.Errorf("recording a request: %w", err)
	}
	return m.depart(ctx, "INSERT INTO flights (members) VALUES (?)", string(raw))
}

func (m *Mirror) depart(ctx context.Context, insert string, args ...any) (flight Flight, err error) {
	err = m.update(ctx, func(w *writer) error {
		s, err := w.stmt(insert)
		if err != nil {
			return err
		}
		result, err := s.ExecContext(w.ctx, args...)
		if err != nil {
			return fmt.Errorf("recording a request: %w", err)
		}
		id, err := result.LastInsertId()
		flight = Flight(id)
		return err
	})
	return flight, err
}

// arrive ends a flight.
func (w *writer) arrive(f Flight) error {
	_, err := w.exec("DELETE FROM flights WHERE id = ?", int64(f))
	return err
}

// Strand puts what is left under way in doubt. Call it when nothing is: at the beginning of a cycle.
func (m *Mirror) Strand(ctx context.Context) error {
	any, err := m.exists(ctx, "SELECT 1 FROM flights")
	if err != nil || !any {
		return err
	}
	return m.update(ctx, func(w *writer) error {
		for _, statement := range []string{
			"UPDATE entries SET doubt = 1 WHERE seq IN (SELECT value FROM flights, json_each(flights.seqs))",
			`UPDATE members SET doubt = 1, dirty = 1 FROM (
				SELECT json_extract(one.value, '$[0]') AS team, unhex(json_extract(one.value, '$[1]')) AS member FROM flights, json_each(flights.members) one) AS sent
				WHERE members.team = sent.team AND members.member = sent.member`,
			"DELETE FROM flights",
		} {
			if _, err := w.exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// Doubtful gives up to limit entries of which it must be asked what the tenant has.
func (m *Mirror) Doubtful(ctx context.Context, limit int) ([]Item, error) {
	return m.items(ctx, "doubt = 1 ORDER BY seq LIMIT ?", limit)
}

// Found is what the tenant really has of an entry; an empty Remote means nothing.
type Found struct {
	Seq    int64
	Remote string
	Active bool
}

// Settle keeps what the tenant really has. Which values it holds stays unknown, so they are sent again.
func (m *Mirror) Settle(ctx context.Context, found []Found) error {
	return m.update(ctx, func(w *writer) error {
		for _, f := range found {
			if err := w.settleDoubt(f); err != nil {
				return err
			}
		}
		return w.judgeDirty()
	})
}

func (w *writer) settleDoubt(f Found) error {
	r, known, err := w.row("seq = ?", f.Seq)
	if err != nil || !known {
		return err
	}
	was := r.standing()
	r.doubt, r.pushed, r.active = false, 0, f.Active && r.treatedAs() == directory.KindUser
	if r.remoteKind = r.treatedAs(); f.Remote == "" {
		r.remoteKind = ""
	}
	r.remote = sql.NullString{String: f.Remote, Valid: f.Remote != ""}
	r.refusal, r.reason = plan.Clear, ""
	return w.restand(&r, was)
}
