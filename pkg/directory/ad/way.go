package ad

import (
	"context"
	"time"

	"passlysync/pkg/directory"
)

// read makes a pass in the way that the directory allows: by DirSync as who may replicate, by DirSync with object security, or
// by uSNChanged where it refuses both. What a way is closed or opened by is found out here:
//
//   - A full pass looks first whether a better way is open by now: it is paid for anyway.
//   - Where DirSync is refused in the middle, a full pass begins anew by what is left, and a delta's cursor is refused.
//   - Any other change of way shows in the shape of the cursor, and so ends in a full pass as well.
func (s *session) read(ctx context.Context, c directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	if c.IsZero() && !s.domain.Replicates {
		if err := s.learnRights(ctx); err != nil {
			return directory.Pass{}, err
		}
	}
	result, err := s.readAsAllowed(ctx, c, yield)
	if s.domain.ByUSN || !refusesDirSync(err) {
		return result, err
	}
	before := s.shape()
	s.learned = time.Time{} // what was known of the way is not so
	if s.learnRights(ctx) != nil || s.shape() == before {
		return directory.Pass{}, err
	}
	if !c.IsZero() {
		return directory.Pass{}, refused("the directory no longer allows DirSync as it did")
	}
	return s.readAsAllowed(ctx, c, yield)
}

func (s *session) readAsAllowed(ctx context.Context, c directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	if s.domain.ByUSN {
		return s.readByUSN(ctx, c, yield)
	}
	return s.readDirSync(ctx, c, yield)
}
