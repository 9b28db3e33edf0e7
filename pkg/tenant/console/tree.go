package console

import (
	"slices"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// unitNode is a unit with those below it.
type unitNode struct {
	control.Unit
	Chosen bool
	Open   bool // something below is chosen, or it is near the top
	All    int  // people in it and below; -1: not known yet
	Below  []*unitNode
}

// maxDepth bounds the tree that is drawn; a directory that claims to be deeper is drawn flat below that.
const maxDepth = 40

// growTree makes a tree of the agent's list, and gives the chosen units that are not in it.
func growTree(units []control.Unit, chosen []directory.GUID) (roots []*unitNode, gone []directory.GUID) {
	nodes := map[directory.GUID]*unitNode{}
	depth := map[directory.GUID]int{}
	for _, u := range units {
		if nodes[u.GUID] != nil {
			continue
		}
		n := &unitNode{Unit: u, Chosen: slices.Contains(chosen, u.GUID)}
		nodes[u.GUID] = n
		// Parents come first, so a unit whose parent is not there yet is a root, and cycles cannot be.
		parent := nodes[u.Parent]
		if parent == nil || parent == n || depth[u.Parent] >= maxDepth {
			roots = append(roots, n)
			continue
		}
		depth[u.GUID] = depth[u.Parent] + 1
		parent.Below = append(parent.Below, n)
	}
	for _, r := range roots {
		r.settle(0)
	}
	for _, id := range chosen {
		if nodes[id] == nil {
			gone = append(gone, id)
		}
	}
	return roots, gone
}

// settle sorts, counts people and decides what is unfolded.
func (n *unitNode) settle(depth int) (holdsChosen bool) {
	slices.SortFunc(n.Below, func(a, b *unitNode) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	n.All = n.People
	for _, child := range n.Below {
		if child.settle(depth + 1) {
			holdsChosen = true
		}
		if n.All >= 0 && child.All >= 0 {
			n.All += child.All
		}
	}
	n.Open = holdsChosen || depth == 0
	return holdsChosen || n.Chosen
}
