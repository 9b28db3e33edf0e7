package mirror

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

//go:embed draft.sql
var draftSchema string

// Draft is a copy of a mirror on which a cycle can be tried. It notes beside it what would have been sent.
type Draft struct{ *Mirror }

// Draft copies the mirror as it is now into a file of its own, which must not be open. Requests under way would look like lost
// answers in the copy, so no cycle should be.
func (m *Mirror) Draft(ctx context.Context, path string) (*Draft, error) {
	if err := Remove(path); err != nil {
		return nil, err
	}
	if _, err := m.read.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return nil, errors.Join(fmt.Errorf("copying the mirror: %w", explain(err)), Remove(path))
	}
	twin, err := open(ctx, path, m.agent, m.now)
	if err != nil {
		return nil, errors.Join(err, Remove(path))
	}
	twin.others = m.others
	d := &Draft{twin}
	if _, err := twin.write.ExecContext(ctx, draftSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("making a draft: %w", err), d.Discard())
	}
	return d, nil
}

// Discard closes a draft and removes its file.
func (d *Draft) Discard() error { return errors.Join(d.Close(), Remove(d.path)) }

// Note keeps what would have been sent.
func (d *Draft) Note(ctx context.Context, items []Item) error {
	return d.update(ctx, func(w *writer) error {
		for _, i := range items {
			_, err := w.exec("INSERT INTO draft_sent (seq, todo, enable) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET todo = excluded.todo, enable = excluded.enable",
				i.Seq, string(i.Todo), i.Kind == directory.KindUser && i.Todo == plan.Update && i.Active && !i.Was)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// NoteMet keeps additions that would turn out to be there already, and be brought up to date.
func (d *Draft) NoteMet(ctx context.Context, items []Item) error {
	return d.update(ctx, func(w *writer) error {
		for _, i := range items {
			if _, err := w.exec("INSERT OR REPLACE INTO draft_sent (seq, todo, enable, met) VALUES (?, ?, 0, 1)", i.Seq, string(plan.Update)); err != nil {
				return err
			}
		}
		return nil
	})
}

// drawUp lists what was sent, what is left to do, and who is in scope and not, or not fully, in the tenant: first what needs
// attention, then removals, then the rest in the order of the run.
const drawUp = `INSERT INTO draft_rows (seq)
	SELECT e.seq FROM entries e LEFT JOIN draft_sent s ON s.seq = e.seq
	WHERE (e.kind IN ('user', 'group') OR e.remote_kind <> '')
		AND (s.seq IS NOT NULL OR e.todo <> '' OR e.flag <> '' OR (e.kind = 'user' AND e.inside = 1 AND e.remote IS NULL))
	ORDER BY CASE WHEN e.flag <> '' THEN 0 WHEN e.todo IN ('disable', 'remove') THEN 1 WHEN s.todo IN ('disable', 'remove') THEN 2
		WHEN s.seq IS NOT NULL THEN 3 WHEN e.todo <> '' THEN 4 ELSE 5 END, e.seq`

// DrawUp makes the list that Page reads, once the cycle is over; it gives its length. From then on little is kept in memory.
func (d *Draft) DrawUp(ctx context.Context) (total int, err error) {
	err = d.update(ctx, func(w *writer) error {
		n, err := w.exec(drawUp)
		total = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	if _, err := d.write.ExecContext(ctx, "PRAGMA cache_size = -100; PRAGMA shrink_memory"); err != nil {
		return 0, fmt.Errorf("finishing a draft: %w", err)
	}
	return total, nil
}

// Drafted is one entry of the list: what is known of it after the cycle, and what would have been sent.
type Drafted struct {
	Known
	N    int64 // its place in the list, from 1
	Sent plan.Todo
	// Enabled: what would have been sent makes it active again.
	Enabled bool
	// Met: it would be added, and is there already.
	Met bool
}

// Page gives up to limit entries of the list after a place.
func (d *Draft) Page(ctx context.Context, after int64, limit int) ([]Drafted, error) {
	var (
		page []Drafted
		one  Drafted
	)
	err := d.list(ctx, "SELECT "+ofEntries+`, d.n, coalesce(s.todo, ''), coalesce(s.enable, 0), coalesce(s.met, 0)
		FROM draft_rows d JOIN entries e ON e.seq = d.seq LEFT JOIN draft_sent s ON s.seq = d.seq
		WHERE d.n > ? ORDER BY d.n LIMIT ?`, []any{after, limit}, []any{&one.N, &one.Sent, &one.Enabled, &one.Met}, func(k Known) {
		one.Known = k
		page = append(page, one)
	})
	if err != nil {
		return nil, err
	}
	for i := range page {
		d.withOther(ctx, &page[i].Known)
	}
	return page, nil
}

// ofEntries are the columns of a row where other tables stand beside.
var ofEntries = columnsOf("e")

func columnsOf(table string) string {
	return table + "." + strings.Join(strings.Fields(columns), " "+table+".")
}
