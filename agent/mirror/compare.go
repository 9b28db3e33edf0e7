package mirror

import (
	"context"

	"passlysync/pkg/directory"
)

// Compare holds what was acknowledged against what Adopt found the tenant to have. Entries that differ are in doubt, so
// that Settle finds out and everything is sent that is missing; memberships are taken as they were found. It gives how many
// differed. Nothing may be under way. What the tenant has and the mirror does not know is met by the full pass that follows.
func (m *Mirror) Compare(ctx context.Context) (drift int64, err error) {
	err = m.update(ctx, func(w *writer) error {
		if err := w.needIndexes(); err != nil {
			return err
		}
		drift = 0
		for _, compare := range []func() (int64, error){w.compareEntries, w.compareMembers} {
			n, err := compare()
			if err != nil {
				return err
			}
			drift += n
		}
		w.m.facts.compared, w.m.facts.cursor = w.m.distrusted, directory.Cursor{}
		return nil
	})
	return drift, err
}

// compareEntries: in a service of others, what stands outside the chosen units and was not brought, or was disabled, by this agent
// may be another agent's meanwhile, and is let be.
func (w *writer) compareEntries() (int64, error) {
	return w.exec(`UPDATE entries SET doubt = 1 WHERE NOT (?1 AND inside = 0 AND active = 0) AND (
		(remote IS NOT NULL AND NOT EXISTS (SELECT 1 FROM adopted a WHERE a.guid = entries.guid AND a.remote = entries.remote
			AND (a.active = entries.active OR a.active = 2) AND a.hash = entries.pushed))
		OR (remote IS NULL AND EXISTS (SELECT 1 FROM adopted a WHERE a.guid = entries.guid)))`, w.m.others)
}

func (w *writer) compareMembers() (int64, error) {
	gained, err := w.exec(`INSERT INTO members (team, member, present, pushed)
		SELECT g.seq, a.member, 0, 1 FROM adopted_members a JOIN entries g ON g.guid = a.team WHERE g.remote IS NOT NULL
			AND (NOT ?1 OR EXISTS (SELECT 1 FROM entries e WHERE e.guid = a.member AND e.remote IS NOT NULL))
		ON CONFLICT DO UPDATE SET pushed = 1, dirty = 1 WHERE pushed = 0`, w.m.others)
	if err != nil {
		return 0, err
	}
	lost, err := w.exec(`UPDATE members SET pushed = 0, dirty = 1 WHERE pushed = 1 AND NOT EXISTS (
		SELECT 1 FROM entries g JOIN adopted_members a ON a.team = g.guid
		WHERE g.seq = members.team AND a.member = members.member)`)
	w.m.facts.counts.memberships += gained - lost
	return gained + lost, err
}

// Missing counts what a service of others took and Adopt did not find there, of how many, and gives some of them.
func (m *Mirror) Missing(ctx context.Context, limit int) (missing, known int, some []Item, err error) {
	if !m.others {
		return 0, 0, nil, nil
	}
	const lost = "remote IS NOT NULL AND NOT EXISTS (SELECT 1 FROM adopted a WHERE a.guid = entries.guid)"
	if known, err = m.count(ctx, "SELECT count(*) FROM entries WHERE remote IS NOT NULL"); err != nil {
		return 0, 0, nil, err
	}
	if missing, err = m.count(ctx, "SELECT count(*) FROM entries WHERE "+lost); err != nil {
		return 0, 0, nil, err
	}
	some, err = m.items(ctx, lost+" ORDER BY seq LIMIT ?", limit)
	return missing, known, some, err
}
