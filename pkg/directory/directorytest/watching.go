package directorytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"passlysync/pkg/directory"
)

// testWatch holds Watch to telling of each kind of change, and to ending with its context.
func testWatch(t *testing.T, d Directory, r Reader) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, told, ended := make(chan struct{}), make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- r.Watch(ctx, func() { close(ready) }, func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
	}()
	wait(t, ready, "the watch to stand")
	expect := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		wait(t, told, "word of "+what)
	}
	unit, err := d.AddUnit(ctx, d.Root(), "Watch")
	expect("a unit", err)
	user, err := d.AddUser(ctx, unit, "Watched")
	expect("a user", err)
	group, err := d.AddGroup(ctx, unit, "Watched group")
	expect("a group", err)
	expect("a member", d.AddMember(ctx, group, user))
	expect("an attribute", d.Modify(ctx, user, directory.Mail, "watched@example.test"))
	expect("a rename", d.Rename(ctx, unit, "Watching"))
	expect("a deletion", d.Delete(ctx, user))
	if _, err := r.Units(ctx); err != nil {
		t.Errorf("reading beside a watch: %v", err)
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v, want its context's error", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the watch did not end with its context")
	}
}

// wait waits for a channel, or ends the test.
func wait(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", what)
	}
}

// testEndings holds Read to ending when it is told to, and the reader to working afterwards.
func testEndings(t *testing.T, _ Directory, r Reader) {
	enough := errors.New("enough")
	_, err := r.Read(t.Context(), directory.Cursor{}, func(directory.Page) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("got %v, want what yield returned", err)
	}
	(&mirror{reader: r}).refresh(t)

	ctx, cancel := context.WithCancel(t.Context())
	_, err = r.Read(ctx, directory.Cursor{}, func(directory.Page) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if _, err := r.Read(ctx, directory.Cursor{}, func(directory.Page) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: got %v, want its error", err)
	}
	(&mirror{reader: r}).refresh(t)
}

// testNesting holds the reader to answering while it hands on a page.
func testNesting(t *testing.T, d Directory, r Reader) {
	asked := false
	_, err := r.Read(t.Context(), directory.Cursor{}, func(p directory.Page) error {
		if asked {
			return nil
		}
		asked = true
		entries, err := r.Fetch(t.Context(), []directory.GUID{d.Root()})
		if err == nil && len(entries) != 1 {
			t.Errorf("got %d entries while a page is handed on, want 1", len(entries))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
