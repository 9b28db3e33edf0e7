package mirror

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// decision is what was decided on a removal, beside its approval. The words are stored.
type decision string

const (
	undecided decision = ""         // the guard counts it
	waits     decision = "waits"    // the rest of a held set on which was decided in part: it goes only when it is approved
	rejected  decision = "rejected" // it stays, until something changes about it
)

// Held counts what the guard has to look at of a kind; Allowed, Digest and Sample are left to others.
func (m *Mirror) Held(ctx context.Context, kind control.RemovalKind) (control.Held, error) {
	h := control.Held{Kind: kind}
	var begun int
	err := m.read.QueryRowContext(ctx, "SELECT count(CASE WHEN decision <> 'rejected' THEN 1 END), count(CASE WHEN decision = 'waits' THEN 1 END), "+
		"count(CASE WHEN decision = 'rejected' THEN 1 END) FROM "+removalTable(kind)+" WHERE "+unapproved(kind)).Scan(&h.Count, &begun, &h.Rejected)
	if err != nil {
		return h, fmt.Errorf("counting removals: %w", err)
	}
	h.Begun = begun > 0
	return h, nil
}

// Removal is one removal that is held or was rejected.
type Removal struct {
	Known          // the user, the group, or the member: its Seq is zero where the directory never reported it
	Team     int64 // of memberships
	Group    Known
	Left     bool // of memberships: the directory no longer has it; else the group or the member is to go
	Row      string
	Rejected bool
	Since    time.Time
}

// HeldRows gives up to limit removals of a kind after a place (the zero place: from the first), and the place of the last one
// looked at, empty when there is nothing after it.
func (m *Mirror) HeldRows(ctx context.Context, kind control.RemovalKind, search string, after Place, limit int) (found []Removal, next Place, err error) {
	const atOnce = 500
	for {
		some, err := m.heldAfter(ctx, kind, after, atOnce)
		if err != nil {
			return nil, next, err
		}
		for _, one := range some {
			after = Place{one.Team, one.GUID}
			if one.Team == 0 {
				after = Place{one.Seq, directory.GUID{}}
			}
			if search != "" && !one.named(search) {
				continue
			}
			if len(found) == limit {
				return found, next, nil
			}
			found, next = append(found, one), after
		}
		if len(some) < atOnce {
			return found, Place{}, nil
		}
	}
}

// Place is where a list of removals goes on.
type Place struct {
	Seq    int64 // of a user or group; of memberships the group's
	Member directory.GUID
}

func (r Removal) named(search string) bool {
	if closeness(r.Known, search, search) != apart {
		return true
	}
	return r.Team != 0 && strings.Contains(strings.ToLower(r.Group.Name), strings.ToLower(search))
}

func (m *Mirror) heldAfter(ctx context.Context, kind control.RemovalKind, after Place, limit int) (all []Removal, err error) {
	if kind == control.RemoveMemberships {
		return m.heldMembers(ctx, "(m.team, m.member) > (?, ?) ORDER BY m.team, m.member LIMIT ?", after.Seq, after.Member[:], limit)
	}
	rows, err := m.read.QueryContext(ctx, "SELECT "+columns+" FROM entries WHERE "+unapproved(kind)+" AND seq > ? ORDER BY seq LIMIT ?", after.Seq, limit)
	if err != nil {
		return nil, fmt.Errorf("reading removals: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return nil, fmt.Errorf("reading removals: %w", err)
		}
		all = append(all, m.removal(kind, &r))
	}
	return all, rows.Err()
}

func (m *Mirror) removal(kind control.RemovalKind, r *row) Removal {
	one := Removal{Known: m.known(r), Rejected: r.decision == rejected, Row: r.guid.String() + "." + r.shown(kind)}
	one.Since = one.Known.Since
	return one
}

// shown digests what is shown of a removal: when any of it changes, what was decided on what was shown does not count.
func (r *row) shown(kind control.RemovalKind) string {
	const disabled = 2 // ADS_UF_ACCOUNTDISABLE
	return digestOf(string(kind), r.since.Int64, r.deleted, r.control&disabled, r.expires, r.inside, r.kind)
}

func digestOf(facts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, facts...))
	return hex.EncodeToString(sum[:12])
}

func (m *Mirror) heldMembers(ctx context.Context, where string, args ...any) ([]Removal, error) {
	rows, err := m.read.QueryContext(ctx, "SELECT "+columnsOf("g")+", m.team, m.member, m.present, m.since, m.decision, e.seq FROM members m JOIN entries g ON g.seq = m.team "+
		"LEFT JOIN entries e ON e.guid = m.member WHERE m.todo = 'remove' AND m.todo <> '' AND m.approved = 0 AND "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading removals: %w", err)
	}
	defer rows.Close()
	var all []Removal
	for rows.Next() {
		var (
			one     Removal
			group   row
			member  []byte
			present bool
			since   sql.NullInt64
			decided decision
			seq     sql.NullInt64
		)
		if err := group.scan(beside{rows, []any{&one.Team, &member, &present, &since, &decided, &seq}}); err != nil {
			return nil, fmt.Errorf("reading removals: %w", err)
		}
		one.GUID, one.Seq, one.Left, one.Rejected = directory.GUID(member), seq.Int64, !present, decided == rejected
		one.Group = m.known(&group)
		if since.Valid {
			one.Since = time.UnixMilli(since.Int64).UTC()
		}
		one.Row = group.guid.String() + "." + one.GUID.String() + "." + digestOf("memberships", since.Int64, present)
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading removals: %w", err)
	}
	return all, m.nameMembers(ctx, all)
}

// nameMembers fills in who the members are.
func (m *Mirror) nameMembers(ctx context.Context, all []Removal) error {
	for i := range all {
		one := &all[i]
		if one.Seq == 0 {
			continue
		}
		err := m.list(ctx, "SELECT "+columns+" FROM entries WHERE seq = ?", []any{one.Seq}, nil, func(k Known) { one.Known = k })
		if err != nil {
			return err
		}
	}
	return nil
}
