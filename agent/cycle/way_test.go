package cycle_test

import (
	"errors"
	"fmt"

	"passlysync/pkg/directory"
)

// way is how the directory lets itself be read. The zero value, but for closesAfter, is DirSync with all rights.
type way struct {
	byUSN       bool // DirSync is refused: what was touched comes whole
	blind       bool // tombstones are not shown
	closesAfter int  // entries until DirSync is refused; -1: never
}

var errClosed = fmt.Errorf("DirSync is refused from now on: %w", directory.ErrCursorRefused)

// closes has DirSync refused when it is time for that.
func (w *way) closes() error {
	if w.closesAfter--; w.closesAfter != -1 || w.byUSN {
		return nil
	}
	w.byUSN = true
	return errClosed
}

// cursor says, with the place, in which way it was come to: another one may have left something out.
func (w *world) cursor() directory.Cursor {
	return directory.Cursor{Opaque: fmt.Appendf(nil, "%v %v %d", w.byUSN, w.blind, w.usn), Domain: w.root(), Server: "dc1"}
}

func (w *world) since(c directory.Cursor) (usn int64, err error) {
	if c.IsZero() {
		return 0, nil
	}
	var then way
	if _, err := fmt.Sscanf(string(c.Opaque), "%t %t %d", &then.byUSN, &then.blind, &usn); err != nil {
		return 0, errors.Join(directory.ErrCursorRefused, err)
	}
	if then.byUSN != w.byUSN || then.blind != w.blind {
		return 0, fmt.Errorf("another way of reading: %w", directory.ErrCursorRefused)
	}
	return usn, nil
}

// shows reports whether t comes in a pass. A search for everything shows no tombstones, DirSync does.
func (w *world) shows(t *thing, since int64) bool {
	return !t.deleted.value || !w.blind && (since > 0 || !w.byUSN)
}

// inWay tells of t: what changed, or without DirSync all of it, with the groups that it is in.
func (w *world) inWay(t *thing, since int64) directory.Entry {
	if !w.byUSN || since == 0 || t.deleted.value {
		return w.report(t, since)
	}
	e := w.report(t, 0)
	e.Restored, e.Groups = true, w.groupsOf(t.guid)
	return e
}
