package postgres_test

import (
	"log/slog"
	"testing"
	"time"

	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/bus/bustest"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
)

func replica(t *testing.T, address string) *postgres.Bus {
	t.Helper()
	a, err := postgres.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	b, err := postgres.NewBus(t.Context(), a, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestBusConformance(t *testing.T) {
	bustest.Run(t, func(t *testing.T) (bus.Bus, bus.Bus) {
		address := postgrestest.Fresh(t)
		defer open(t, address, time.Now).Close()
		return replica(t, address), replica(t, address)
	})
}

// TestBusComesBack breaks the listening connection: that something was missed is said, and what is told then is heard.
func TestBusComesBack(t *testing.T) {
	server := postgrestest.Start(t)
	address := server.Database(t)
	defer open(t, address, time.Now).Close()
	here, there := replica(t, address), replica(t, address)
	heard := make(chan bus.Message, 100)
	there.Listen("news", func(m bus.Message) { heard <- m })
	server.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN passly' AND datname = '"+nameOf(address)+"'")
	if m := <-heard; !m.Missed {
		t.Errorf("after the break: got %+v, want Missed", m)
	}
	if err := here.Tell(t.Context(), "news", []byte("again")); err != nil {
		t.Fatal(err)
	}
	if m := <-heard; string(m.Body) != "again" {
		t.Errorf("afterwards: got %+v, want what was told", m)
	}
}
