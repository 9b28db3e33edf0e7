package ad

import (
	"context"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
)

func server(t testing.TB, o adtest.Options) *adtest.Server {
	t.Helper()
	s, err := adtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func settings(s *adtest.Server) Settings {
	return Settings{URL: s.URL(), CA: s.CA(), Account: s.Account(), Password: s.Password(), Silence: 5 * time.Second}
}

func open(t testing.TB, s *adtest.Server) *Reader {
	t.Helper()
	r, err := Open(t.Context(), settings(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func read(t testing.TB, r directory.Reader, c directory.Cursor) ([]directory.Entry, directory.Pass) {
	t.Helper()
	var all []directory.Entry
	pass, err := r.Read(context.Background(), c, func(p directory.Page) error {
		all = append(all, p.Entries...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, pass
}

func TestFirst(t *testing.T) {
	s := server(t, adtest.Options{})
	if _, err := s.Seed(2000, 1); err != nil {
		t.Fatal(err)
	}
	r := open(t, s)
	d, _ := r.Domain(t.Context())
	t.Logf("%+v", d)
	all, pass := read(t, r, directory.Cursor{})
	t.Log(len(all), pass.Entries, len(pass.Cursor.Opaque))
	all, pass = read(t, r, pass.Cursor)
	t.Log(len(all), pass)
	u, err := r.Units(t.Context())
	t.Log(len(u), err)
	id, err := s.AddUser(t.Context(), s.Find("Sales"), "Zed, Q", directory.Attribute{Name: "mail", Value: "z@z"})
	if err != nil {
		t.Fatal(err)
	}
	all, pass = read(t, r, pass.Cursor)
	t.Logf("%+v", all)
	_ = s.Modify(t.Context(), id, "mail", "")
	all, pass = read(t, r, pass.Cursor)
	t.Logf("%+v", all)
	_ = s.Delete(t.Context(), id)
	all, pass = read(t, r, pass.Cursor)
	t.Logf("%+v", all)
	_ = s.Restore(t.Context(), id)
	all, pass = read(t, r, pass.Cursor)
	t.Logf("%+v", all)
	f, err := r.Fetch(t.Context(), []directory.GUID{id, {1}})
	t.Logf("%+v %v", f, err)
}

func TestWatchFirst(t *testing.T) {
	s := server(t, adtest.Options{})
	r := open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	ready, changed, done := make(chan bool), make(chan bool, 10), make(chan error)
	go func() { done <- r.Watch(ctx, func() { close(ready) }, func() { changed <- true }) }()
	<-ready
	if _, err := s.AddUnit(t.Context(), s.Root(), "X"); err != nil {
		t.Fatal(err)
	}
	<-changed
	cancel()
	t.Log(<-done)
}

func BenchmarkPass(b *testing.B) {
	s := server(b, adtest.Options{})
	if _, err := s.Seed(50_000, 1); err != nil {
		b.Fatal(err)
	}
	r := open(b, s)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		pass, err := r.Read(b.Context(), directory.Cursor{}, func(p directory.Page) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		n += pass.Entries
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}
