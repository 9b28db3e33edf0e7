package sqlite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store/sqlstore"
)

// million fills a log as years of agents and a few administrators do. One in a hundred thousand names a rare thing.
func million(t testing.TB, entries int) *engine {
	t.Helper()
	e, err := open(t.Context(), t.TempDir()+"/tenant.db", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	w := <-e.write
	defer func() { e.write <- w }()
	if _, err := w.own.Exec(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, address, what, subject_kind, subject_id, subject_name, details, search_key)
		SELECT 1700000000000 + i * 30000, iif(i % 10 = 0, 'administrator', 'agent'), i % 7, 'actor ' || (i % 7), '192.0.2.' || (i % 200),
		iif(i % 100000 = 1, 'policy.removed', 'agent.ran'), 'agent', i % 7, 'Head office', '[]',
		'agent' || char(10) || 'actor ' || (i % 7) || char(10) || '192.0.2.' || (i % 200) || char(10) || 'reported a sync' || char(10) || 'people added: ' || (i % 1000) || iif(i % 100000 = 1, ' zanzibar', '')
		FROM n`, []any{entries}); err != nil {
		t.Fatal(err)
	}
	return e
}

// looks are what somebody asks of the log.
func looks() map[string]audit.Query {
	first := time.UnixMilli(1_700_000_000_000)
	return map[string]audit.Query{
		"newest":              {},
		"far back":            {Before: 100},
		"everywhere":          {Search: "reported a sync"},
		"rare":                {Search: "zanzibar"},
		"nowhere":             {Search: "no such text"},
		"a kind":              {Kind: audit.Administrator},
		"a rare code":         {What: audit.PolicyRemoved},
		"a day":               {From: first.Add(100 * time.Hour), Until: first.Add(124 * time.Hour)},
		"a day of a kind":     {From: first.Add(100 * time.Hour), Until: first.Add(124 * time.Hour), Kind: audit.Administrator},
		"a text on a day":     {From: first.Add(100 * time.Hour), Until: first.Add(124 * time.Hour), Search: "reported a sync"},
		"a rare text by kind": {Search: "zanzibar", Kind: audit.Agent},
	}
}

// TestNoLookSortsTheLog asks the planner: a page that is quick at a hundred entries is quick at a million only where
// nothing is sorted and no index is built for it.
func TestNoLookSortsTheLog(t *testing.T) {
	e := million(t, 100)
	for name, q := range looks() {
		q.Limit = 51
		query, args := dialect().AuditQuery(q)
		if text, err := plan(t, e, query, args); err != nil || strings.Contains(text, "TEMP B-TREE") || strings.Contains(text, "AUTOMATIC") {
			t.Errorf("%s: %s (%v)", name, text, err)
		}
	}
}

func BenchmarkAuditPageOfAMillion(b *testing.B) {
	s := sqlstore.New(million(b, 1_000_000), dialect(), time.Now)
	for name, q := range looks() {
		q.Limit = 51
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Entries(b.Context(), q); err != nil {
					b.Fatal(fmt.Errorf("%s: %w", name, err))
				}
			}
		})
	}
}
