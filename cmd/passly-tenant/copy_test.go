package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/serve"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/tenant/tenanttest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// TestCopy moves a tenant of 10,000 people with runs, sessions and a log, and finds all of it, ids and versions too.
func TestCopy(t *testing.T) {
	address := postgrestest.Fresh(t)
	s := tenanttest.Start(t)
	a := s.EnrolUnder(t, "dc1", tenant.FullOnboardingPolicyID)
	const people = 10_000
	a.AddPeople(t, people)
	for i := range 50 {
		if err := s.Tenant.Store().Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.AddRun(t.Context(), a.ID, control.Run{ID: fmt.Sprint("r", i), Kind: control.RunDelta, Started: time.UnixMilli(int64(i)).UTC(), UsersAdded: i})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	before := lookAt(t, s.Tenant.Store())
	code, out, errs := try(t, t.Context(), "copy", "--state", s.State, "--to", address)
	if code != exitOK || !strings.Contains(out, "users                          10000") || !strings.Contains(out, "passly-tenant serve --database "+address) {
		t.Fatalf("copy: %d %s%s", code, out, errs)
	}
	to, err := postgres.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := serve.Open(t.Context(), serve.Options{State: t.TempDir(), Database: &to})
	if err != nil {
		t.Fatal(err)
	}
	defer moved.Close()
	if after := lookAt(t, moved.Store()); after != before {
		t.Errorf("the copy is another tenant:\n%.2000s\nwant\n%.2000s", after, before)
	}
	if err := moved.Store().Write(t.Context(), func(tx store.Tx) error {
		if err := tx.Record(t.Context(), audit.Entry{What: audit.TenantEnabled}); err != nil {
			return err
		}
		_, err := tx.AddUsers(t.Context(), []tenant.User{{UserName: "new", State: tenant.Created}})
		return err
	}); err != nil {
		t.Errorf("writing afterwards: %v", err)
	}
	if code, _, errs := try(t, t.Context(), "copy", "--state", s.State, "--to", address); code != exitFailed || !strings.Contains(errs, "not empty") {
		t.Errorf("copying once more: %d %s, want it refused", code, errs)
	}
}

// lookAt is what a tenant holds, as far as readers see it.
func lookAt(t *testing.T, s store.Store) string {
	t.Helper()
	ctx := t.Context()
	who, err1 := s.Tenant(ctx)
	users, err2 := s.Users(ctx, tenant.Scope{}, store.Query{})
	groups, err3 := s.Groups(ctx, tenant.Scope{}, store.Query{})
	log, err4 := s.Entries(ctx, audit.Query{})
	messages, err5 := s.CountMessages(ctx)
	agents, err6 := s.Agents(ctx)
	runs, err7 := s.Runs(ctx, agents[0].ID, tenant.Run{}, 100)
	sorted, err8 := s.Users(ctx, tenant.Scope{}, store.Query{Order: store.ByName, Limit: 100, Descending: true})
	members, err9 := s.CountMembers(ctx, groups[0].ID)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("%v\n%v\n%d %v\n%v\n%v\n%v\n%v\n%v", who, messages, members, groups, runs, agents[0].ID, log, sorted, users)
}

func TestAttackReadingTheDatabasesPasswordFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	const secret = "correct horse"
	for _, args := range [][]string{
		{"init", "--name", "Acme", "--admin", "anna@acme.test", "--database", "postgres://passly:correct%20horse@localhost/x"},
		{"serve", "--state", dir, "--database", "postgres://passly@localhost/x?password=correct%20horse"},
		{"administrator", "lock", "--email", "a@b.test", "--database", "postgresql://passly:correct%20horse@localhost/x"},
		{"disable", "--database", "postgres://passly:correct%20horse@localhost/x"},
		{"copy", "--state", dir, "--to", "postgres://passly:correct%20horse@localhost/x"},
	} {
		code, out, errs := try(t, t.Context(), args...)
		if code != exitFailed || !strings.Contains(errs, "stands on the command line") || strings.Contains(out+errs, "horse") || strings.Contains(out+errs, secret) {
			t.Errorf("%s: %d %s%s, want it refused and not repeated", args[0], code, out, errs)
		}
	}
}

// TestDatabaseFile makes and changes a tenant whose database's address is in a file.
func TestDatabaseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "address")
	address := postgrestest.Fresh(t)
	if err := os.WriteFile(path, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"serve", "--database-file", path}, exitFailed, "--smtp"},
		{[]string{"serve", "--database-file", path, "--state", t.TempDir()}, exitFailed, "no tenant in postgres://passly@"},
		{[]string{"init", "--database-file", path, "--name", "Acme", "--admin", "anna@acme.test"}, exitOK, "passly-tenant serve --database-file " + path},
		{[]string{"init", "--database-file", path, "--name", "Acme", "--admin", "anna@acme.test"}, exitFailed, "already"},
		{[]string{"administrator", "add", "--database-file", path, "--email", "ben@acme.test"}, exitOK, "ben@acme.test may sign in now"},
		{[]string{"disable", "--database-file", path}, exitOK, "disabled"},
		{[]string{"enable", "--database", address}, exitOK, "enabled"},
		{[]string{"enable", "--database", address, "--database-file", path}, exitUsage, "--help"},
		{[]string{"enable"}, exitFailed, "--state"},
		{[]string{"enable", "--database", strings.Replace(address, "/test", "/none", 1)}, exitFailed, "CREATE DATABASE none"},
		{[]string{"enable", "--database", "postgres://nobody@127.0.0.1:1/x"}, exitFailed, "cannot be reached"},
	} {
		code, out, errs := try(t, context.WithoutCancel(t.Context()), row.args...)
		if code != row.code || !strings.Contains(out+errs, row.says) {
			t.Errorf("%v: %d %s%s, want %d and %q", row.args, code, out, errs, row.code, row.says)
		}
	}
}
