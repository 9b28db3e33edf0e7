package mirror

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"passlysync/agent/plan"
	"passlysync/pkg/directory"
)

// tree holds the units in memory. They are few (thousands where there are a million people), and every decision asks for
// them.
type tree struct {
	units  map[directory.GUID]unit
	chosen map[directory.GUID]bool
}

type unit struct {
	seq     int64          // its row
	parent  directory.GUID // zero: the root
	name    string
	placed  bool // the parent was said
	deleted bool
}

// deepest bounds the walk to the root; Active Directory's own trees end far above it. It also ends a cycle, which a
// lying server could report.
const deepest = 256

func loadTree(ctx context.Context, db *sql.DB) (*tree, error) {
	t := &tree{units: map[directory.GUID]unit{}, chosen: map[directory.GUID]bool{}}
	rows, err := db.QueryContext(ctx, "SELECT seq, guid, parent, name, deleted FROM entries WHERE kind = ?", directory.KindUnit)
	if err != nil {
		return nil, fmt.Errorf("reading the mirror's units: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var guid, parent []byte
		var u unit
		if err := rows.Scan(&u.seq, &guid, &parent, &u.name, &u.deleted); err != nil {
			return nil, fmt.Errorf("reading the mirror's units: %w", err)
		}
		u.placed = parent != nil
		copy(u.parent[:], parent)
		t.units[directory.GUID(guid)] = u
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the mirror's units: %w", err)
	}
	return t, t.loadChosen(ctx, db)
}

func (t *tree) loadChosen(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT unit FROM scope")
	if err != nil {
		return fmt.Errorf("reading the mirror's scope: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var guid []byte
		if err := rows.Scan(&guid); err != nil {
			return fmt.Errorf("reading the mirror's scope: %w", err)
		}
		t.chosen[directory.GUID(guid)] = true
	}
	return rows.Err()
}

// place says whether what stands directly in the given unit is in scope. An entry that is no unit (a computer with objects
// below it) is never chosen and is Outside once the pass completes, so Unknown does no harm there.
func (t *tree) place(parent directory.GUID) plan.Place {
	for range deepest {
		u, known := t.units[parent]
		switch {
		case !known || !u.placed:
			return plan.Unknown
		case u.deleted:
			return plan.Outside
		case t.chosen[parent]:
			return plan.Inside
		case u.parent.IsZero():
			return plan.Outside
		}
		parent = u.parent
	}
	return plan.Outside
}

// path spells the units above and including the given one, from the top, without the domain itself.
func (t *tree) path(at directory.GUID) string {
	var names []string
	for range deepest {
		u, known := t.units[at]
		if !known || u.parent.IsZero() {
			break
		}
		names = append(names, u.name)
		at = u.parent
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	if len(names) == 0 {
		return "the domain's root"
	}
	return strings.Join(names, " / ")
}

// places gives the place of every unit, to be compared before and after a change of the tree.
func (t *tree) places() map[directory.GUID]plan.Place {
	all := make(map[directory.GUID]plan.Place, len(t.units))
	for guid := range t.units {
		all[guid] = t.place(guid)
	}
	return all
}
