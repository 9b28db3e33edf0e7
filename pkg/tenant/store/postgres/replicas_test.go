package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
)

// TestAttackRewritingTheAuditLog asks the database as somebody with SQL at hand would.
func TestAttackRewritingTheAuditLog(t *testing.T) {
	address := postgrestest.Fresh(t)
	s := open(t, address, time.Now)
	defer s.Close()
	if err := s.Write(t.Context(), func(tx store.Tx) error {
		return tx.Record(t.Context(), audit.Entry{What: audit.TenantMade, Subject: audit.Subject{Name: "Acme"}})
	}); err != nil {
		t.Fatal(err)
	}
	for _, attack := range []string{
		"UPDATE audit_log SET actor_name = 'somebody else'", "DELETE FROM audit_log", "TRUNCATE audit_log", "TRUNCATE audit_log CASCADE",
		"INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (number) DO UPDATE SET actor_name = 'somebody else'",
	} {
		if err := raw(t, address, attack); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want the database to refuse it", attack, err)
		}
	}
	got, err := s.Entries(t.Context(), audit.Query{})
	if err != nil || len(got) != 1 || got[0].Actor.Name != "Passly" || got[0].Subject.Name != "Acme" {
		t.Errorf("after the attacks: %v (%v), want the one entry as it was", got, err)
	}
}

// TestReplicasBeginTogether opens an empty database many times at once: one makes the schema, all can write.
func TestReplicasBeginTogether(t *testing.T) {
	address := postgrestest.Fresh(t)
	a, err := postgres.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	const many, each = 4, 25
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		seen = map[tenant.ID]bool{}
	)
	for replica := range many {
		all.Go(func() {
			s, err := postgres.Open(t.Context(), a, time.Now)
			if err != nil {
				t.Errorf("replica %d: %v", replica, err)
				return
			}
			defer s.Close()
			for i := range each {
				users := []tenant.User{{UserName: fmt.Sprint("u", replica, "-", i), State: tenant.Created}, {UserName: fmt.Sprint("the same ", i), State: tenant.Created}}
				var outcome []error
				if err := s.Write(t.Context(), func(tx store.Tx) (err error) { outcome, err = tx.AddUsers(t.Context(), users); return err }); err != nil {
					t.Errorf("replica %d: %v", replica, err)
				}
				mu.Lock()
				for k, u := range users {
					if outcome[k] == nil && seen[u.ID] {
						t.Errorf("the id %s was given twice", u.ID)
					}
					if outcome[k] == nil {
						seen[u.ID] = true
					}
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if want := many*each + each; len(seen) != want {
		t.Errorf("%d users were added, want %d: each name once", len(seen), want)
	}
}

// TestBrokenConnection ends the connections in the middle of a transaction: nothing of it stays, the error is a problem that
// says so, and the next transaction works.
func TestBrokenConnection(t *testing.T) {
	server := postgrestest.Start(t)
	address := server.Database(t)
	s := open(t, address, time.Now)
	defer s.Close()
	add := func(name string, then func()) error {
		return s.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.AddUsers(t.Context(), []tenant.User{{UserName: name, State: tenant.Created}})
			then()
			return err
		})
	}
	err := add("lost", func() {
		// in the same database there is only this store
		server.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'passly-tenant' AND datname = '"+nameOf(address)+"'")
	})
	if !problem.Is(err, problem.Unavailable) {
		t.Errorf("committing over a broken connection: got %v, want a problem of code unavailable", err)
	}
	if err := add("kept", func() {}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	found, err := s.Users(t.Context(), tenant.Scope{}, store.Query{})
	if err != nil || len(found) != 1 || found[0].UserName != "kept" {
		t.Errorf("got %v (%v), want only who was added afterwards", found, err)
	}
}

func nameOf(address string) string {
	path := address[strings.Index(address, "/test")+1:]
	name, _, _ := strings.Cut(path, "?")
	return name
}

// TestKilledReplicaHoldsNobodyUp kills a process that told of each write, in the middle of one: all that it told of is there,
// nothing half, and another replica writes at once.
func TestKilledReplicaHoldsNobodyUp(t *testing.T) {
	if address := os.Getenv("PASSLY_TEST_KILL"); address != "" {
		writeForEver(t, address)
		return
	}
	address := postgrestest.Fresh(t)
	s := open(t, address, time.Now)
	defer s.Close()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledReplicaHoldsNobodyUp$")
	child.Env = append(os.Environ(), "PASSLY_TEST_KILL="+address)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var told []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "in the middle" {
			_ = child.Process.Kill()
			continue
		}
		told = append(told, lines.Text())
	}
	_ = child.Wait() // killed
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Write(ctx, func(tx store.Tx) error {
		_, err := tx.AddUsers(ctx, []tenant.User{{UserName: "next", State: tenant.Created}})
		return err
	}); err != nil {
		t.Errorf("writing after the kill: %v", err)
	}
	if n, err := s.CountUsers(t.Context(), tenant.Scope{}, store.Query{}); err != nil || n != len(told)+1 || n < 20 {
		t.Errorf("there are %d users (%v), want the %d that were told of and the next one", n, err, len(told))
	}
}

func writeForEver(t *testing.T, address string) {
	t.Helper()
	s := open(t, address, time.Now)
	for i := range 20 {
		users := []tenant.User{{UserName: fmt.Sprint("u", i), State: tenant.Created}}
		if err := s.Write(t.Context(), func(tx store.Tx) error { _, err := tx.AddUsers(t.Context(), users); return err }); err != nil {
			t.Fatal(err)
		}
		fmt.Println(users[0].ID)
	}
	_ = s.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.AddUsers(t.Context(), []tenant.User{{UserName: "half", State: tenant.Created}}); err != nil {
			return err
		}
		fmt.Println("in the middle")
		select {} // until it is killed
	})
}

