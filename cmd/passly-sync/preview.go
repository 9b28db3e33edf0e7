package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// PreviewCmd says what the next sync would do. It changes nothing.
type PreviewCmd struct {
	State      string   `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Unit       []string `help:"As if these organizational units were chosen, by distinguished name; may be given again." placeholder:"DN" sep:"none"`
	Incomplete string   `help:"As if incomplete users were handled so: halt or skip." enum:"halt,skip," default:"" placeholder:"WHAT"`
	JSON       bool     `help:"Print all of it as JSON." xor:"form"`
	CSV        bool     `help:"Print its rows as CSV, for a spreadsheet." name:"csv" xor:"form"`
}

// Run asks the agent, page by page. The exit code says whether somebody would be left out or held.
func (c PreviewCmd) Run(ctx context.Context, streams Streams) error {
	paths, err := host.PathsIn(c.State)
	if err != nil {
		return err
	}
	agent := handoff.Dial(paths.Channel)
	args := control.PreviewArgs{Units: c.Unit, Incomplete: control.Incomplete(c.Incomplete)}
	first, err := firstPage(ctx, agent, args, streams.Err)
	switch {
	case c.JSON:
		return c.printJSON(ctx, agent, first, err, streams.Out)
	case err != nil:
		return fmt.Errorf("asking for a preview: %w", err)
	case c.CSV:
		err = printCSV(streams.Out, previewRows(ctx, agent, first))
	default:
		err = printPreview(streams.Out, first, previewRows(ctx, agent, first))
	}
	if err == nil {
		err = foreseen(first)
	}
	return err
}

// firstPage waits until the preview is made, and says meanwhile how far the agent is.
func firstPage(ctx context.Context, agent handoff.Forecaster, args control.PreviewArgs, progress io.Writer) (control.Preview, error) {
	for {
		p, err := agent.Preview(ctx, args)
		if err != nil || !p.Reading {
			return p, err
		}
		args = control.PreviewArgs{ID: p.ID}
		fmt.Fprintf(progress, "The agent is reading the directory: %d entries so far.\n", p.Read)
	}
}

// previewRows gives the rows of all pages; the last one may come with an error.
func previewRows(ctx context.Context, agent handoff.Forecaster, p control.Preview) iter.Seq2[control.PreviewRow, error] {
	return func(yield func(control.PreviewRow, error) bool) {
		for {
			for _, row := range p.Rows {
				if !yield(row, nil) {
					return
				}
			}
			if p.Next == 0 {
				return
			}
			next, err := agent.Preview(ctx, control.PreviewArgs{ID: p.ID, After: p.Next})
			if err != nil {
				yield(control.PreviewRow{}, fmt.Errorf("reading the preview: %w", err))
				return
			}
			p = next
		}
	}
}

// printJSON prints one control.Preview with the rows of all pages.
func (c PreviewCmd) printJSON(ctx context.Context, agent handoff.Forecaster, first control.Preview, err error, w io.Writer) error {
	all := first
	all.Next, all.Rows = 0, []control.PreviewRow{}
	if err == nil {
		for row, failed := range previewRows(ctx, agent, first) {
			if err = failed; err == nil {
				all.Rows = append(all.Rows, row)
			}
		}
	}
	if err := printJSON(w, all, err); err != nil {
		return err
	}
	return foreseen(first)
}

// foreseen is nil when the next sync would leave nobody out and hold nothing.
func foreseen(p control.Preview) error {
	if p.Counts.Incomplete+p.Counts.Conflicts+p.Counts.Waiting+len(p.Held) == 0 {
		return nil
	}
	return said{&problem.Problem{Code: needsAttention, Title: "Somebody would be left out, or a removal held"}}
}
