package mirror

import (
	"context"
	"fmt"
)

// upgrades brings a file of an earlier version up, step by step: upgrades[v-1] makes version v+1 out of v.
var upgrades = [schemaVersion - 1][]string{
	{
		"ALTER TABLE entries ADD COLUMN decision TEXT NOT NULL DEFAULT ''", "ALTER TABLE members ADD COLUMN decision TEXT NOT NULL DEFAULT ''",
		"ALTER TABLE facts ADD COLUMN compared INTEGER NOT NULL DEFAULT 0",
	},
	// What keeps GUIDs unique became an index of its own, which can be dropped: first.go.
	{
		"ALTER TABLE entries RENAME TO entries_before",
		"DROP INDEX entries_todo", "DROP INDEX entries_flag", "DROP INDEX entries_dirty", "DROP INDEX entries_doubt", "DROP INDEX entries_due",
		entriesTable,
		"INSERT INTO entries (" + columns + ") SELECT " + columns + " FROM entries_before",
		"UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence WHERE name IN ('entries', 'entries_before')) WHERE name = 'entries'",
		"DROP TABLE entries_before",
		// A request about memberships names them; it was kept as a range, in which there are others.
		`UPDATE members SET doubt = 1, dirty = 1 FROM flights WHERE first_team IS NOT NULL AND members.todo <> ''
			AND (members.team, members.member) >= (first_team, first_member) AND (members.team, members.member) <= (last_team, last_member)`,
		"DELETE FROM flights WHERE first_team IS NOT NULL",
		"ALTER TABLE flights DROP COLUMN first_team", "ALTER TABLE flights DROP COLUMN first_member",
		"ALTER TABLE flights DROP COLUMN last_team", "ALTER TABLE flights DROP COLUMN last_member",
		"ALTER TABLE flights ADD COLUMN members TEXT NOT NULL DEFAULT '[]'",
	},
}

func (m *Mirror) upgrade(ctx context.Context, version int) error {
	tx, err := m.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("bringing the mirror up to date: %w", err)
	}
	defer tx.Rollback()
	for _, steps := range upgrades[version-1:] {
		for _, step := range steps {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("bringing the mirror up to date: %w", err)
			}
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return fmt.Errorf("bringing the mirror up to date: %w", err)
	}
	return tx.Commit()
}
