// Package preview shows what the next sync would do, without doing it.
//
// It runs the very cycle (package cycle) on a draft, a copy of the mirror with the proposed settings, against a target that
// takes everything and tells nobody. So a preview before the first sync reads the directory into a mirror of its own, and one
// later reads what has changed since; and nothing here decides anything.
//
// What always holds: the tenant is only read from, the agent's own mirror only copied; what only the tenant knows, such as a
// name that a Local user has, is not in it; a service of others is asked who is there already. Memory is bounded as a cycle's is; the draft takes as much disk as the mirror.
package preview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"passlysync/agent/cycle"
	"passlysync/agent/explain"
	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Snapshot is a finished preview.
type Snapshot struct {
	draft  *mirror.Draft
	result cycle.Result
	counts control.Counts
	total  int
	view   explain.View
}

// Of runs a cycle with the given settings on a draft, which it discards when it fails. It tells read how many entries came.
func Of(ctx context.Context, draft *mirror.Draft, reader directory.Reader, real cycle.Target, settings control.Configuration,
	now func() time.Time, read func(int),
) (*Snapshot, error) {
	s := &Snapshot{draft: draft}
	if err := s.run(ctx, counting{reader, read}, real, settings, now); err != nil {
		return nil, errors.Join(fmt.Errorf("making a preview: %w", err), draft.Discard())
	}
	return s, nil
}

func (s *Snapshot) run(ctx context.Context, reader directory.Reader, real cycle.Target, settings control.Configuration, now func() time.Time) error {
	if err := s.draft.SetScope(ctx, settings.Scope); err != nil {
		return err
	}
	c := &cycle.Cycle{Mirror: s.draft.Mirror, Target: paper{real, s.draft}, Log: slog.New(slog.DiscardHandler), Now: now}
	s.result = c.Run(ctx, reader, settings)
	if err := s.result.Err(); err != nil {
		return err
	}
	for i := range s.result.Held {
		s.result.Held[i].Digest = "" // of the copy: nothing to be approved
	}
	var err error
	if s.counts, err = s.draft.Counts(ctx); err != nil {
		return err
	}
	s.view = explain.View{Now: now(), Chosen: len(settings.Scope) > 0}
	if settings.Incomplete != control.IncompleteSkip {
		if blocker, any, err := s.draft.Blocker(ctx); err != nil {
			return err
		} else if any {
			s.view.Blocker = &blocker
		}
	}
	s.total, err = s.draft.DrawUp(ctx)
	return err
}

// Discard removes the draft.
func (s *Snapshot) Discard() error { return s.draft.Discard() }

// room is how many bytes of rows a page may have, so that it fits into a control.MaxResult with the rest.
const room = control.MaxResult - control.MaxResult/4

// Page gives the rows after a place.
func (s *Snapshot) Page(ctx context.Context, after int64, limit int) (control.Preview, error) {
	if limit <= 0 || limit > control.MaxPreviewRows {
		limit = control.MaxPreviewRows
	}
	p := control.Preview{Run: s.result.Run, Counts: s.counts, Held: s.result.Held, Total: s.total, Read: s.result.Run.Read, Rows: []control.PreviewRow{}}
	drafted, err := s.draft.Page(ctx, after, limit)
	if err != nil {
		return p, err
	}
	last, left := after, room
	for _, d := range drafted {
		row := s.row(d)
		raw, err := json.Marshal(row)
		if err != nil {
			return p, fmt.Errorf("writing a preview: %w", err)
		}
		if left -= len(raw) + 1; left < 0 && len(p.Rows) > 0 {
			break
		}
		p.Rows, last = append(p.Rows, row), d.N
	}
	if last < int64(s.total) && len(p.Rows) > 0 {
		p.Next = last
	}
	return p, nil
}

// row says what would happen to one entry. Its Known is of the time after the cycle, so what is left to do is what was not sent.
func (s *Snapshot) row(d mirror.Drafted) control.PreviewRow {
	action, because := s.outcome(d)
	row := control.PreviewRow{
		GUID: d.GUID, Kind: d.Kind, Name: d.Name, Mail: d.User.Mail, Logon: d.User.LogonName, Place: d.Place, Action: action,
		Because: because,
	}
	if because == control.BecauseIncomplete {
		row.Missing = d.User.Missing()
	}
	if d.Other != nil && d.Other.Name != "" {
		row.Other = d.Other.Name + " in " + d.Other.Place
	}
	row.Reason = s.view.Sentence(d.Known, action, because)
	if d.Met {
		row.Reason = "Is taken over: the service has this " + string(d.Kind) + " already, and gets what the directory says."
	}
	return row
}

func (s *Snapshot) outcome(d mirror.Drafted) (control.Action, control.Because) {
	rest := d.Known
	rest.Todo = plan.Nothing
	_, because := s.view.Action(rest)
	switch {
	case d.Rejected:
		return control.ActionNothing, control.BecauseRejected
	case d.Todo == plan.Disable || d.Todo == plan.Remove:
		return control.ActionNothing, control.BecauseHeld
	case d.Sent != plan.Nothing:
		return explain.Named(d.Sent, d.Enabled), because
	case d.Todo == plan.Add:
		return control.ActionNothing, control.BecauseWaiting
	}
	return control.ActionNothing, because
}

// counting tells how many entries a reader gave.
type counting struct {
	directory.Reader
	read func(int)
}

// Read implements directory.Reader.
func (c counting) Read(ctx context.Context, from directory.Cursor, yield func(directory.Page) error) (directory.Pass, error) {
	pass, err := c.Reader.Read(ctx, from, func(p directory.Page) error {
		c.read(len(p.Entries))
		return yield(p)
	})
	return pass, err
}
