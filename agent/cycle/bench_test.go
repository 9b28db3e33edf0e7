package cycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/explain"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/agent/preview"
	"passlysync/agent/push"
	"passlysync/pkg/control"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
)

// sizes of the directories in which nothing changes.
var sizes = []int{1_000, 50_000}

// BenchmarkUnchanged runs cycles in which nothing changed: LDAP over TLS to a directory in this process, a mirror on disk.
// The median is what the budget is about; a mean would measure the checkpoints of the machine's disk too.
func BenchmarkUnchanged(b *testing.B) {
	for _, people := range sizes {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			s := newStill(b, people)
			b.ReportAllocs()
			var each []time.Duration
			for b.Loop() {
				started := time.Now()
				result := s.cycle.Run(b.Context(), s.reader, s.settings)
				each = append(each, time.Since(started))
				if err := result.Err(); err != nil || result.Run.Read+result.Run.Sent > 0 {
					b.Fatalf("a cycle without a change: %+v %v", result.Run, err)
				}
			}
			reportMedian(b, each)
		})
	}
}

// BenchmarkFigures works out what the agent tells after each cycle.
func BenchmarkFigures(b *testing.B) {
	for _, people := range sizes {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			s := newStill(b, people)
			b.ReportAllocs()
			var each []time.Duration
			for b.Loop() {
				started := time.Now()
				if err := s.figures(b.Context()); err != nil {
					b.Fatal(err)
				}
				each = append(each, time.Since(started))
			}
			reportMedian(b, each)
		})
	}
}

func reportMedian(b *testing.B, each []time.Duration) {
	slices.Sort(each)
	b.ReportMetric(float64(each[len(each)/2]), "median-ns")
}

// still is a directory that was synced and in which nothing happens.
type still struct {
	server   *adtest.Server
	reader   *ad.Reader
	mirror   *mirror.Mirror
	cycle    *cycle.Cycle
	settings control.Configuration
}

func newStill(b testing.TB, people int) *still {
	b.Helper()
	s := newEmpty(b, people)
	s.fill(b, people)
	return s
}

// newEmpty is the directory before its first sync.
func newEmpty(b testing.TB, people int) *still {
	b.Helper()
	return newEmptyWith(b, people, adtest.Options{})
}

func newEmptyWith(b testing.TB, people int, o adtest.Options) *still {
	b.Helper()
	server, err := adtest.New(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	seeded, err := server.Seed(people, 1)
	if err != nil {
		b.Fatal(err)
	}
	s := &still{server: server, settings: control.Configuration{
		Version: 1, Status: control.StatusEnabled, Incomplete: control.IncompleteHalt, Guard: control.DefaultGuard, Scope: seeded.Units,
	}}
	s.reader, err = ad.Open(b.Context(), ad.Settings{
		URL: server.URL(), CA: server.CA(), Account: server.Account(), Password: server.Password(),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.reader.Close() })
	if s.mirror, err = mirror.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), "a", time.Now); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.mirror.Close() })
	if err := s.mirror.SetScope(b.Context(), seeded.Units); err != nil {
		b.Fatal(err)
	}
	s.cycle = &cycle.Cycle{Mirror: s.mirror, Target: accepting{}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	return s
}

// fill syncs everything, and checks that it did.
func (s *still) fill(b testing.TB, people int) {
	b.Helper()
	result := s.cycle.Run(b.Context(), s.reader, s.settings)
	if err := result.Err(); err != nil || result.Run.UsersAdded < people*9/10 || result.Run.Rejected > 0 {
		b.Fatalf("the first sync: %+v %v", result.Run, err)
	}
	runtime.GC()
}

// figures asks the mirror what the agent's loop asks it after each cycle.
func (s *still) figures(ctx context.Context) error {
	if _, err := s.mirror.Counts(ctx); err != nil {
		return err
	}
	for _, flag := range []plan.Flag{plan.Incomplete, plan.Conflicting, plan.Refused} {
		if _, _, err := s.mirror.Flagged(ctx, flag); err != nil {
			return err
		}
	}
	if _, err := s.mirror.Frontier(ctx); err != nil {
		return err
	}
	s.mirror.NextDue(ctx)
	_, _, err := s.mirror.Oldest(ctx)
	return err
}

// accepting is an empty tenant that takes everything and costs nothing.
type accepting struct{}

func (accepting) Send(_ context.Context, items []mirror.Item) ([]mirror.Outcome, error) {
	outcomes := make([]mirror.Outcome, len(items))
	for i, item := range items {
		outcomes[i] = mirror.Outcome{Item: item, Remote: strconv.FormatInt(item.Seq, 10)}
	}
	return outcomes, nil
}

func (accepting) SendMembers(_ context.Context, _ plan.Todo, changes []mirror.Membership) (push.Answer, error) {
	return push.Answer{Done: changes}, nil
}

func (accepting) Existing(context.Context, func([]mirror.Adopted) error) error { return nil }

func (accepting) MembersOf(context.Context, string) ([]string, error) { return nil, nil }

func (accepting) Look(_ context.Context, items []mirror.Item) ([]mirror.Found, error) {
	found := make([]mirror.Found, len(items))
	for i, item := range items {
		found[i].Seq = item.Seq
	}
	return found, nil
}

// BenchmarkExplain finds people by each kind of name and says why they are where they are.
func BenchmarkExplain(b *testing.B) {
	s := newStill(b, 50_000)
	somebody, _, err := s.mirror.Find(b.Context(), mirror.Question{Text: "Berlin"}, 1)
	if err != nil || len(somebody) == 0 {
		b.Fatalf("nobody to ask for: %v", err)
	}
	for name, ask := range map[string]string{
		"guid": somebody[0].GUID.String(), "name": somebody[0].Name, "part": "erlin", "nobody": "Nobody Of This Name",
		"dn": "CN=" + somebody[0].Name + ",OU=Sales,DC=example,DC=test",
	} {
		b.Run(name, func(b *testing.B) {
			question, err := explain.Ask(ask, "")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := explain.Explain(b.Context(), s.mirror, question, explain.View{Now: time.Now()}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPreview copies the mirror of a directory in which nothing happened, and tries a cycle on it.
func BenchmarkPreview(b *testing.B) {
	s := newStill(b, 50_000)
	path := filepath.Join(b.TempDir(), "preview.db")
	for b.Loop() {
		draft, err := s.mirror.Draft(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		snapshot, err := preview.Of(b.Context(), draft, s.reader, s.cycle.Target, s.settings, time.Now, func(int) {})
		if err != nil {
			b.Fatal(err)
		}
		if err := snapshot.Discard(); err != nil {
			b.Fatal(err)
		}
	}
}
