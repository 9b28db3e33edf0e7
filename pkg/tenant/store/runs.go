package store

import (
	"context"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// RunReader reads runs and what they changed.
type RunReader interface {
	// Runs gives an agent's runs, newest first, older than the given one (the zero Run: all).
	Runs(ctx context.Context, agent tenant.ID, before tenant.Run, limit int) ([]tenant.Run, error)
	// Run gives one by the agent's id for it, RunNumbered by its number.
	Run(ctx context.Context, agent tenant.ID, id string) (tenant.Run, error)
	RunNumbered(ctx context.Context, number tenant.ID) (tenant.Run, error)
	// RunRows gives rows of a run, in their order.
	RunRows(ctx context.Context, run tenant.ID, q RowQuery) ([]tenant.RunRow, error)
	// CountRunRows counts them by kind.
	CountRunRows(ctx context.Context, run tenant.ID) (map[tenant.RowKind]int, error)
	// RowsOf gives the rows of all runs that are about a user or group, as object or as member, newest first, with their runs.
	// Before is the number of the last one that is known; zero: from the newest.
	RowsOf(ctx context.Context, object, before tenant.ID, limit int) ([]tenant.RunRow, error)
	// Newer gives rows, not put back, that other runs wrote later about the object (and, where it is not zero, the member).
	Newer(ctx context.Context, row tenant.RunRow, limit int) ([]tenant.RunRow, error)
	// Undo gives how far the undoing of a run has come; NotFound: it was never begun. UndosUnderWay gives those that have not
	// ended, of an agent or (zero) of all.
	Undo(ctx context.Context, run tenant.ID) (tenant.Undo, error)
	UndosUnderWay(ctx context.Context, agent tenant.ID) ([]tenant.Undo, error)
}

// RowQuery chooses rows of a run.
type RowQuery struct {
	Search string         // part of a name
	What   tenant.RowKind // empty: all
	Kept   bool           // only those that an undoing left
	After  tenant.ID      // by key: what follows this number
	// Backwards goes from the last to the first; After is then what precedes.
	Backwards bool
	Limit     int
}

// RunWriter writes them.
type RunWriter interface {
	// BeginRun gives the number of an agent's run, which it makes where it is new.
	BeginRun(ctx context.Context, agent tenant.ID, id string) (tenant.ID, error)
	// AddRun keeps what an agent reports of a run, and reports whether that is new; what is known already stays as it is.
	AddRun(ctx context.Context, agent tenant.ID, run control.Run) (bool, error)
	// RecordAdded keeps rows for those of the users that AddUsers has just added, with its outcome. RecordRows keeps other rows, whose
	// numbers it gives.
	RecordAdded(ctx context.Context, run tenant.ID, users []tenant.User, outcome []error) error
	RecordRows(ctx context.Context, run tenant.ID, rows ...tenant.RunRow) error
	// RecordMembers keeps rows for those of the members that are about to be added to a group (they are not in it) or removed
	// (they are). RecordEmptied does so for all of a group's members, and RecordLeft for all groups that a member is in.
	RecordMembers(ctx context.Context, run tenant.ID, group tenant.Group, what tenant.RowKind, members []tenant.ID) error
	RecordEmptied(ctx context.Context, run tenant.ID, group tenant.Group) error
	RecordLeft(ctx context.Context, run, member tenant.ID) error
	// SettleRow keeps that a row was put back, or why not.
	SettleRow(ctx context.Context, row tenant.RunRow) error
	// RestoreGroup adds a group that was removed, under the id that it had, without members.
	RestoreGroup(ctx context.Context, g *tenant.Group) error
	// PutUndo begins the undoing of a run, or keeps how far it has come.
	PutUndo(ctx context.Context, u tenant.Undo) error
	// ForgetRuns forgets some of the runs that began before a time, and of those that have more than most rows together, oldest
	// first: at most limit rows at once. It reports whether there is more to forget. A run being undone stays.
	ForgetRuns(ctx context.Context, before time.Time, most, limit int) (more bool, err error)
}
