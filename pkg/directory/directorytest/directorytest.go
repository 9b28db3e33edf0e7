// Package directorytest is the conformance suite of package directory: what every Reader and Watcher must do, whatever
// it reads. It runs on the in-process directory and on a real domain controller.
//
// The suite keeps a mirror by the rules of package directory alone. After each change the mirror, brought up to date
// by a delta, must equal what a full pass shows.
package directorytest

import (
	"context"
	"testing"

	"passlysync/pkg/directory"
)

// Directory is one that can be changed.
type Directory interface {
	Root() directory.GUID
	AddUnit(ctx context.Context, parent directory.GUID, name string) (directory.GUID, error)
	AddUser(ctx context.Context, parent directory.GUID, name string, attributes ...directory.Attribute) (directory.GUID, error)
	AddComputer(ctx context.Context, parent directory.GUID, name string) (directory.GUID, error)
	AddGroup(ctx context.Context, parent directory.GUID, name string, members ...directory.GUID) (directory.GUID, error)
	Modify(ctx context.Context, id directory.GUID, attribute, value string) error
	SetDisabled(ctx context.Context, id directory.GUID, disabled bool) error
	Rename(ctx context.Context, id directory.GUID, name string) error
	Move(ctx context.Context, id, parent directory.GUID) error
	Delete(ctx context.Context, id directory.GUID) error
	Restore(ctx context.Context, id directory.GUID, attributes ...directory.Attribute) error
	AddMember(ctx context.Context, group, member directory.GUID) error
	RemoveMember(ctx context.Context, group, member directory.GUID) error
}

// Reader is what is tested.
type Reader interface {
	directory.Reader
	directory.Watcher
}

// Run runs the suite. The directory may hold other things; open gives a reader that sees everything in it.
func Run(t *testing.T, d Directory, open func(testing.TB) Reader) {
	t.Run("changes", func(t *testing.T) { testChanges(t, d, open(t)) })
	t.Run("history", func(t *testing.T) { testHistory(t, d, open(t)) })
	t.Run("meanwhile", func(t *testing.T) { testMeanwhile(t, d, open(t)) })
	t.Run("units", func(t *testing.T) { testUnits(t, d, open(t)) })
	t.Run("fetch", func(t *testing.T) { testFetch(t, d, open(t)) })
	t.Run("find", func(t *testing.T) { testFind(t, d, open(t)) })
	t.Run("watch", func(t *testing.T) { testWatch(t, d, open(t)) })
	t.Run("cursors", func(t *testing.T) { testCursors(t, d, open(t)) })
	t.Run("nesting", func(t *testing.T) { testNesting(t, d, open(t)) })
	t.Run("endings", func(t *testing.T) { testEndings(t, d, open(t)) })
}
