package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
)

// Record adds an entry to the audit log.
func (w *writer) Record(ctx context.Context, e audit.Entry) error {
	if e.Actor.Kind == "" {
		e.Actor = audit.By(ctx)
	}
	e = e.Bounded()
	details, err := json.Marshal(e.Details)
	if err != nil {
		return fmt.Errorf("writing details for the audit log: %w", err)
	}
	if _, err := w.exec(context.WithoutCancel(ctx), `INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, address, what, subject_kind, subject_id,
		subject_name, details, search_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		millis(w.now()), string(e.Actor.Kind), int64(e.Actor.ID), e.Actor.Name, e.Actor.From, string(e.What), string(e.Subject.Kind),
		int64(e.Subject.ID), e.Subject.Name, string(details), e.SearchText()); err != nil {
		return fmt.Errorf("adding to the audit log: %w", err)
	}
	return nil
}

// Entries gives entries of the audit log, newest first.
func (s session) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	query, args := s.dialect.AuditQuery(q)
	found, err := list(ctx, s.forQuery(), query, args, scanEntry)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return found, nil
}

// leastTrigram is how many characters the text index needs.
const leastTrigram = 3

const auditColumns = "l.number, l.at, l.actor_kind, l.actor_id, l.actor_name, l.address, l.what, l.subject_kind, l.subject_id, l.subject_name, l.details"

// auditConditions gathers what narrows the log.
type auditConditions struct {
	dialect *Dialect
	where   []string
	args    []any
}

func (c *auditConditions) add(condition string, values ...any) {
	c.where, c.args = append(c.where, condition), append(c.args, values...)
}

// AuditQuery gives the query that chooses entries. It goes downwards through the index that narrows most, so that a page costs a page and nothing is sorted: through
// the text's where there is one, through the days' where there are days, else through the numbers.
func (d *Dialect) AuditQuery(q audit.Query) (query string, args []any) {
	c := auditConditions{dialect: d}
	from, order := "audit_log l", "l.number DESC"
	search := tenant.Fold(strings.TrimSpace(q.Search))
	indexed := utf8.RuneCountInString(search) >= leastTrigram
	switch days := !q.From.IsZero() || !q.Until.IsZero(); {
	case indexed:
		from, order = d.AuditText.From, d.AuditText.Number+" DESC"
		c.add(d.AuditText.Match(search))
		c.numbersOf(q)
	case days:
		from, order = "audit_log l"+d.Index("audit_log_at"), "l.at DESC, l.number DESC"
		if q.Before != 0 {
			c.add("(l.at, l.number) < ((SELECT at FROM audit_log WHERE number = ?), ?)", q.Before, q.Before)
		}
	case q.Before != 0:
		c.add("l.number < ?", q.Before)
	}
	if search != "" && !indexed {
		c.add(d.Contains("l.search_key", "?"), search)
	}
	c.plain(q)
	query = "SELECT " + auditColumns + " FROM " + from
	if len(c.where) > 0 {
		query += " WHERE " + strings.Join(c.where, " AND ")
	}
	query += " ORDER BY " + order
	if q.Limit > 0 {
		query, c.args = query+" LIMIT ?", append(c.args, q.Limit)
	}
	return query, c.args
}

// plain is what is compared as it stands.
func (c *auditConditions) plain(q audit.Query) {
	if q.Kind != "" {
		c.add("l.actor_kind = ?", string(q.Kind))
	}
	if q.What != "" {
		c.add("l.what = ?", string(q.What))
	}
	if !q.From.IsZero() {
		c.add("l.at >= ?", millis(q.From))
	}
	if !q.Until.IsZero() {
		c.add("l.at < ?", millis(q.Until))
	}
}

// numbersOf bounds the numbers of the text's index by what was written on the days: the clock may have stepped back, so
// that the first entry of a day need not have the least number.
func (c *auditConditions) numbersOf(q audit.Query) {
	number, byTime := c.dialect.AuditText.Number, "audit_log"+c.dialect.Index("audit_log_at")
	if q.Before != 0 {
		c.add(number+" < ?", q.Before)
	}
	if !q.From.IsZero() {
		c.add(number+" >= coalesce((SELECT min(number) FROM "+byTime+" WHERE at >= ?), 9223372036854775807)", millis(q.From))
	}
	if !q.Until.IsZero() {
		c.add(number+" <= (SELECT max(number) FROM "+byTime+" WHERE at < ?)", millis(q.Until))
	}
}

func scanEntry(row scanner) (audit.Entry, error) {
	var (
		e       audit.Entry
		at      int64
		details []byte
	)
	if err := row.Scan(&e.Number, &at, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.From, &e.What, &e.Subject.Kind, &e.Subject.ID,
		&e.Subject.Name, &details); err != nil {
		return e, err
	}
	e.At = fromMillis(at)
	return e, json.Unmarshal(details, &e.Details)
}
