package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/sqlite"
)

// TestAttackRewritingTheAuditLog writes into the file as somebody with SQL at hand would.
func TestAttackRewritingTheAuditLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.db")
	s, err := sqlite.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Write(t.Context(), func(tx store.Tx) error {
		return tx.Record(t.Context(), audit.Entry{What: audit.TenantMade, Subject: audit.Subject{Name: "Acme"}})
	}); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, attack := range []string{
		"UPDATE audit_log SET actor_name = 'somebody else'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE number = 1",
		"INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE number = 1", "REPLACE INTO audit_log SELECT * FROM audit_log",
		"UPDATE OR REPLACE audit_log SET number = 5",
	} {
		if _, err := raw.ExecContext(t.Context(), attack); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want the database to refuse it", attack, err)
		}
	}
	got, err := s.Entries(t.Context(), audit.Query{})
	if err != nil || len(got) != 1 || got[0].Actor.Name != "Passly" || got[0].Subject.Name != "Acme" {
		t.Errorf("after the attacks: %v (%v), want the one entry as it was", got, err)
	}
}