func TestOtherTextsFindNothing(t *testing.T) {
	s := open(t, postgrestest.Fresh(t), time.Now)
	defer s.Close()
	for _, text := range []string{"\xff\xfe", "a\x00b", "%", "_", `\`, "'", `"`} {
		if found, err := s.Users(t.Context(), tenant.Scope{}, store.Query{Search: text}); err != nil || len(found) > 0 {
			t.Errorf("searching for %q: got %v, %v", text, found, err)
		}
		if found, err := s.Entries(t.Context(), audit.Query{Search: text + text + text}); err != nil || len(found) > 0 {
			t.Errorf("searching the log for %q: got %v, %v", text, found, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Setenv("PGPASSFILE", "/nonexistent")
	for address, want := range map[string]string{
		"postgres://passly@localhost/passly":                           "postgres://passly@localhost/passly",
		"postgres://passly:secret@db.example.test:5433/acme":           "postgres://passly@db.example.test:5433/acme",
		"postgres:///acme?host=/run/postgresql&password=secret&user=x": "postgres:///acme?host=%2Frun%2Fpostgresql",
		"mysql://passly:secret@localhost/x":                            "cannot be used",
		"postgres://passly:sec ret@%zz/x":                              "cannot be used",
		"postgres://passly:secret@localhost/x?sslmode=bogus":           "cannot be used",
	} {
		a, err := postgres.Parse(address)
		said := a.String()
		if err != nil {
			p := problem.Of(err)
			said = p.Title + p.Text + p.Hint
		}
		if !strings.Contains(said, want) || strings.Contains(said, "secret") || strings.Contains(said, "sec ret") {
			t.Errorf("%s: got %q, want %q and no password", address, said, want)
		}
		if got, want := postgres.HasPassword(address), strings.Contains(address, "sec"); got != want {
			t.Errorf("%s: has a password: got %v", address, got)
		}
	}
}
