package mirror

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Item is one change of an entry to be sent.
type Item struct {
	Seq    int64
	GUID   directory.GUID
	Todo   plan.Todo
	Kind   directory.Kind
	Remote string // id in the tenant; empty for additions

	Values Hash // what the tenant holds once it acknowledged
	Active bool // likewise
	Keep   bool // only Active changes; the values in the tenant stay
	Was    bool // active before

	Name                                                             string
	GivenName, Surname, Mail, LogonName, SAMAccountName, DisplayName string
}

// Hash is plan's.
type Hash = plan.Hash

const itemColumns = `seq, guid, todo, CASE WHEN remote_kind <> '' THEN remote_kind ELSE kind END, coalesce(remote, ''), wanted,
	want_active, wanted = pushed, active, name, given_name, surname, mail, logon_name, sam, display`

// Todo gives up to limit entries of one kind with something to do, in the order in which the directory first reported them,
// from after on and before the given seq. Nobody is added or enabled on old information: while a pass is under way only who
// was reported by that very pass, and when reading failed (fresh is false) nobody.
func (m *Mirror) Todo(ctx context.Context, kind directory.Kind, todo plan.Todo, fresh bool, after, before int64, limit int) ([]Item, error) {
	return m.items(ctx, "todo = ? AND kind = ? AND todo <> '' AND "+m.certain(fresh)+" AND seq > ? AND seq < ? ORDER BY seq LIMIT ?",
		string(todo), string(kind), after, before, limit)
}

func (m *Mirror) certain(fresh bool) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case fresh && m.facts.consistent:
		return "true"
	case fresh && m.facts.full:
		return fmt.Sprintf("seen = %d", m.facts.pass)
	}
	return "want_active = active"
}

// Removals gives up to limit removals of one kind after the given seq; with approved, only those that the administrator let
// pass.
func (m *Mirror) Removals(ctx context.Context, kind control.RemovalKind, approved bool, after int64, limit int) ([]Item, error) {
	return m.items(ctx, "todo = ? AND todo <> '' AND approved >= ? AND decision <> 'rejected' AND seq > ? ORDER BY seq LIMIT ?",
		string(removalTodo(kind)), approved, after, limit)
}

func (m *Mirror) items(ctx context.Context, where string, args ...any) ([]Item, error) {
	rows, err := m.read.QueryContext(ctx, "SELECT "+itemColumns+" FROM entries WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading what is to do: %w", err)
	}
	defer rows.Close()
	var items []Item
	for rows.Next() {
		var i Item
		var guid []byte
		if err := rows.Scan(&i.Seq, &guid, &i.Todo, &i.Kind, &i.Remote, &i.Values, &i.Active, &i.Keep, &i.Was, &i.Name,
			&i.GivenName, &i.Surname, &i.Mail, &i.LogonName, &i.SAMAccountName, &i.DisplayName); err != nil {
			return nil, fmt.Errorf("reading what is to do: %w", err)
		}
		copy(i.GUID[:], guid)
		items = append(items, i)
	}
	return items, rows.Err()
}

// Everything is a seq after all others.
const Everything = math.MaxInt64

// Frontier gives the seq of the first user that holds back the additions after it under the documented halt (see
// plan.Flag.Blocks). Everything means that nothing does.
func (m *Mirror) Frontier(ctx context.Context) (int64, error) {
	var seq sql.NullInt64
	err := m.read.QueryRowContext(ctx, `SELECT min(seq) FROM entries WHERE flag IN (?, ?, ?) AND flag <> ''
		AND remote IS NULL AND kind = ?`, string(plan.Unplaced), string(plan.Incomplete), string(plan.Conflicting),
		string(directory.KindUser)).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("looking for what halts: %w", err)
	}
	if !seq.Valid {
		return Everything, nil
	}
	return seq.Int64, nil
}

// Count counts the entries of one kind with one thing to do.
func (m *Mirror) Count(ctx context.Context, kind directory.Kind, todo plan.Todo) (int, error) {
	return m.count(ctx, "SELECT count(*) FROM entries WHERE todo = ? AND todo <> '' AND kind = ?", string(todo), string(kind))
}

// NextDue gives the time at which time alone will change a verdict.
func (m *Mirror) NextDue(ctx context.Context) (time.Time, bool) {
	var due sql.NullInt64
	err := m.read.QueryRowContext(ctx, "SELECT min(due) FROM entries WHERE due IS NOT NULL").Scan(&due)
	return time.Unix(due.Int64, 0), err == nil && due.Valid
}

func (m *Mirror) count(ctx context.Context, query string, args ...any) (int, error) {
	var n int
	if err := m.read.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting in the mirror: %w", err)
	}
	return n, nil
}

func (m *Mirror) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var n int
	err := m.read.QueryRowContext(ctx, query+" LIMIT 1", args...).Scan(&n)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the mirror: %w", err)
	}
	return true, nil
}
