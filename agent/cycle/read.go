package cycle

import (
	"context"
	"fmt"
	"slices"

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
	var unknown []directory.GUID
	pass, err := reader.Read(ctx, cursor, func(page directory.Page) error {
		more, err := r.keep(ctx, page)
		if err != nil {
			return err
		}
		unknown = append(unknown, more...)
		kept()
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the directory: %w", err)
	}
	if err := r.fetch(ctx, reader, unknown); err != nil {
		return err
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

// keep takes a page in. It gives the entries of a delta that the mirror does not know: they became visible without being new,
// such as after a right was granted, and only their changes were reported.
func (r *run) keep(ctx context.Context, page directory.Page) ([]directory.GUID, error) {
	r.result.Run.Read += len(page.Entries)
	unknown, err := r.Mirror.Unknown(ctx, page.Entries)
	if err != nil {
		return nil, err
	}
	for len(page.Entries) > batch {
		if err := r.Mirror.Apply(ctx, directory.Page{Entries: page.Entries[:batch]}); err != nil {
			return nil, err
		}
		page.Entries = page.Entries[batch:]
	}
	return unknown, r.Mirror.Apply(ctx, page)
}

// fetch reads entries whole that a pass reported only in part. A reader takes one call at a time, so this follows the pass.
func (r *run) fetch(ctx context.Context, reader directory.Reader, ids []directory.GUID) error {
	for chunk := range slices.Chunk(ids, batch) {
		whole, err := reader.Fetch(ctx, chunk)
		if err != nil {
			return fmt.Errorf("reading entries that were not known: %w", err)
		}
		if err := r.Mirror.Apply(ctx, directory.Page{Entries: whole}); err != nil {
			return err
		}
	}
	return nil
}
