package postgres_test

import (
	"sync"
	"testing"
	"time"

	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
	"passlysync/pkg/tenant/store/sqlstore"
	"passlysync/pkg/tenant/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func open(t testing.TB, address string, now func() time.Time) *sqlstore.Store {
	t.Helper()
	a, err := postgres.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), a, now)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	return s
}

func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	var (
		mu    sync.Mutex
		known = map[string]string{}
	)
	storetest.Run(t, func(t *testing.T, path string, now func() time.Time) store.Store {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if known[path] == "" {
			known[path] = server.Database(t)
		}
		return open(t, known[path], now)
	})
}

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) store.Store {
		b.Helper()
		s := open(b, postgrestest.Fresh(b), time.Now)
		b.Cleanup(func() { _ = s.Close() })
		return s
	})
}
