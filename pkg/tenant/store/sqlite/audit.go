package sqlite

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
	query, args := auditQuery(q)
	found, err := list(ctx, s.forQuery(), query, args, scanEntry)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return found, nil
}

// leastTrigram is how many characters the text index needs.
const leastTrigram = 3

// auditQuery goes through the numbers downwards, on whichever index narrows most, so that a page costs a page.
func auditQuery(q audit.Query) (string, []any) {
	var (
		where []string
		args  []any
	)
	add := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	from, order := "audit_log l", "l.number"
	if search := tenant.Fold(strings.TrimSpace(q.Search)); utf8.RuneCountInString(search) >= leastTrigram {
		from, order = "audit_text t CROSS JOIN audit_log l ON l.number = t.rowid", "t.rowid"
		add("audit_text MATCH ?", `"`+strings.ReplaceAll(search, `"`, `""`)+`"`)
	} else if search != "" {
		add("instr(l.search_key, ?) > 0", search)
	}
	if q.Kind != "" {
		add("l.actor_kind = ?", string(q.Kind))
	}
	if q.What != "" {
		add("l.what = ?", string(q.What))
	}
	if q.Before != 0 {
		add(order+" < ?", q.Before)
	}
	if !q.From.IsZero() {
		add("l.at >= ?", millis(q.From))
		add(order+" >= coalesce((SELECT min(number) FROM audit_log INDEXED BY audit_log_at WHERE at >= ?), 9223372036854775807)", millis(q.From))
	}
	if !q.Until.IsZero() {
		add("l.at < ?", millis(q.Until))
		add(order+" <= (SELECT max(number) FROM audit_log INDEXED BY audit_log_at WHERE at < ?)", millis(q.Until))
	}
	query := "SELECT l.number, l.at, l.actor_kind, l.actor_id, l.actor_name, l.address, l.what, l.subject_kind, l.subject_id, l.subject_name, l.details FROM " + from
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY " + order + " DESC"
	if q.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, q.Limit)
	}
	return query, args
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
