package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"passlysync/pkg/tenant"
)

// TestAnOlderTenantGetsAnOwner opens a database from before there were owners: the administrator who came first, of those who
// may sign in, becomes one, and nobody else.
func TestAnOlderTenantGetsAnOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.db")
	older, err := sql.Open("sqlite", source(path, ""))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := schema(older)
	if err != nil {
		t.Fatal(err)
	}
	const beforeOwners = 5
	if _, err := steps.UpTo(t.Context(), beforeOwners); err != nil {
		t.Fatal(err)
	}
	if _, err := older.ExecContext(t.Context(), `INSERT INTO administrators (id, email, email_key, password_hash, created, role, locked) VALUES
		(1, 'left@acme.test', 'left@acme.test', 'x', 1, 'administrator', 1),
		(2, 'looks@acme.test', 'looks@acme.test', 'x', 2, 'reader', 0),
		(3, 'first@acme.test', 'first@acme.test', 'x', 3, 'administrator', 0),
		(4, 'second@acme.test', 'second@acme.test', 'x', 4, 'administrator', 0)`); err != nil {
		t.Fatal(err)
	}
	if err := older.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for email, want := range map[string]tenant.Role{
		"left@acme.test": tenant.RoleAdministrator, "looks@acme.test": tenant.RoleReader,
		"first@acme.test": tenant.RoleOwner, "second@acme.test": tenant.RoleAdministrator,
	} {
		got, err := s.Administrator(t.Context(), email)
		if err != nil || got.Role != want || got.Email != email {
			t.Errorf("%s: got %+v, %v, want %s", email, got, err, want)
		}
	}
}
