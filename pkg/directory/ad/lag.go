package ad

import (
	"context"
	"encoding/binary"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// A USN counts at one domain controller, so another one has to be read whole, and what it has not received yet would be undone by
// that: a hire disabled, a leaver enabled again. Each controller keeps up to which number it has applied the changes of each other
// one (replUpToDateVector, MS-DRSR 5.166): that tells whether it knows what was read before.

// otherController refuses a cursor of another controller once this one knows all that was read there. Until then it is not to be
// read, unless that was so long ago that waiting for the other one's last words keeps more from the tenant than they are worth.
func (s *session) otherController(ctx context.Context, other directory.GUID, before usnCookie) error {
	if before.within(s.settings.Lag, time.Now()) {
		applied, err := s.applied(ctx, other)
		if err != nil {
			return err
		}
		if applied < before.seen {
			return lagsBehind()
		}
	}
	return refused("it is a USN of another domain controller")
}

// within reports whether a pass ended not longer ago than d. One that ended long from now was made before the clock was set back:
// how long ago it was cannot be told, and nobody would wait that long.
func (c usnCookie) within(d time.Duration, now time.Time) bool {
	return now.Sub(time.Unix(c.at, 0)).Abs() < d
}

// applied is up to which number this controller has the changes of another one; 0: none, or it does not say.
func (s *session) applied(ctx context.Context, other directory.GUID) (int64, error) {
	head, err := s.one(ctx, s.domain.BaseDN, attrUpToDate)
	if err != nil {
		return 0, err
	}
	return appliedOf(head[attrUpToDate], other), nil
}

// appliedOf looks up one controller in a vector as it is stored (MS-DRSR, UPTODATE_VECTOR_V1_EXT and UPTODATE_VECTOR_V2_EXT):
// version, reserved, count and reserved, 4 bytes each, then for each controller its invocationId and USN, and in version 2 a time.
func appliedOf(vector string, other directory.GUID) int64 {
	const head, id = 16, 16
	if len(vector) < head {
		return 0
	}
	size := 24
	if version := binary.LittleEndian.Uint32([]byte(vector)); version == 2 {
		size = 32
	} else if version != 1 {
		return 0
	}
	for rows := vector[head:]; len(rows) >= size; rows = rows[size:] {
		if rows[:id] == string(other[:]) {
			return int64(binary.LittleEndian.Uint64([]byte(rows[id:])))
		}
	}
	return 0
}

func lagsBehind() error {
	return &problem.Problem{
		Code: directory.Busy, Op: "reading another domain controller without DirSync",
		Title: "This domain controller may not have received yet what was read at another one",
		Text:  "Without DirSync it has to be read whole, and hires or leavers that it does not know of would be undone. So it is not read yet.",
		Hint:  "It is tried again by itself. If it stays, check replication between the domain controllers (repadmin /showrepl).",
	}
}
