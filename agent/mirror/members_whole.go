package mirror

import (
	"bytes"
	"fmt"
	"slices"

	"passlysync/pkg/directory"
)

// setMembers takes all members of a group in a delta, where one of a great many may have changed: only those are marked who
// were not there before, or are there no more. A full pass has all of them judged anew instead.
func (w *writer) setMembers(r *row, members []directory.GUID) error {
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b directory.GUID) int { return bytes.Compare(a[:], b[:]) })
	joined, gone, err := w.difference(r.seq, slices.Compact(members))
	if err != nil {
		return err
	}
	return w.changeMembers(r, joined, gone)
}

// difference compares sorted members with those that a group had, both in the same order.
func (w *writer) difference(team int64, members []directory.GUID) (joined, gone []directory.GUID, err error) {
	s, err := w.stmt("SELECT member FROM members WHERE team = ? AND present = 1 ORDER BY member")
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.QueryContext(w.ctx, team)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a group's members: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var before []byte
		if err := rows.Scan(&before); err != nil {
			return nil, nil, fmt.Errorf("reading a group's members: %w", err)
		}
		for len(members) > 0 && bytes.Compare(members[0][:], before) < 0 {
			joined, members = append(joined, members[0]), members[1:]
		}
		if len(members) > 0 && bytes.Equal(members[0][:], before) {
			members = members[1:]
			continue
		}
		gone = append(gone, directory.GUID(before))
	}
	return append(joined, members...), gone, rows.Err()
}
