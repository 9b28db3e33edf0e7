package cycle

import (
	"context"
	"fmt"

	"passlysync/pkg/directory"
)

// batch is how many entries go into the mirror in one transaction.
const batch = 1000

// read makes one pass into the mirror, calling kept after each transaction, and moves the cursor when the directory ended the
// pass. What was kept before an error stays; only conclusions from absence wait for a pass that completes.
func (r *run) read(ctx context.Context, reader directory.Reader, kept func()) error {
	cursor := r.Mirror.Cursor()
	if err := r.Mirror.Begin(ctx, cursor); err != nil {
		return err
	}
	if cursor.IsZero() {
		if err := r.readUnits(ctx, reader); err != nil {
			return err
		}
	}
	pass, err := reader.Read(ctx, cursor, func(page directory.Page) error {
		if err := r.keep(ctx, reader, page); err != nil {
			return err
		}
		kept()
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the directory: %w", err)
	}
	return r.Mirror.Complete(ctx, pass)
}

// readUnits takes the tree in first, so that people can be placed, and sent, as they come.
func (r *run) readUnits(ctx context.Context, reader directory.Reader) error {
	units, err := reader.Units(ctx)
	if err != nil {
		return fmt.Errorf("reading the organizational units: %w", err)
	}
	return r.Mirror.ApplyUnits(ctx, units)
}

// keep takes a page in. Entries that a delta reports but the mirror does not know are fetched whole: they became visible
// without being new, such as after a right was granted.
func (r *run) keep(ctx context.Context, reader directory.Reader, page directory.Page) error {
	r.result.Run.Read += len(page.Entries)
	unknown, err := r.Mirror.Unknown(ctx, page.Entries)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		whole, err := reader.Fetch(ctx, unknown)
		if err != nil {
			return fmt.Errorf("reading entries that were not known: %w", err)
		}
		page.Entries = append(page.Entries, whole...)
	}
	for len(page.Entries) > batch {
		if err := r.Mirror.Apply(ctx, directory.Page{Entries: page.Entries[:batch]}); err != nil {
			return err
		}
		page.Entries = page.Entries[batch:]
	}
	return r.Mirror.Apply(ctx, page)
}
