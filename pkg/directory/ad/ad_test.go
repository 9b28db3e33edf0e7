package ad_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
)

// server starts a directory in process.
func server(t testing.TB, o adtest.Options) *adtest.Server {
	t.Helper()
	s, err := adtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func settings(p place) ad.Settings {
	return ad.Settings{URL: p.URL(), CA: p.CA(), Account: p.Account(), Password: p.Password(), Silence: 10 * time.Second}
}

func open(t testing.TB, s ad.Settings) *ad.Reader {
	t.Helper()
	r, err := ad.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// drain makes a pass and gives what came, with or without an error.
func drain(ctx context.Context, r directory.Reader, c directory.Cursor) (entries []directory.Entry, pass directory.Pass, err error) {
	pass, err = r.Read(ctx, c, func(p directory.Page) error {
		entries = append(entries, p.Entries...)
		return nil
	})
	return entries, pass, err
}

// people seeds and gives the directory with a reader on it.
func people(t testing.TB, count int, o adtest.Options) (*adtest.Server, *ad.Reader) {
	t.Helper()
	s := server(t, o)
	if _, err := s.Seed(count, 1); err != nil {
		t.Fatal(err)
	}
	return s, open(t, settings(s))
}

func TestEverybodyComes(t *testing.T) {
	s, r := people(t, 5000, adtest.Options{})
	entries, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if !pass.Full || pass.Entries != len(entries) {
		t.Errorf("got %+v with %d entries", pass, len(entries))
	}
	got := map[directory.GUID]directory.Entry{}
	for _, e := range entries {
		got[e.GUID] = e
	}
	for _, want := range s.Snapshot() {
		e, there := got[want.GUID]
		if !there {
			t.Fatalf("%s did not come", want.DN)
		}
		if e.Kind != want.Kind || e.Name != want.Name || e.Parent != want.Parent || e.DN != want.DN ||
			fmt.Sprint(e.Attributes) != fmt.Sprint(want.Attributes) || fmt.Sprint(e.Members) != fmt.Sprint(want.Members) {
			t.Fatalf("got  %+v\nwant %+v", e, want)
		}
	}
}

func TestOneMemberOfManyCostsOne(t *testing.T) {
	s, r := people(t, 3000, adtest.Options{RangeLimit: 1500})
	var everybody []directory.GUID
	for _, e := range s.Snapshot() {
		if e.Kind == directory.KindUser {
			everybody = append(everybody, e.GUID)
		}
	}
	group, err := s.AddGroup(t.Context(), s.Root(), "Everybody", everybody...)
	if err != nil {
		t.Fatal(err)
	}
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveMember(t.Context(), group, everybody[7]); err != nil {
		t.Fatal(err)
	}
	entries, _, err := drain(t.Context(), r, pass.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || len(entries[0].Members) != 0 || len(entries[0].MembersGone) != 1 || entries[0].MembersGone[0] != everybody[7] {
		t.Errorf("got %+v, want one entry with one member gone", entries)
	}
	fetched, err := r.Fetch(t.Context(), []directory.GUID{group})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(fetched[0].Members), len(everybody)-1; got != want {
		t.Errorf("following member;range=0-1499: got %d members, want %d", got, want)
	}
}

func TestPlacesToResumeAt(t *testing.T) {
	_, r := people(t, 1000, adtest.Options{SplitAt: 300})
	var at []directory.Cursor
	before := 0
	enough := errors.New("enough")
	_, err := r.Read(t.Context(), directory.Cursor{}, func(p directory.Page) error {
		before += len(p.Entries)
		if !p.Cursor.IsZero() {
			at = append(at, p.Cursor)
		}
		if len(at) == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || before != 600 {
		t.Fatalf("got %d entries and %v, want 600 and what yield returned", before, err)
	}
	after, pass, err := drain(t.Context(), r, at[1])
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if pass.Full || before+len(after) != len(whole) {
		t.Errorf("resumed: got %d and %d entries, want %d in all", before, len(after), len(whole))
	}
}

func TestRightsAreFoundOut(t *testing.T) {
	for name, want := range map[string]adtest.Options{
		"all": {}, "no tombstones": {HidesDeleted: true}, "no replication": {LacksReplication: true},
		"neither": {HidesDeleted: true, LacksReplication: true},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := open(t, settings(server(t, want))).Domain(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d.SeesDeleted == want.HidesDeleted || d.Replicates == want.LacksReplication {
				t.Errorf("got SeesDeleted %v, Replicates %v", d.SeesDeleted, d.Replicates)
			}
		})
	}
}

func TestRightsGainedRefuseTheCursor(t *testing.T) {
	lacking, err := adtest.New(adtest.Options{LacksReplication: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lacking.Close() })
	r := open(t, settings(lacking))
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	lacking.SetLacksReplication(false)
	lacking.CutConnections()
	eventually(t, func() error {
		_, _, err := drain(t.Context(), r, pass.Cursor)
		if errors.Is(err, directory.ErrCursorRefused) {
			return nil
		}
		return fmt.Errorf("got %v, want a refused cursor: it was made with fewer rights", err)
	})
}

func TestRestoredDatabaseRefusesTheCursor(t *testing.T) {
	s, r := people(t, 10, adtest.Options{})
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	s.ChangeInvocation()
	s.CutConnections() // a restored controller was restarted
	eventually(t, func() error {
		if _, _, err = drain(t.Context(), r, pass.Cursor); errors.Is(err, directory.ErrCursorRefused) {
			return nil
		}
		return fmt.Errorf("got %v, want a refused cursor", err)
	})
}

// eventually repeats until there is no error: the reader learns of a cut connection when it reads.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
