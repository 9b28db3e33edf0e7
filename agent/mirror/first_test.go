package mirror

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"passlysync/pkg/directory"
)

// TestTheFirstPassComesToTheSame takes directories in that are as bad as can be: names that many have, entries that come twice or
// go again, people before their units, units that move. With the indexes dropped, and made again midway or at the end, every row must
// be what it is where they were there all along.
func TestTheFirstPassComesToTheSame(t *testing.T) {
	midway := 0
	for seed := range uint64(24) {
		without, with := fresh(t), fresh(t)
		for _, m := range []*Mirror{without, with} {
			if err := m.SetScope(t.Context(), []directory.GUID{someUnit(0), someUnit(2)}); err != nil {
				t.Fatal(err)
			}
			if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
		if len(indexes(t, without)) >= len(indexes(t, fresh(t))) {
			t.Fatal("the first pass has all indexes")
		}
		if err := with.index(t.Context()); err != nil {
			t.Fatal(err)
		}
		with.first = nil
		random := rand.New(rand.NewPCG(seed, 1))
		wild := seed%2 == 0 // else it is as calm as directories are, with few that share a name
		for n := range 12 {
			page := directory.Page{Entries: []directory.Entry{moved(random), moved(random), moved(random)}}
			if wild {
				page = somePage(random, true, 400, 1+seed%20)
			} else if n > 0 {
				page = somePage(random, false, 1<<15, 40)
			}
			for _, m := range []*Mirror{without, with} {
				if err := m.Apply(t.Context(), page); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		}
		if without.first.indexed {
			midway++
		}
		for _, m := range []*Mirror{without, with} {
			if err := m.Complete(t.Context(), directory.Pass{Cursor: directory.Cursor{Opaque: []byte("c")}}); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if err := m.JudgeMembers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(dump(t, with), dump(t, without)); diff != "" {
			t.Fatalf("seed %d: with the indexes (-) and without (+):\n%s", seed, diff)
		}
		if diff := cmp.Diff(indexes(t, with), indexes(t, without)); diff != "" {
			t.Fatalf("seed %d: indexes (-want +got):\n%s", seed, diff)
		}
	}
	if midway < 6 || midway > 18 {
		t.Errorf("the indexes were made midway in %d of 24 passes, want it in some and not in others", midway)
	}
}

// TestACutOffFirstPassHasItsIndexesAgain when the program starts the next time.
func TestACutOffFirstPassHasItsIndexesAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	m, err := Open(t.Context(), path, "agent", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	want := indexes(t, m)
	page := somePage(rand.New(rand.NewPCG(1, 2)), true, 400, 50)
	for range 2 {
		if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
			t.Fatal(err)
		}
		if err := m.Apply(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if m, err = Open(t.Context(), path, "agent", time.Now); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, indexes(t, m)); diff != "" {
			t.Errorf("indexes (-want +got):\n%s", diff)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAFirstPassThatFailedIsTriedAgainWithIndexes: the directory went away, and the same program begins anew. Everybody who came before
// is looked for then, which without the indexes goes through the whole table for each.
func TestAFirstPassThatFailedIsTriedAgainWithIndexes(t *testing.T) {
	m := fresh(t)
	want := indexes(t, m)
	page := somePage(rand.New(rand.NewPCG(1, 2)), false, 1<<15, 40)
	if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
		t.Fatal(err)
	}
	if err := m.Apply(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, indexes(t, m)); diff != "" {
		t.Errorf("indexes of the second try (-want +got):\n%s", diff)
	}
	if err := m.Apply(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if err := m.Complete(t.Context(), directory.Pass{Cursor: directory.Cursor{Opaque: []byte("c")}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, indexes(t, m)); diff != "" {
		t.Errorf("indexes afterwards (-want +got):\n%s", diff)
	}
}

// TestComparingNeedsIndexes: what the tenant has is compared before a first pass that failed is tried again.
func TestComparingNeedsIndexes(t *testing.T) {
	m := fresh(t)
	want := indexes(t, m)
	if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
		t.Fatal(err)
	}
	person := somebody(rand.New(rand.NewPCG(1, 2)), 1, 40)
	if err := m.Apply(t.Context(), directory.Page{Entries: []directory.Entry{person}}); err != nil {
		t.Fatal(err)
	}
	if err := m.Adopt(t.Context(), []Adopted{{GUID: person.GUID, Kind: person.Kind, Remote: "1"}}, true); err != nil {
		t.Fatal(err)
	}
	if drift, err := m.Compare(t.Context()); err != nil || drift != 1 {
		t.Errorf("%d differ, %v, want 1", drift, err)
	}
	if diff := cmp.Diff(want, indexes(t, m)); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
}

// TestWhoComesBackIsLookedForWithIndexes: without DirSync a pass ends with what changed since it began, each with the groups it is in, all
// of which are looked for.
func TestWhoComesBackIsLookedForWithIndexes(t *testing.T) {
	m := fresh(t)
	want := indexes(t, m)
	if err := m.Begin(t.Context(), directory.Cursor{}); err != nil {
		t.Fatal(err)
	}
	var page directory.Page
	for n := range 2 * looksUnindexed {
		page.Entries = append(page.Entries, directory.Entry{
			GUID: directory.GUID{0: 3, 15: byte(n)}, Kind: directory.KindUser, Name: fmt.Sprint("New ", n), Whole: true, Restored: true, Groups: []directory.GUID{{0: 4}, {0: 5}},
		})
	}
	if err := m.Apply(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, indexes(t, m)); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
}

func someUnit(n int) directory.GUID { return directory.GUID{0: 1, 15: byte(n)} }

func somePage(random *rand.Rand, units bool, people int, alike uint64) directory.Page {
	var page directory.Page
	for range 1 + random.IntN(20) {
		if units && random.IntN(12) == 0 {
			page.Entries = append(page.Entries, moved(random))
			continue
		}
		page.Entries = append(page.Entries, somebody(random, people, alike))
	}
	return page
}

// moved is one of six units, somewhere below the root or another.
func moved(random *rand.Rand) directory.Entry {
	n := random.IntN(6)
	e := directory.Entry{GUID: someUnit(n), Kind: directory.KindUnit, Name: fmt.Sprint("Unit ", n), Whole: true, Deleted: n > 0 && random.IntN(15) == 0}
	if n > 0 {
		e.Parent = someUnit(random.IntN(n))
	}
	return e
}

// somebody is a person, a group or a tombstone, out of so many people; there are alike × alike names.
func somebody(random *rand.Rand, people int, alike uint64) directory.Entry {
	n := random.IntN(people)
	e := directory.Entry{
		GUID: directory.GUID{0: 2, 14: byte(n >> 8), 15: byte(n)}, Parent: someUnit(random.IntN(6)), Kind: directory.KindUser, Name: fmt.Sprint("Person ", n), Whole: true,
		Deleted: random.IntN(20) == 0,
	}
	if n%9 == 0 {
		e.Kind, e.MembersWhole = directory.KindGroup, true
		for range random.IntN(5) {
			member := random.IntN(people)
			e.Members = append(e.Members, directory.GUID{0: 2, 14: byte(member >> 8), 15: byte(member)})
		}
		return e
	}
	for name, value := range map[string]string{
		directory.GivenName: "Ann", directory.Surname: "Berg", directory.UserAccountControl: "512", directory.AccountExpires: "0",
		directory.Mail: fmt.Sprint("m", random.Uint64N(alike*alike), "@acme.test"), directory.UserPrincipalName: fmt.Sprint("u", random.Uint64N(alike*alike), "@example.test"),
	} {
		if name == directory.Mail && random.IntN(10) == 0 {
			continue
		}
		e.Attributes = append(e.Attributes, directory.Attribute{Name: name, Value: value})
	}
	return e
}

// dump gives all that is kept, but for when it came about.
func dump(t *testing.T, m *Mirror) []string {
	t.Helper()
	kept := strings.Replace(columns, " since,", " since IS NULL,", 1)
	for _, part := range []string{"guid", "parent"} {
		kept = strings.Replace(kept, " "+part+",", " hex("+part+"),", 1)
	}
	rows := texts(t, m, "SELECT concat_ws('|', "+kept+") FROM entries ORDER BY seq")
	rows = append(rows, texts(t, m, "SELECT concat_ws('|', team, hex(member), present, pushed, doubt, dirty, todo) FROM members ORDER BY team, member")...)
	return append(rows, fmt.Sprint(m.facts.counts))
}
