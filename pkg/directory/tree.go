package directory

import (
	"slices"
	"strings"
)

// Tree is the units of a directory as a tree.
type Tree struct {
	units []Entry
	at    map[GUID]int
	up    []int   // index of the parent; -1: a root
	below [][]int // by name
}

// maxDepth bounds how deep a tree is; what claims to be deeper stands at its own root.
const maxDepth = 64

// NewTree makes a tree of units, parents before children. One whose parent is not known is a root.
func NewTree(units []Entry) *Tree {
	t := &Tree{at: make(map[GUID]int, len(units))}
	var depth []int
	for _, u := range units {
		if _, twice := t.at[u.GUID]; twice {
			continue
		}
		i, up, deep := len(t.units), -1, 0
		if p, ok := t.at[u.Parent]; ok && depth[p] < maxDepth {
			up, deep = p, depth[p]+1
			t.below[p] = append(t.below[p], i)
		}
		t.at[u.GUID] = i
		t.units, t.up, t.below, depth = append(t.units, u), append(t.up, up), append(t.below, nil), append(depth, deep)
	}
	for _, below := range t.below {
		slices.SortFunc(below, func(a, b int) int { return strings.Compare(fold(t.units[a]), fold(t.units[b])) })
	}
	return t
}

func fold(e Entry) string { return strings.ToLower(e.Name) }

// Below is how many units stand directly below one.
func (t *Tree) Below(unit GUID) int {
	if i, ok := t.at[unit]; ok {
		return len(t.below[i])
	}
	return 0
}

// Sum adds up what is counted for each unit with all below it.
func (t *Tree) Sum(counts map[GUID]int) map[GUID]int {
	sums := make(map[GUID]int, len(t.units))
	for i := len(t.units) - 1; i >= 0; i-- { // children come before their parents
		id := t.units[i].GUID
		sums[id] += counts[id]
		if t.up[i] >= 0 {
			sums[t.units[t.up[i]].GUID] += sums[id]
		}
	}
	return sums
}

// Wanted is a part of a tree.
type Wanted struct {
	Under  GUID   // the units directly below this one, by name, and nothing else
	Skip   int    // leaves out so many of those below Under
	Reach  []GUID // these, with what leads to them and what stands beside that
	Open   []GUID // what stands directly below these
	Search string // those with this in their name, with what leads to them
	Limit  int    // of units
}

// Pick gives a part of the tree, parents before children, and whether there is more of it than the limit. Without Under the
// roots and what is directly below them are always part of it, as far as the limit goes: what is asked for comes first.
func (t *Tree) Pick(w Wanted) (picked []Entry, more bool) {
	p := picker{Tree: t, limit: w.Limit, in: map[int]bool{}}
	if !w.Under.IsZero() {
		if i, ok := t.at[w.Under]; ok {
			below := t.below[i]
			p.some(below[min(max(w.Skip, 0), len(below)):])
		}
		return p.entries()
	}
	for _, id := range w.Reach {
		if i, ok := t.at[id]; ok {
			p.chain(i)
		}
	}
	if w.Search != "" {
		word := strings.ToLower(w.Search)
		for i, u := range t.units {
			if strings.Contains(fold(u), word) {
				p.chain(i)
			}
		}
	}
	var roots []int
	for i, up := range t.up {
		if up < 0 && p.add(i) {
			roots = append(roots, i)
		}
	}
	for _, id := range w.Open {
		if i, ok := t.at[id]; ok && p.chain(i) {
			p.children(i)
		}
	}
	for _, i := range roots {
		p.children(i)
	}
	for _, id := range w.Reach {
		if i, ok := t.at[id]; ok {
			for up := t.up[i]; up >= 0; up = t.up[up] {
				p.children(up)
			}
		}
	}
	return p.entries()
}

// picker gathers units up to a limit.
type picker struct {
	*Tree
	limit int
	in    map[int]bool
	more  bool
}

func (p *picker) add(i int) bool {
	if p.in[i] {
		return true
	}
	if len(p.in) >= p.limit {
		p.more = true
		return false
	}
	p.in[i] = true
	return true
}

// chain adds a unit with what leads to it, all or nothing.
func (p *picker) chain(i int) bool {
	missing := []int{}
	for at := i; at >= 0; at = p.up[at] {
		if !p.in[at] {
			missing = append(missing, at)
		}
	}
	if len(p.in)+len(missing) > p.limit {
		p.more = true
		return false
	}
	for _, at := range missing {
		p.in[at] = true
	}
	return true
}

func (p *picker) children(i int) { p.some(p.below[i]) }

func (p *picker) some(units []int) {
	for _, child := range units {
		if !p.add(child) {
			return
		}
	}
}

func (p *picker) entries() ([]Entry, bool) {
	all := make([]Entry, 0, len(p.in))
	for i, u := range p.units {
		if p.in[i] {
			all = append(all, u)
		}
	}
	return all, p.more
}
