package main

import (
	"fmt"
	"io"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/terminal"
)

func printHeld(out io.Writer, pages []control.HeldPage, now time.Time) {
	if len(pages) == 0 {
		fmt.Fprintln(out, "No removal is held.")
	}
	for i, page := range pages {
		if i > 0 {
			fmt.Fprintln(out)
		}
		h := page.Held
		fmt.Fprintf(out, "%s: %d wait for a decision, %d were rejected; %d pass by themselves\n", h.Kind, h.Count, h.Rejected, h.Allowed)
		for _, row := range page.Rows {
			printHeldRow(out, h.Kind, row, now)
		}
		if h.Count > 0 {
			fmt.Fprintf(out, "  → all: passly-sync held --approve-all %s:%s  (or --reject-all)\n", h.Kind, h.Digest)
		}
	}
}

func printHeldRow(out io.Writer, kind control.RemovalKind, row control.HeldRow, now time.Time) {
	mark := "•"
	if row.Rejected {
		mark = "–"
	}
	name := join(" in ", row.Name, join(" / ", row.Place, row.Group))
	if row.Group != "" {
		name = row.Name + " out of " + row.Group
	}
	fmt.Fprintf(out, "  %s %s: %s (%s)\n", mark, terminal.Line(name), terminal.Line(row.Reason), join(", ", rejectedWord(row), ago(row.Since, now)))
	fmt.Fprintf(out, "    %s:%s\n", kind, row.Row)
}

func rejectedWord(row control.HeldRow) string {
	if row.Rejected {
		return "rejected"
	}
	return ""
}
