package agent

import (
	"context"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// unitsFresh is for how long the tree is not read anew while somebody unfolds it.
const unitsFresh = 15 * time.Second

// foliage keeps the tree of units while it is looked at. The zero foliage is ready.
type foliage struct {
	mu   sync.Mutex
	tree *directory.Tree
	read time.Time
}

// listUnits gives a part of the tree. The tree is read from the directory, as it is now, over a connection of its own; how many
// people there are is what the mirror knows.
func (s *session) listUnits(ctx context.Context, args control.UnitsArgs) (control.UnitList, error) {
	tree, err := s.unitTree(ctx)
	if err != nil {
		return control.UnitList{}, err
	}
	people, err := s.mirror.PeopleIn(ctx)
	if err != nil {
		return control.UnitList{}, err
	}
	return control.PickUnits(tree, people, args), nil
}

func (s *session) unitTree(ctx context.Context) (*directory.Tree, error) {
	s.foliage.mu.Lock()
	defer s.foliage.mu.Unlock()
	if since := s.o.Now().Sub(s.foliage.read); s.foliage.tree != nil && since >= 0 && since < unitsFresh {
		return s.foliage.tree, nil
	}
	reader, err := s.openDirectory(ctx)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	units, err := reader.Units(ctx)
	if err != nil {
		return nil, err
	}
	s.foliage.tree, s.foliage.read = directory.NewTree(units), s.o.Now()
	return s.foliage.tree, nil
}
