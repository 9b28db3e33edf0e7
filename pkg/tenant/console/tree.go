package console

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// unitsWait is how long the page waits for the agent's tree of units.
const unitsWait = 5 * time.Second

// maxUnitSearch bounds what units are searched for, in bytes.
const maxUnitSearch = 100

// unitNode is a unit with those below it that are shown.
type unitNode struct {
	control.Unit
	Chosen bool
	Open   bool // something below is chosen, found or was unfolded, or it is near the top
	Shown  []*unitNode
}

// Folded is how many units below are not shown yet.
func (n *unitNode) Folded() int { return max(0, n.Below-len(n.Shown)) }

// growTree makes a tree of the agent's list, and gives the chosen units that are not in it. What is below those that open
// holds is shown unfolded.
func growTree(units []control.Unit, chosen []directory.GUID, open func(control.Unit) bool) (roots []*unitNode, gone []directory.GUID) {
	nodes := map[directory.GUID]*unitNode{}
	for _, u := range units {
		if nodes[u.GUID] != nil {
			continue
		}
		n := &unitNode{Unit: u, Chosen: slices.Contains(chosen, u.GUID)}
		// Parents come first, so a unit whose parent is not there is a root, and cycles cannot be.
		parent := nodes[u.Parent]
		nodes[u.GUID] = n
		if parent == nil {
			roots = append(roots, n)
			continue
		}
		parent.Shown = append(parent.Shown, n)
	}
	for _, r := range roots {
		r.settle(0, open)
	}
	for _, id := range chosen {
		if nodes[id] == nil {
			gone = append(gone, id)
		}
	}
	return roots, gone
}

// settle sorts and decides what is unfolded.
func (n *unitNode) settle(depth int, open func(control.Unit) bool) (holds bool) {
	slices.SortFunc(n.Shown, func(a, b *unitNode) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	for _, child := range n.Shown {
		if child.settle(depth+1, open) {
			holds = true
		}
	}
	n.Open = holds || depth == 0 && len(n.Shown) > 0
	return holds || n.Chosen || open(n.Unit)
}

// asked is what of the tree somebody asked for: units that are unfolded, and what is searched for.
type asked struct {
	Open   []directory.GUID
	Search string
}

// readAsked takes it from an address or form. What is none is left out: it is only looked at.
func (v *view) readAsked() (a asked) {
	for _, text := range v.Form["unfold"] {
		if id, err := directory.ParseGUID(text); err == nil {
			a.Open = append(a.Open, id)
		}
	}
	a.Search = searched(v.Form.Get("find"), maxUnitSearch)
	return a
}

// shows reports whether a unit is one that was asked for: found, or below one that was unfolded.
func (a asked) shows(u control.Unit) bool {
	return a.Search != "" && strings.Contains(strings.ToLower(u.Name), strings.ToLower(a.Search)) || slices.Contains(a.Open, u.Parent)
}

// unfolds reports whether a form was sent to see more of the tree, and not to be taken.
func (v *view) unfolds() bool { return v.PostForm.Has("unfold") || v.PostFormValue("look") != "" }

// tree has the agent list units: those near the top, the chosen ones, and what was asked for. An agent that does not answer is
// said on the page.
func (c *Console) tree(v *view, shown *configureView) error {
	shown.Asked = v.readAsked()
	units, err := c.askUnits(v.Context(), shown.ID, control.UnitsArgs{Reach: shown.Settings.Scope, Open: shown.Asked.Open, Search: shown.Asked.Search})
	if err != nil {
		if v.Context().Err() != nil {
			return err
		}
		shown.NoTree, shown.Gone = problem.Of(err), shown.Settings.Scope
		return nil
	}
	shown.Tree, shown.Gone = growTree(units.Units, shown.Settings.Scope, shown.Asked.shows)
	shown.Truncated = units.Truncated
	if units.Truncated { // a chosen unit that is not shown may be there
		shown.Kept, shown.Gone = shown.Gone, nil
	}
	return nil
}

func (c *Console) askUnits(ctx context.Context, id tenant.ID, args control.UnitsArgs) (control.UnitList, error) {
	wait, cancel := context.WithTimeout(ctx, unitsWait)
	defer cancel()
	return c.Agents.Units(wait, id, args)
}

// unitsView is a part of the tree.
type unitsView struct {
	configureView
	List control.UnitList
}

// unitsPart is the part of the tree that the page's script asks for: what is below a unit, or what a search finds.
func (c *Console) unitsPart(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	if err := v.readForm(); err != nil {
		return err
	}
	want := v.readAsked()
	args := control.UnitsArgs{Search: want.Search}
	if len(want.Open) > 0 && want.Search == "" {
		args.Under = want.Open[0]
		args.Skip, _ = strconv.Atoi(v.Form.Get("skip")) // none: from the beginning
	}
	shown := unitsView{configureView: configureView{Agent: a}}
	units, err := c.askUnits(v.Context(), a.ID, args)
	if err != nil {
		return err
	}
	shown.List = units
	shown.Tree, _ = growTree(units.Units, nil, want.shows)
	shown.Truncated = units.Truncated
	return v.show("units", page{Title: "Organizational units", Section: "directory-sync", Live: true, Content: shown})
}
