package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
)

// removalTodo is what entries of a kind of removal have to do. Users are disabled, groups removed; only those have these
// words, so the kind need not be asked for.
func removalTodo(kind control.RemovalKind) plan.Todo {
	if kind == control.RemoveUsers {
		return plan.Disable
	}
	return plan.Remove
}

// removalTable is where a kind of removal stands, and unapproved the condition of those that are not approved. It repeats those
// of the partial indexes, without which SQLite would look at every row.
func removalTable(kind control.RemovalKind) string {
	if kind == control.RemoveMemberships {
		return "members"
	}
	return "entries"
}

func unapproved(kind control.RemovalKind) string {
	return "todo = '" + string(removalTodo(kind)) + "' AND todo <> '' AND approved = 0"
}

// waiting is the condition of those on which nothing was decided that keeps them from going.
func waiting(kind control.RemovalKind) string {
	return unapproved(kind) + " AND decision <> 'rejected'"
}

// removals names the table and condition of those that wait.
func removals(kind control.RemovalKind) string { return removalTable(kind) + " WHERE " + waiting(kind) }

// Waiting counts the removals of a kind that are neither sent nor decided on.
func (m *Mirror) Waiting(ctx context.Context, kind control.RemovalKind) (int, error) {
	return m.count(ctx, "SELECT count(*) FROM "+removals(kind))
}

// Digest names exactly the set of removals that Waiting counts, and when each came to be: the same people at another time are
// another set, which an old approval does not cover.
func (m *Mirror) Digest(ctx context.Context, kind control.RemovalKind) (string, error) {
	query := "SELECT guid, '', coalesce(since, 0) FROM " + removals(kind) + " ORDER BY guid"
	if kind == control.RemoveMemberships {
		query = "SELECT member, team, coalesce(since, 0) FROM " + removals(kind) + " ORDER BY team, member"
	}
	rows, err := m.read.QueryContext(ctx, query)
	if err != nil {
		return "", fmt.Errorf("digesting removals: %w", err)
	}
	defer rows.Close()
	digest := sha256.New()
	for rows.Next() {
		var guid []byte
		var team string
		var since int64
		if err := rows.Scan(&guid, &team, &since); err != nil {
			return "", fmt.Errorf("digesting removals: %w", err)
		}
		fmt.Fprintf(digest, "%x %s %d\n", guid, team, since)
	}
	return hex.EncodeToString(digest.Sum(nil)), rows.Err()
}

// Approve lets the removals of a kind that wait now pass.
func (m *Mirror) Approve(ctx context.Context, kind control.RemovalKind) error {
	return m.update(ctx, func(w *writer) error {
		_, err := w.exec("UPDATE " + removalTable(kind) + " SET approved = 1 WHERE " + waiting(kind))
		return err
	})
}

// Sample names up to limit of the removals that wait.
func (m *Mirror) Sample(ctx context.Context, kind control.RemovalKind, limit int) ([]string, error) {
	query := "SELECT name FROM " + removals(kind) + " ORDER BY seq LIMIT ?"
	if kind == control.RemoveMemberships {
		query = `SELECT coalesce(e.name, '?') || ' from ' || g.name FROM members m JOIN entries g ON g.seq = m.team
			LEFT JOIN entries e ON e.guid = m.member WHERE m.todo = 'remove' AND m.todo <> '' AND m.approved = 0 AND m.decision <> 'rejected' ORDER BY m.team LIMIT ?`
	}
	rows, err := m.read.QueryContext(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("naming removals: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("naming removals: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Standing counts what the tenant has of a kind, the whole that the guard's percentages are of.
func (m *Mirror) Standing(kind control.RemovalKind) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch kind {
	case control.RemoveUsers:
		return int(m.facts.counts.people)
	case control.RemoveGroups:
		return int(m.facts.counts.groups)
	}
	return int(m.facts.counts.memberships)
}
