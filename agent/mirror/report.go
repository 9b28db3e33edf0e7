package mirror

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Counts gives the figures that are reported to people.
func (m *Mirror) Counts(ctx context.Context) (control.Counts, error) {
	m.mu.Lock()
	t := m.facts.counts
	m.mu.Unlock()
	c := control.Counts{People: int(t.people), Disabled: int(t.disabled), Groups: int(t.groups), Memberships: int(t.memberships)}
	var err error
	if c.Incomplete, err = m.countFlag(ctx, plan.Incomplete); err != nil {
		return c, err
	}
	if c.Conflicts, err = m.countFlag(ctx, plan.Conflicting); err != nil {
		return c, err
	}
	c.Waiting, err = m.Count(ctx, directory.KindUser, plan.Add)
	return c, err
}

func (m *Mirror) countFlag(ctx context.Context, flag plan.Flag) (int, error) {
	return m.count(ctx, "SELECT count(*) FROM entries WHERE flag = ? AND flag <> ''", string(flag))
}

// Flagged gives the first entries with a flag, in words, and how many there are in all.
func (m *Mirror) Flagged(ctx context.Context, flag plan.Flag) ([]control.Subject, int, error) {
	total, err := m.countFlag(ctx, flag)
	if err != nil || total == 0 {
		return nil, total, err
	}
	rows, err := m.read.QueryContext(ctx, "SELECT "+columns+" FROM entries WHERE flag = ? AND flag <> '' ORDER BY seq LIMIT ?",
		string(flag), control.MaxSubjects)
	if err != nil {
		return nil, 0, fmt.Errorf("reading the mirror: %w", err)
	}
	defer rows.Close()
	var subjects []control.Subject
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return nil, 0, fmt.Errorf("reading the mirror: %w", err)
		}
		subjects = append(subjects, m.subject(&r))
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("reading the mirror: %w", err)
	}
	for i := range subjects {
		if flag == plan.Conflicting && subjects[i].Reason == "" {
			subjects[i].Reason = m.rivalOf(ctx, subjects[i])
		}
	}
	return subjects, total, nil
}

func (m *Mirror) subject(r *row) control.Subject {
	s := control.Subject{GUID: r.guid.String(), Name: r.name, Place: m.Place(r), Reason: r.reason}
	if r.flag == plan.Incomplete {
		s.Missing = r.user(plan.Inside).Missing()
	}
	return s
}

// Place spells the units that an entry stands in.
func (m *Mirror) Place(r *row) string {
	parent, said := r.parentGUID()
	if !said {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tree.path(parent)
}

// rivalOf says in words who keeps a conflicting entry's name.
func (m *Mirror) rivalOf(ctx context.Context, s control.Subject) string {
	guid, err := directory.ParseGUID(s.GUID)
	if err != nil {
		return ""
	}
	return m.other(ctx, guid).Reason
}

// other finds the entry that keeps a conflicting one's name; its Reason says which name. It is nearly empty where there is
// none any more.
func (m *Mirror) other(ctx context.Context, guid directory.GUID) *control.Subject {
	var mine, other row
	unknown := &control.Subject{Reason: "Another entry has the same e-mail or user logon name."}
	if mine.scan(m.read.QueryRowContext(ctx, "SELECT "+columns+" FROM entries WHERE guid = ?", guid[:])) != nil {
		return unknown
	}
	err := other.scan(m.read.QueryRowContext(ctx, "SELECT "+columns+` FROM entries WHERE claims = 1 AND guid <> ?
		AND (mail_key = ? OR logon_key = ?) AND flag <> 'conflict' ORDER BY seq LIMIT 1`, guid[:], mine.mailKey, mine.logonKey))
	if err != nil {
		return unknown
	}
	subject := m.subject(&other)
	subject.Reason = fmt.Sprintf("%s in %s has the same user logon name %s.", other.name, subject.Place, other.logonName)
	if other.mailKey == mine.mailKey {
		subject.Reason = fmt.Sprintf("%s in %s has the same e-mail %s.", other.name, subject.Place, other.mail)
	}
	return &subject
}

// Oldest gives when the oldest change that is not sent yet was read, and false when everything is sent but what was rejected.
func (m *Mirror) Oldest(ctx context.Context) (time.Time, bool, error) {
	var since sql.NullInt64
	err := m.read.QueryRowContext(ctx, `SELECT min(since) FROM (
		SELECT min(since) AS since FROM entries WHERE todo <> '' AND decision <> 'rejected'
		UNION ALL SELECT min(since) FROM members WHERE todo <> '' AND decision <> 'rejected')`).Scan(&since)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("reading the mirror: %w", err)
	}
	return time.UnixMilli(since.Int64), since.Valid, nil
}

// PeopleIn counts the people directly in each unit.
func (m *Mirror) PeopleIn(ctx context.Context) (map[directory.GUID]int, error) {
	rows, err := m.read.QueryContext(ctx, "SELECT parent, count(*) FROM entries WHERE kind = 'user' AND deleted = 0 AND parent IS NOT NULL GROUP BY parent")
	if err != nil {
		return nil, fmt.Errorf("counting people: %w", err)
	}
	defer rows.Close()
	people := map[directory.GUID]int{}
	for rows.Next() {
		var guid []byte
		var n int
		if err := rows.Scan(&guid, &n); err != nil {
			return nil, fmt.Errorf("counting people: %w", err)
		}
		people[directory.GUID(guid)] = n
	}
	return people, rows.Err()
}
