package mirror

import (
	"context"
	"database/sql"
	"fmt"

	"passlysync/pkg/directory"
)

// facts is the one row of the table of that name.
type facts struct {
	cursor directory.Cursor
	pass   int64
	full   bool
	// consistent: the last pass completed, and nothing of another was taken in since. In between, entries of different times
	// stand side by side and may together look like something that never was.
	consistent bool
	matched    bool
	compared   int64 // number of the last comparison, see Distrust
	whole      int64 // unix seconds at which the last full pass completed
	counts     tally
}

// virgin reports whether no pass ever completed: then nearly every entry is new, and no membership was judged yet.
func (f facts) virgin() bool { return f.whole == 0 }

// tally counts what the tenant has.
type tally struct{ people, disabled, groups, memberships int64 }

func loadFacts(ctx context.Context, db *sql.DB) (facts, error) {
	var f facts
	var domain, invocation []byte
	err := db.QueryRowContext(ctx, `SELECT cursor, domain, server, invocation, pass, full, consistent, read_whole, matched,
		people, disabled, teams, memberships, compared FROM facts`).Scan(&f.cursor.Opaque, &domain, &f.cursor.Server, &invocation,
		&f.pass, &f.full, &f.consistent, &f.whole, &f.matched, &f.counts.people, &f.counts.disabled, &f.counts.groups, &f.counts.memberships, &f.compared)
	if err != nil {
		return f, fmt.Errorf("reading the mirror's facts: %w", err)
	}
	copy(f.cursor.Domain[:], domain)
	copy(f.cursor.Invocation[:], invocation)
	return f, nil
}

func (f facts) save(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE facts SET cursor = ?, domain = ?, server = ?, invocation = ?, pass = ?, full = ?, consistent = ?, read_whole = ?,
		matched = ?, people = ?, disabled = ?, teams = ?, memberships = ?, compared = ?`,
		f.cursor.Opaque, f.cursor.Domain[:], f.cursor.Server, f.cursor.Invocation[:], f.pass, f.full, f.consistent, f.whole,
		f.matched, f.counts.people, f.counts.disabled, f.counts.groups, f.counts.memberships, f.compared)
	if err != nil {
		return fmt.Errorf("keeping the mirror's facts: %w", err)
	}
	return nil
}

// shift moves one user from one standing to another.
func (t *tally) shift(was, is standing) {
	t.add(was, -1)
	t.add(is, 1)
}

func (t *tally) add(s standing, by int64) {
	switch {
	case !s.added:
	case s.group:
		t.groups += by
	case s.active:
		t.people += by
	default:
		t.disabled += by
	}
}

type standing struct{ added, group, active bool }
