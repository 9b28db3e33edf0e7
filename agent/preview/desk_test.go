package preview

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// slow is a Make that works until it is let go or cancelled.
type slow struct {
	let   chan error
	began int
	ended error
}

func (s *slow) make(ctx context.Context, _ control.PreviewArgs, read func(int)) (*Snapshot, error) {
	s.began++
	read(7)
	select {
	case err := <-s.let:
		return nil, err
	case <-ctx.Done():
		s.ended = ctx.Err()
		return nil, ctx.Err()
	}
}

func TestDeskMakesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan error)}
		d := New(t.Context(), s.make)
		defer d.Close()
		first, err := d.Ask(t.Context(), control.PreviewArgs{Units: []string{"a"}})
		if err != nil || !first.Reading || first.Read != 7 || first.ID == "" {
			t.Fatalf("a preview that takes long: got %+v, %v", first, err)
		}
		if _, err := d.Ask(t.Context(), control.PreviewArgs{Units: []string{"b"}}); !problem.Is(err, problem.Conflict) {
			t.Errorf("another meanwhile: got %v", err)
		}
		same, err := d.Ask(t.Context(), control.PreviewArgs{Units: []string{"a"}})
		if err != nil || same.ID != first.ID || s.began != 1 {
			t.Errorf("the same again: got %+v, %v, %d begun; want the one under way", same, err, s.began)
		}
		failure := errors.New("the directory went away")
		go func() { s.let <- failure }()
		if _, err := d.Ask(t.Context(), control.PreviewArgs{ID: first.ID}); !errors.Is(err, failure) {
			t.Errorf("a preview that failed: got %v", err)
		}
		if _, err := d.Ask(t.Context(), control.PreviewArgs{ID: first.ID}); !problem.Is(err, problem.NotFound) {
			t.Errorf("after it was said: got %v", err)
		}
	})
}

func TestDeskEndsWhatNobodyAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan error)}
		d := New(t.Context(), s.make)
		first, err := d.Ask(t.Context(), control.PreviewArgs{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(patience - time.Second)
		if _, err := d.Ask(t.Context(), control.PreviewArgs{ID: first.ID}); err != nil {
			t.Fatalf("asked for within a minute: %v", err)
		}
		time.Sleep(patience + time.Second)
		synctest.Wait()
		if s.ended == nil {
			t.Error("a preview that nobody asks for goes on")
		}
		if _, err := d.Ask(t.Context(), control.PreviewArgs{ID: first.ID}); !problem.Is(err, problem.NotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDeskStopsWithTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan error)}
		d := New(t.Context(), s.make)
		if _, err := d.Ask(t.Context(), control.PreviewArgs{}); err != nil {
			t.Fatal(err)
		}
		d.Close()
		synctest.Wait()
		if s.ended == nil {
			t.Error("the work goes on after Close")
		}
	})
}

// empty is a directory with nobody in it, and a tenant that has nothing.
type empty struct {
	directory.Reader
	cycle.Target
}

func (empty) Units(context.Context) ([]directory.Entry, error) { return nil, nil }

func (empty) Read(context.Context, directory.Cursor, func(directory.Page) error) (directory.Pass, error) {
	return directory.Pass{Cursor: directory.Cursor{Opaque: []byte("1")}, Full: true}, nil
}

func (empty) Existing(context.Context, func([]mirror.Adopted) error) error { return nil }

func TestDeskKeepsAFinishedPreviewForItsPagesAndRemovesItThen(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		m, err := mirror.Open(t.Context(), filepath.Join(dir, "mirror.db"), "a", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		file := filepath.Join(dir, "preview.db")
		d := New(t.Context(), func(ctx context.Context, _ control.PreviewArgs, read func(int)) (*Snapshot, error) {
			draft, err := m.Draft(ctx, file)
			if err != nil {
				return nil, err
			}
			return Of(ctx, draft, empty{}, empty{}, control.Configuration{}, time.Now, read)
		})
		defer d.Close()
		p, err := d.Ask(t.Context(), control.PreviewArgs{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(keep - time.Second)
			if _, err := d.Ask(t.Context(), control.PreviewArgs{ID: p.ID}); err != nil {
				t.Fatalf("a page within minutes: %v", err)
			}
		}
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(keep + time.Second)
		synctest.Wait()
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("its file is still there: %v", err)
		}
	})
}
