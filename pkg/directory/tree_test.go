package directory

import (
	"fmt"
	"strings"
	"testing"
)

// grove is a domain with 300 departments of three teams each.
func grove() []Entry {
	units := []Entry{{GUID: GUID{1}, Name: "example.test"}}
	for d := range 300 {
		id := GUID{2, byte(d), byte(d >> 8)}
		units = append(units, Entry{GUID: id, Parent: GUID{1}, Name: fmt.Sprintf("Department %03d", d)})
		for n := range 3 {
			units = append(units, Entry{GUID: GUID{3, byte(d), byte(d >> 8), byte(n)}, Parent: id, Name: fmt.Sprintf("Team %03d-%d", d, n)})
		}
	}
	return units
}

func names(units []Entry) string {
	all := make([]string, len(units))
	for i, u := range units {
		all[i] = u.Name
	}
	return strings.Join(all, ", ")
}

func TestTreePicks(t *testing.T) {
	tree := NewTree(grove())
	department, team := GUID{2, 7}, GUID{3, 44, 1, 2} // 300 = 0x12c
	for name, row := range map[string]struct {
		w     Wanted
		count int
		more  bool
		holds string
	}{
		"what is near the top":            {Wanted{Limit: 1000}, 301, false, "Department 299"},
		"no more than the limit":          {Wanted{Limit: 250}, 250, true, "Department 248"},
		"below one":                       {Wanted{Under: department, Limit: 250}, 3, false, "Team 007-0, Team 007-1, Team 007-2"},
		"below one, further on":           {Wanted{Under: GUID{1}, Skip: 290, Limit: 250}, 10, false, "Department 299"},
		"below one, past the end":         {Wanted{Under: GUID{1}, Skip: 900, Limit: 250}, 0, false, ""},
		"below one that is not there":     {Wanted{Under: GUID{9}, Limit: 250}, 0, false, ""},
		"one that is opened":              {Wanted{Open: []GUID{department}, Limit: 1000}, 304, false, "Department 007, Team 007-0"},
		"what is chosen, before others":   {Wanted{Reach: []GUID{{3, 43, 1, 2}}, Limit: 10}, 10, true, "Team 299-2"},
		"what stands beside the chosen":   {Wanted{Reach: []GUID{{3, 43, 1, 2}}, Limit: 1000}, 304, false, "Team 299-0, Team 299-1, Team 299-2"},
		"a chosen one that is gone":       {Wanted{Reach: []GUID{team}, Limit: 1000}, 301, false, ""},
		"a search, in whatever case":      {Wanted{Search: "TEAM 299", Limit: 250}, 250, true, "Team 299-1"},
		"a search that finds very much":   {Wanted{Search: "team", Limit: 9}, 9, true, "Team 000-0"},
		"an opened one far down the list": {Wanted{Open: []GUID{{2, 43, 1}}, Limit: 250}, 250, true, "Team 299-0"},
	} {
		got, more := tree.Pick(row.w)
		if len(got) != row.count || more != row.more || !strings.Contains(names(got), row.holds) {
			t.Errorf("%s: got %d units, more %v, want %d, %v with %q: %.300s", name, len(got), more, row.count, row.more, row.holds, names(got))
		}
		seen := map[GUID]bool{{}: true, row.w.Under: true}
		for _, u := range got {
			if !seen[u.Parent] {
				t.Errorf("%s: %s comes without, or before, its parent", name, u.Name)
			}
			seen[u.GUID] = true
		}
	}
}

func TestTreeCountsBelow(t *testing.T) {
	tree := NewTree(grove())
	sums := tree.Sum(map[GUID]int{{3, 7, 0, 0}: 5, {3, 7, 0, 2}: 6, {2, 7}: 1, {3, 8}: 4})
	if sums[GUID{2, 7}] != 12 || sums[GUID{1}] != 16 || tree.Below(GUID{1}) != 300 || tree.Below(GUID{2, 7}) != 3 {
		t.Errorf("the department has %d, the domain %d", sums[GUID{2, 7}], sums[GUID{1}])
	}
}

func TestTreeOfWhatCannotBe(t *testing.T) {
	deep := []Entry{{GUID: GUID{1}, Parent: GUID{1}, Name: "its own parent"}, {GUID: GUID{1}, Name: "twice"}}
	for i := range 200 {
		deep = append(deep, Entry{GUID: GUID{2, byte(i + 1)}, Parent: GUID{2, byte(i)}, Name: "deep"})
	}
	got, _ := NewTree(deep).Pick(Wanted{Search: "deep", Limit: 1000})
	if len(got) != 201 {
		t.Errorf("got %d units, want all 201", len(got))
	}
}
