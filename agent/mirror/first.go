package mirror

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"passlysync/pkg/directory"
)

// firstPass is the very first one, in which nearly every entry is new. The indexes whose keys come in no order would have a page
// of theirs written for each entry, and for each of them: most of what is written, and more the larger the directory is. So they are
// dropped before it, and made in one go when it completes, or once too much was looked up without them. What was met so far
// is remembered in a filter, so that hardly anything need be looked up.
type firstPass struct {
	met     *filter // nil: all was met
	indexed bool    // the indexes are there again
	looked  int     // how often something was looked up without them
}

// looksUnindexed is how often rows are looked for without an index before the indexes are made: a look through a million takes some
// tenths of a second.
const looksUnindexed = 20

// loose are the indexes whose keys come in no order.
var loose = [...]struct{ name, sort, on string }{
	{"entries_guid", "UNIQUE INDEX", "entries (guid)"},
	{"entries_parent", "INDEX", "entries (parent)"},
	{"entries_mail", "INDEX", "entries (mail_key) WHERE claims = 1"},
	{"entries_logon", "INDEX", "entries (logon_key) WHERE claims = 1"},
	{"members_member", "INDEX", "members (member)"},
}

// errUnindexed means that a transaction needs the indexes. Mirror.update makes them, and begins it again.
var errUnindexed = errors.New("the mirror's indexes are needed")

// beginFirst drops the indexes where no pass ever completed and nothing is kept yet. A first pass that failed is tried again with
// them: everybody who came before is looked for.
func (w *writer) beginFirst() error {
	_, any, err := w.row("true LIMIT 1")
	if err != nil {
		return err
	}
	if any || !w.m.facts.virgin() {
		err := w.needIndexes()
		if err == nil {
			w.m.first = nil
		}
		return err
	}
	for _, index := range loose {
		if _, err := w.exec("DROP INDEX IF EXISTS " + index.name); err != nil {
			return err
		}
	}
	w.m.first = &firstPass{met: &filter{}}
	return nil
}

// filter is what was met; nil: all that is asked for may have been.
func (f *firstPass) filter() *filter {
	if f == nil {
		return nil
	}
	return f.met
}

// unmet reports whether an entry is surely not in the table.
func (w *writer) unmet(guid directory.GUID) bool {
	met := w.m.first.filter()
	return met != nil && !met.may(guidKey(guid))
}

// unclaimed reports whether surely nobody claims the names of a row.
func (w *writer) unclaimed(r *row) bool {
	met := w.m.first.filter()
	return met != nil && !met.may(r.mailKey) && !met.may(r.logonKey)
}

// meet remembers a row that is written. Its names may be others than before.
func (w *writer) meet(r *row, insert bool) {
	met := w.m.first.filter()
	if met == nil {
		return
	}
	if insert {
		met.add(guidKey(r.guid))
	}
	if r.claims {
		met.add(r.mailKey)
		met.add(r.logonKey)
	}
}

// lookUp is called before rows are looked for by one of the loose indexes.
func (w *writer) lookUp() error {
	err := w.needIndexes()
	if err == nil {
		return nil
	}
	if w.m.first.looked++; w.m.first.looked > looksUnindexed {
		return err
	}
	return nil
}

// needIndexes is lookUp where it would be often.
func (w *writer) needIndexes() error {
	if w.m.first == nil || w.m.first.indexed {
		return nil
	}
	return errUnindexed
}

// endFirst has the indexes made when all was reported. The filter is not needed any more, and its memory goes back before others is
// needed for sorting.
func (w *writer) endFirst() error {
	err := w.needIndexes()
	if err != nil {
		w.m.first.met = nil
		debug.FreeOSMemory()
	}
	return err
}

// doubled tells rows that are there twice, which nothing here makes and nothing here could work with, from what else may go wrong.
func doubled(err error) error {
	var failed *sqlite.Error
	if errors.As(err, &failed) && failed.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	return err
}

// index makes the loose indexes that are lacking. It sorts beside the file, in pieces: a million keys are never in memory.
func (m *Mirror) index(ctx context.Context) error {
	db, err := connect(m.path, 1, 1000, "FILE")
	if err != nil {
		return err
	}
	defer db.Close()
	for _, index := range loose {
		if _, err := db.ExecContext(ctx, "CREATE "+index.sort+" IF NOT EXISTS "+index.name+" ON "+index.on); err != nil {
			return fmt.Errorf("indexing the mirror: %w", explain(doubled(err)))
		}
	}
	if m.first != nil {
		m.first.indexed = true
	}
	return nil
}
