package samba_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
)

func open(t *testing.T, dc *samba.DC) *ad.Reader {
	t.Helper()
	return openWith(t, dc, time.Minute)
}

// openWith says how long the controller may be silent.
func openWith(t *testing.T, dc *samba.DC, silence time.Duration) *ad.Reader {
	t.Helper()
	r, err := ad.Open(t.Context(), ad.Settings{
		URL: dc.URL(), CA: dc.CA(), Account: dc.Account(), Password: dc.Password(), Silence: silence,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func read(ctx context.Context, r *ad.Reader, c directory.Cursor) (map[directory.GUID]directory.Entry, directory.Pass, error) {
	entries := map[directory.GUID]directory.Entry{}
	pass, err := r.Read(ctx, c, func(p directory.Page) error {
		for _, e := range p.Entries {
			entries[e.GUID] = e
		}
		return nil
	})
	return entries, pass, err
}

// TestSceneIsAsPlanned compares what the directory says with the plan, person by person and member by member.
func TestSceneIsAsPlanned(t *testing.T) {
	plan := samba.Scene3000("example.test")
	dc := samba.ForTest(t, samba.Options{Plan: plan})
	entries, _, err := read(t.Context(), open(t, dc), directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	byDN := map[string]directory.Entry{}
	for _, e := range entries {
		byDN[e.DN] = e
	}
	total, chosen := 0, 0
	for _, u := range plan.Units {
		total += len(u.People)
		if u.Chosen {
			chosen += len(u.People)
		}
		for _, p := range u.People {
			checkPerson(t, byDN[samba.DN("example.test", u.Path, p.Name)], p)
		}
	}
	if total != 3000 || chosen != 1000 || len(plan.Units) != 8 || len(plan.Groups) != 20 {
		t.Errorf("got %d people, %d of them chosen, %d units, %d groups", total, chosen, len(plan.Units), len(plan.Groups))
	}
	for _, g := range plan.Groups {
		e := byDN[samba.DN("example.test", g.Path, g.Name)]
		members := map[directory.GUID]bool{}
		for _, id := range e.Members {
			members[id] = true
		}
		if e.Kind != directory.KindGroup || len(members) != len(g.Members) {
			t.Errorf("group %s: got %d members, want %d", g.Name, len(members), len(g.Members))
		}
		for _, m := range g.Members {
			if !members[byDN[samba.DN("example.test", m.Path, m.Name)].GUID] {
				t.Errorf("group %s lacks %s", g.Name, m.Name)
			}
		}
	}
}

func checkPerson(t *testing.T, e directory.Entry, p samba.Person) {
	t.Helper()
	if e.Kind != directory.KindUser || e.Name != p.Name {
		t.Errorf("%s: got %s %q", p.Name, e.Kind, e.Name)
	}
	got := map[string]string{}
	for _, a := range e.Attributes {
		got[a.Name] = a.Value
	}
	for _, want := range p.Attributes {
		if got[want.Name] != want.Value {
			t.Errorf("%s: got %s %q, want %q", p.Name, want.Name, got[want.Name], want.Value)
		}
	}
}

func TestSeveralAtOnce(t *testing.T) {
	one, other := samba.ForTest(t, samba.Options{}), samba.ForTest(t, samba.Options{Domain: "other.test"})
	if one.URL() == other.URL() || one.Root() == other.Root() {
		t.Fatalf("both are %s with root %s", one.URL(), one.Root())
	}
	_, pass, err := read(t.Context(), open(t, one), directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	reader := open(t, other)
	if _, _, err := read(t.Context(), reader, pass.Cursor); !errors.Is(err, directory.ErrCursorRefused) {
		t.Errorf("a cursor of another domain: got %v, want it refused", err)
	}
	domain, err := reader.Domain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pass.Cursor.Domain, pass.Cursor.Invocation = domain.GUID, domain.Invocation // only the cookie is foreign now
	if _, _, err := read(t.Context(), reader, pass.Cursor); !errors.Is(err, directory.ErrCursorRefused) {
		t.Errorf("a cookie of another domain: got %v, want it refused", err)
	}
}

func TestAwayAndBack(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	r := openWith(t, dc, 2*time.Second)
	_, pass, err := read(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	for what, away := range map[string][2]func() error{
		"paused":  {dc.Pause, dc.Resume},
		"stopped": {dc.StopProcess, func() error { return dc.Restart(t.Context()) }},
	} {
		if err := away[0](); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(t.Context(), r, pass.Cursor); !problem.Is(err, directory.Unreachable) {
			t.Errorf("%s: got %v, want a problem of code %s", what, err, directory.Unreachable)
		}
		if err := away[1](); err != nil {
			t.Fatal(err)
		}
		unit, err := dc.AddUnit(t.Context(), dc.Root(), what)
		if err != nil {
			t.Fatal(err)
		}
		entries, next, err := read(t.Context(), r, pass.Cursor)
		if err != nil || entries[unit].Name != what {
			t.Errorf("%s and back: got %v, %v, want the unit made meanwhile", what, entries, err)
		}
		pass = next
	}
}

func TestStopLeavesNothing(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{})
	ended := dc.Ended()
	if err := dc.Stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the process still runs")
	}
	if _, err := os.Stat(dc.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestEndsWithItsProcess kills a process that started a controller, and expects the address to be free again.
func TestEndsWithItsProcess(t *testing.T) {
	const address = "127.0.0.251"
	if os.Getenv("LAB_CHILD") != "" {
		samba.ForTest(t, samba.Options{Address: address, Dir: os.Getenv("LAB_CHILD")})
		_, _ = os.Stdout.WriteString("up\n")
		select {}
	}
	samba.ForTest(t, samba.Options{}) // skips where it cannot run
	dir, err := os.MkdirTemp("", "lab-child-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	child := exec.Command(os.Args[0], "-test.run=^TestEndsWithItsProcess$")
	child.Env = append(os.Environ(), "LAB_CHILD="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	var last error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var again *samba.DC
		if again, last = samba.Start(t.Context(), samba.Options{Address: address}); last == nil {
			_ = again.Stop()
			return
		}
	}
	t.Errorf("the controller outlives the process that started it: %v", last)
}

// TestSnapshotAgrees compares two independent ways to read the same directory.
func TestSnapshotAgrees(t *testing.T) {
	dc := samba.ForTest(t, samba.Options{Plan: samba.Scene3000("example.test")})
	read, _, err := read(t.Context(), open(t, dc), directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := dc.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range entries {
		got := read[want.GUID]
		if got.Kind != want.Kind || got.Parent != want.Parent || got.Name != want.Name || got.DN != want.DN ||
			len(got.Attributes) != len(want.Attributes) || want.Kind == directory.KindGroup && len(got.Members) != len(want.Members) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		delete(read, want.GUID)
	}
	for _, extra := range read {
		if !extra.Deleted {
			t.Errorf("%s is read, but not in the snapshot", extra.DN)
		}
	}
}
