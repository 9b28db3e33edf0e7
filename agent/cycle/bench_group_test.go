package cycle_test

import (
	"fmt"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
)

// BenchmarkOneMember changes one member of a group of 50,000, which without DirSync comes whole, in ranges as Windows gives it.
func BenchmarkOneMember(b *testing.B) {
	const people = 50_000
	for name, code := range map[string]int{"DirSync": 0, "uSNChanged": 53} {
		b.Run(name, func(b *testing.B) {
			s := newEmptyWith(b, people, adtest.Options{RefusesDirSync: code, RangeLimit: 1500, PageLimit: 1000})
			group, members := s.groupOfAll(b)
			s.fill(b, people)
			var each []time.Duration
			for i := 0; b.Loop(); i++ {
				if err := s.turn(b, group, members[0], i%2 == 1); err != nil {
					b.Fatal(err)
				}
				started := time.Now()
				result := s.cycle.Run(b.Context(), s.reader, s.settings)
				each = append(each, time.Since(started))
				if err := result.Err(); err != nil || result.Run.Read != 1 || result.Run.Sent != 1 {
					b.Fatalf("one member changed: %+v %v", result.Run, err)
				}
			}
			reportMedian(b, each)
		})
	}
}

// groupOfAll makes a group of everybody in scope.
func (s *still) groupOfAll(b testing.TB) (group directory.GUID, members []directory.GUID) {
	b.Helper()
	for _, e := range s.server.Snapshot() {
		if e.Kind == directory.KindUser {
			members = append(members, e.GUID)
		}
	}
	group, err := s.server.AddGroup(b.Context(), s.settings.Scope[0], "Everybody", members...)
	if err != nil {
		b.Fatal(fmt.Errorf("making a big group: %w", err))
	}
	return group, members
}

func (s *still) turn(b testing.TB, group, member directory.GUID, join bool) error {
	if join {
		return s.server.AddMember(b.Context(), group, member)
	}
	return s.server.RemoveMember(b.Context(), group, member)
}
